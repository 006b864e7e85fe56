// Reads a file forward through a buffer and knows the offset of every byte: what the formats read from.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "capture/capture.hh"
#include "util/fd.hh"
#include "wire/bytes.hh"

namespace gauntlet {

class Input {
 public:
  explicit Input(std::string path);  // throws CaptureError
  const std::string& path() const { return path_; }
  uint64_t offset() const { return offset_; }  // of the next byte

  ConstBytes peek(size_t n);           // up to n (<= 64 Ki) of the bytes to come; fewer only at the end
  size_t read(uint8_t* to, size_t n);  // fewer than n only at the end
  size_t skip(size_t n);
  // Fills `to` with n bytes; it grows while bytes arrive, so a length that lies does not cost memory.
  size_t read(std::vector<uint8_t>& to, size_t n);

 private:
  bool fill();  // false at the end
  std::string path_;
  Fd fd_;
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t offset_ = 0;
};

[[noreturn]] void capture_damage(const std::string& path, uint64_t frame, uint64_t offset, const std::string& what);

// One file format. `frame` is the number of the frame that next() is asked for.
class CaptureFormat {
 public:
  virtual ~CaptureFormat() = default;
  virtual bool next(Frame& out, uint64_t frame) = 0;
  virtual const std::vector<std::string>& interfaces() const = 0;
};
std::unique_ptr<CaptureFormat> open_pcap(Input& in);  // nullptr when the first bytes are not of this format
std::unique_ptr<CaptureFormat> open_pcapng(Input& in);

inline constexpr uint32_t kMaxFrame = 256 * 1024;  // what libpcap and Wireshark believe, too
inline constexpr uint32_t kMaxBlock = 16 * 1024 * 1024;

// Integers of a file in its writer's byte order.
struct Order {
  bool big = false;  // the file is big-endian
  uint16_t u16(const uint8_t* p) const { return big ? load16(p) : __builtin_bswap16(load16(p)); }
  uint32_t u32(const uint8_t* p) const { return big ? load32(p) : __builtin_bswap32(load32(p)); }
  uint64_t u64(const uint8_t* p) const { return big ? load64(p) : __builtin_bswap64(load64(p)); }
};

}  // namespace gauntlet
