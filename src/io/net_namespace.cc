#include "io/net_namespace.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>

#include "util/error.hh"

namespace gauntlet {
namespace {

Fd open_current() {
  return Fd(check("open this thread's network namespace", ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
}

}  // namespace

NetNamespace NetNamespace::current() { return NetNamespace(open_current()); }

NetNamespace NetNamespace::of(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/ns/net", pid);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ESRCH)) {
    throw EnvironmentError(fmt::format("open the network namespace of process {}: there is no such process", pid));
  }
  return NetNamespace(Fd(check("open " + path, fd)));
}

NetNamespace NetNamespace::fresh() {
  const Visit home(current());  // its end brings the thread back
  if (::unshare(CLONE_NEWNET) < 0) {
    if (errno == EPERM) {
      throw EnvironmentError(
          "make a network namespace: not permitted; run as root, or inside unshare --user --map-root-user");
    }
    throw SystemError("make a network namespace", errno);
  }
  return current();
}

void NetNamespace::enter() const { check("enter a network namespace", ::setns(fd(), CLONE_NEWNET)); }

NetNamespace::Visit::Visit(const NetNamespace& there) : home_(open_current()) { there.enter(); }

void show_own_sysfs() {
  if (::unshare(CLONE_NEWNS) < 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) < 0) return;
  ::mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

// A thread that cannot go home would do the rest of its work in the wrong network: there is nothing sane left to do.
NetNamespace::Visit::~Visit() {
  if (::setns(home_.get(), CLONE_NEWNET) < 0) std::abort();
}

}  // namespace gauntlet
