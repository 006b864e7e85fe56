// Network namespaces as objects: a fresh one, that of a process, and a visit with the way back.
#pragma once
#include <sys/types.h>

#include <utility>

#include "util/fd.hh"

namespace gauntlet {

// Alive as long as this object, something inside it, or a process in it.
class NetNamespace {
 public:
  static NetNamespace fresh();        // throws EnvironmentError without the privilege
  static NetNamespace of(pid_t pid);  // throws EnvironmentError when the process is gone
  static NetNamespace current();      // of this thread

  int fd() const { return fd_.get(); }
  void enter() const;  // this thread stays inside

  // Calls `what` with this thread inside; the thread is back when it returns or throws.
  template <typename F>
  auto run(F&& what) const {
    const Visit visit(*this);
    return std::forward<F>(what)();
  }

 private:
  explicit NetNamespace(Fd fd) : fd_(std::move(fd)) {}
  class Visit {
   public:
    explicit Visit(const NetNamespace& there);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Fd home_;
  };
  Fd fd_;
};

// /sys of the calling thread's network namespace, in a mount namespace of its own, as `ip netns exec` does: for
// programs that look for their interfaces there. Where mounts are refused /sys stays as it was.
void show_own_sysfs();

}  // namespace gauntlet
