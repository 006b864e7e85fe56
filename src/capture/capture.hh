// Captures as files: pcap and pcapng, read and write, offline, frame by frame in bounded memory.
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet {

enum class LinkType : uint16_t { ethernet = 1, raw = 101, linux_sll = 113, ipv4 = 228, ipv6 = 229, linux_sll2 = 276 };
bool is_known(LinkType);  // one of these: we can tell what of a frame is the IP packet

struct Frame {
  uint64_t number = 0;  // from 1, as tshark counts
  Time time{};          // since the Unix epoch; 0 where the file has none (pcapng simple packet blocks)
  LinkType link = LinkType::raw;
  uint32_t interface = 0;      // index in CaptureReader::interfaces(), counted on over sections; 0 in pcap
  uint64_t offset = 0;         // of the first of `bytes` in the file
  uint32_t original_size = 0;  // on the wire; bytes.size() < original_size: cut by the snap length
  std::vector<uint8_t> bytes;  // from the link-layer header on
  // The IP packet inside, VLAN tags skipped, what follows its total length (padding, FCS) cut; empty when there is
  // none. A total length that says less than a header or more than there is cuts nothing: the bytes are handed over as
  // they are.
  ConstBytes ip() const;
};

// A capture that cannot be read further: names the file, the frame and the byte offset. What came before stays valid.
class CaptureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class CaptureReader {
 public:
  explicit CaptureReader(const std::string& path);  // throws CaptureError
  ~CaptureReader();
  // False at the end. Throws CaptureError on damage, which a frame of a link type we do not know is, too, and the same
  // one again when called again. Memory is bounded whatever the file says: 16 MiB for a block, 256 KiB for a frame.
  bool next(Frame& out);
  const std::vector<std::string>& interfaces()
      const;  // pcapng only: names, "" where there is none; grows while reading

 private:
  struct File;
  std::unique_ptr<File> file_;
};

class CaptureWriter {
 public:
  // pcapng with nanosecond time stamps, one interface. Written through a buffer; close() flushes, and so does the
  // destructor, which says nothing when that fails. Creates or truncates `path`; throws SystemError.
  CaptureWriter(const std::string& path, const std::string& interface, LinkType link);
  ~CaptureWriter();
  CaptureWriter(CaptureWriter&&) noexcept;
  // `time` since the Unix epoch, not negative; `original_size` 0: nothing was cut.
  void frame(Time time, ConstBytes bytes, uint32_t original_size = 0);
  void close();  // throws SystemError when the disk is full

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace gauntlet
