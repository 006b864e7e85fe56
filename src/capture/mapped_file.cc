#include "capture/mapped_file.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "capture/capture.hh"

namespace gauntlet {
namespace {

constexpr int kCannotBeRead = 2;  // the exit code of a bad input file

// What the signal handler may look at: fixed places, filled once and emptied once.
struct Place {
  std::atomic<const uint8_t*> data{nullptr};
  size_t size = 0;
  char text[512] = "";  // what to say
};
std::array<Place, 64> places;  // mappings past these end the process without the line

void on_bus_error(int signal, siginfo_t* info, void*) {
  const auto* at = static_cast<const uint8_t*>(info->si_addr);
  for (const Place& p : places) {
    const uint8_t* data = p.data.load();
    if (data == nullptr || at < data || at >= data + p.size) continue;
    const ssize_t said = ::write(STDERR_FILENO, p.text, std::strlen(p.text));
    ::_exit(said < 0 ? kCannotBeRead + 1 : kCannotBeRead);
  }
  std::signal(signal, SIG_DFL);  // none of ours: it happens again, and ends as it would have
}

void watch(const std::string& path, const uint8_t* data, size_t size) {
  [[maybe_unused]] static const bool installed = [] {
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    return ::sigaction(SIGBUS, &action, nullptr) == 0;
  }();
  for (Place& p : places) {
    if (p.data.load() != nullptr) continue;
    p.size = size;
    const auto end = fmt::format_to_n(p.text, sizeof p.text - 1, "{}: the capture shrank while it was read\n", path);
    *end.out = '\0';
    p.data.store(data);
    return;
  }
}

void forget(const uint8_t* data) {
  for (Place& p : places)
    if (p.data.load() == data) p.data.store(nullptr);
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const auto fail = [&](const char* what) {
    throw CaptureError(fmt::format("{}: cannot {} the capture: {}", path, what, std::strerror(errno)));
  };
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe nobody writes to would block here
  if (!fd) fail("open");
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) fail("look at");
  if (!S_ISREG(about.st_mode)) {
    throw CaptureError(path + ": a pipe can be read only once, and this one has too much to keep: write it to a file");
  }
  size_ = static_cast<size_t>(about.st_size);
  if (size_ == 0) return;
  void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (at == MAP_FAILED) fail("map");
  data_ = static_cast<const uint8_t*>(at);
  watch(path, data_, size_);
  fd_ = std::move(fd);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      block_(std::move(other.block_)),
      block_at_(other.block_at_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

ConstBytes MappedFile::read(size_t at, size_t size) const {
  constexpr size_t kBlock = 1u << 20;
  if (at < block_at_ || at + size > block_at_ + block_.size()) {
    block_at_ = at;
    block_.resize(std::max(kBlock, size));
    ssize_t got;
    do got = ::pread(fd_.get(), block_.data(), block_.size(), static_cast<off_t>(at));
    while (got < 0 && errno == EINTR);
    block_.resize(got < 0 ? 0 : static_cast<size_t>(got));
    if (size > block_.size()) return {};
  }
  return ConstBytes(block_).subspan(at - block_at_, size);
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget(data_);
  ::munmap(const_cast<uint8_t*>(data_), size_);
}

void MappedFile::release() const {
  if (data_ != nullptr) ::madvise(const_cast<uint8_t*>(data_), size_, MADV_DONTNEED);
}

}  // namespace gauntlet
