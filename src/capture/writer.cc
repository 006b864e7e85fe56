// Writes pcapng in this machine's byte order: one section, one interface, enhanced packet blocks.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/capture.hh"
#include "util/error.hh"
#include "util/fd.hh"

namespace gauntlet {
namespace {

constexpr size_t kFlushAt = 256 * 1024;

}  // namespace

struct CaptureWriter::File {
  std::string path;
  Fd fd;
  std::vector<uint8_t> buffer;

  template <class T>
  void put(T value) {
    const size_t at = buffer.size();
    buffer.resize(at + sizeof value);
    std::memcpy(&buffer[at], &value, sizeof value);
  }
  void put_padded(const void* bytes, size_t n) {
    const auto* p = static_cast<const uint8_t*>(bytes);
    buffer.insert(buffer.end(), p, p + n);
    buffer.resize((buffer.size() + 3) / 4 * 4);
  }
  void option(uint16_t code, const void* bytes, uint16_t n) {
    put(code);
    put(n);
    put_padded(bytes, n);
  }
  size_t begin_block(uint32_t type) {
    const size_t at = buffer.size();
    put(type);
    put(uint32_t{0});
    return at;
  }
  void end_block(size_t at) {
    const auto length = static_cast<uint32_t>(buffer.size() - at + 4);
    std::memcpy(&buffer[at + 4], &length, 4);
    put(length);
  }
  void flush() {
    size_t done = 0;
    while (done < buffer.size()) {
      const ssize_t rc = ::write(fd.get(), buffer.data() + done, buffer.size() - done);
      if (rc < 0 && errno == EINTR) continue;
      done += static_cast<size_t>(check_size("write capture " + path, rc));
    }
    buffer.clear();
  }
};

CaptureWriter::CaptureWriter(const std::string& path, const std::string& interface, LinkType link)
    : file_(std::make_unique<File>()) {
  File& f = *file_;
  f.path = path;
  f.fd = Fd(check("create capture " + path, ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)));
  f.buffer.reserve(kFlushAt + 64 * 1024);
  const size_t section = f.begin_block(0x0a0d0d0a);
  f.put(uint32_t{0x1a2b3c4d});
  f.put(uint16_t{1});
  f.put(uint16_t{0});
  f.put(int64_t{-1});  // section length: not said
  f.end_block(section);
  const size_t description = f.begin_block(1);
  f.put(static_cast<uint16_t>(link));
  f.put(uint16_t{0});
  f.put(uint32_t{0});  // no snap length
  const uint8_t nanoseconds = 9;
  if (!interface.empty()) f.option(2, interface.data(), static_cast<uint16_t>(std::min<size_t>(interface.size(), 256)));
  f.option(9, &nanoseconds, 1);
  f.option(0, nullptr, 0);
  f.end_block(description);
}

CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;

CaptureWriter::~CaptureWriter() {
  try {
    close();
  } catch (const std::exception&) {  // whoever cares calls close()
  }
}

void CaptureWriter::frame(Time time, ConstBytes bytes, uint32_t original_size) {
  File& f = *file_;
  const auto ticks = static_cast<uint64_t>(time.count());
  const auto size = static_cast<uint32_t>(bytes.size());
  const size_t block = f.begin_block(6);
  f.put(uint32_t{0});
  f.put(static_cast<uint32_t>(ticks >> 32));
  f.put(static_cast<uint32_t>(ticks));
  f.put(size);
  f.put(original_size == 0 ? size : original_size);
  f.put_padded(bytes.data(), bytes.size());
  f.end_block(block);
  if (f.buffer.size() >= kFlushAt) f.flush();
}

void CaptureWriter::close() {
  if (!file_ || !file_->fd) return;
  try {
    file_->flush();
  } catch (...) {
    file_->fd.reset();  // a second attempt would write the same bytes twice
    throw;
  }
  file_->fd.reset();
}

}  // namespace gauntlet
