// Makes capture files byte by byte, in either byte order, and deletes them when it goes out of scope.
#pragma once
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "capture/capture.hh"

namespace gauntlet::test {

// Bytes put one after another in the byte order of the file.
class Raw {
 public:
  explicit Raw(bool big = false) : big_(big) {}
  Raw& n(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<uint8_t>(value >> 8 * (big_ ? size - 1 - i : i)));
    return *this;
  }
  Raw& u16(uint64_t v) { return n(v, 2); }
  Raw& u32(uint64_t v) { return n(v, 4); }
  Raw& u64(uint64_t v) { return n(v, 8); }
  Raw& add(const std::vector<uint8_t>& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  Raw& pad() {
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  // type | length | body | length
  Raw& block(uint32_t type, const Raw& body) {
    const auto length = static_cast<uint32_t>(12 + (body.bytes_.size() + 3) / 4 * 4);
    return u32(type).u32(length).add(body.bytes_).pad().u32(length);
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  bool big_;
  std::vector<uint8_t> bytes_;
};

inline Raw section(bool big) { return Raw(big).block(0x0a0d0d0a, Raw(big).u32(0x1a2b3c4d).u16(1).u16(0).u64(~0ULL)); }

class TempFile {
 public:
  TempFile() {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/gauntlet-test-XXXXXX";
    const int fd = ::mkstemp(path_.data());
    if (fd >= 0) ::close(fd);
  }
  explicit TempFile(const std::vector<uint8_t>& bytes) : TempFile() {
    FILE* f = std::fopen(path_.c_str(), "wb");
    if (!bytes.empty()) std::fwrite(bytes.data(), 1, bytes.size(), f);
    std::fclose(f);
  }
  ~TempFile() { ::unlink(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Everything up to the end or the damage, whose text goes to `error`.
inline std::vector<Frame> read_all(const std::string& path, std::string* error = nullptr,
                                   std::vector<std::string>* interfaces = nullptr) {
  std::vector<Frame> all;
  try {
    CaptureReader reader(path);
    Frame f;
    while (reader.next(f)) all.push_back(f);
    if (interfaces != nullptr) *interfaces = reader.interfaces();
  } catch (const CaptureError& e) {
    if (error != nullptr)
      *error = e.what();
    else
      throw;
  }
  return all;
}

}  // namespace gauntlet::test
