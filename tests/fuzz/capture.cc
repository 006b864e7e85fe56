// Any bytes as a capture file: the reader gives frames or CaptureError, and bounded memory.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "capture/capture.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int fd = ::memfd_create("capture", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
  try {
    gauntlet::CaptureReader reader("/proc/self/fd/" + std::to_string(fd));
    gauntlet::Frame frame;
    while (reader.next(frame)) {
      if (frame.bytes.size() > 256 * 1024) std::abort();
      const auto ip = frame.ip();
      if (!ip.empty() &&
          (ip.data() < frame.bytes.data() || ip.data() + ip.size() > frame.bytes.data() + frame.bytes.size()))
        std::abort();
      if (!reader.interfaces().empty() && frame.interface >= reader.interfaces().size()) std::abort();
    }
  } catch (const gauntlet::CaptureError&) {
  }
  ::close(fd);
  return 0;
}
