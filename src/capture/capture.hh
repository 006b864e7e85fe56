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

struct Frame {
  uint64_t number = 0;          // from 1, as tshark counts
  Time time{};                  // since the Unix epoch
  LinkType link = LinkType::raw;
  uint32_t interface = 0;       // pcapng interface id; 0 in pcap
  uint32_t original_size = 0;   // on the wire; bytes.size() < original_size: cut by the snap length
  std::vector<uint8_t> bytes;   // from the link-layer header on
  ConstBytes ip() const;        // the IP packet inside, VLAN tags skipped, Ethernet padding cut; empty when there is none
};

// A capture that cannot be read further: names the file, the frame and the byte offset. What came before stays valid.
class CaptureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class CaptureReader {
 public:
  explicit CaptureReader(const std::string& path);   // throws CaptureError
  ~CaptureReader();
  bool next(Frame& out);                             // false at the end; throws CaptureError on damage
  const std::vector<std::string>& interfaces() const;  // names, pcapng only

 private:
  struct File;
  std::unique_ptr<File> file_;
};

class CaptureWriter {
 public:
  // pcapng with nanosecond time stamps, one interface. Written through a buffer; close() (or the destructor) flushes.
  CaptureWriter(const std::string& path, const std::string& interface, LinkType link);
  ~CaptureWriter();
  CaptureWriter(CaptureWriter&&) noexcept;
  void frame(Time time, ConstBytes bytes, uint32_t original_size = 0);
  void close();                                      // throws SystemError when the disk is full

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace gauntlet
