#include "util/fd.hh"

#include <unistd.h>

namespace gauntlet {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace gauntlet
