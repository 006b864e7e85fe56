#include "io/held_namespaces.hh"

#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "util/error.hh"

namespace gauntlet {
namespace {

int hold(void* parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != *static_cast<pid_t*>(parent)) return 0;  // we ended before the line above
  for (;;) ::pause();
}

}  // namespace

HeldNamespaces::HeldNamespaces(size_t count) : parent_(::getpid()) {
  stacks_.resize(count);
  for (Stack& stack : stacks_) {
    const pid_t pid = ::clone(hold, &stack + 1, CLONE_NEWNET | CLONE_VM | SIGCHLD, &parent_);
    if (pid < 0) {
      const int error = errno;
      release();
      if (error == EPERM)
        throw EnvironmentError(
            "make a network namespace: not permitted; run as root, or inside unshare --user --map-root-user");
      throw SystemError("make a network namespace", error);
    }
    pids_.push_back(pid);
  }
}

HeldNamespaces::~HeldNamespaces() { release(); }

void HeldNamespaces::release() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);  // ours, and not yet waited for: the number is still theirs
  for (const pid_t pid : pids_)
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  pids_.clear();
}

}  // namespace gauntlet
