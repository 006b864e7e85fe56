// Network namespaces, each held by a process of its own that does nothing: what a node of a cell is before it has
// links. A holder shares our memory and costs no program start; it ends with this object, and with us however we end.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace gauntlet {

class HeldNamespaces {
 public:
  explicit HeldNamespaces(size_t count);  // throws EnvironmentError when the kernel refuses
  ~HeldNamespaces();
  HeldNamespaces(const HeldNamespaces&) = delete;
  HeldNamespaces& operator=(const HeldNamespaces&) = delete;

  const std::vector<pid_t>& pids() const { return pids_; }

 private:
  struct alignas(16) Stack {
    std::byte bytes[8192];
  };
  void release();
  pid_t parent_;
  std::vector<Stack> stacks_;
  std::vector<pid_t> pids_;
};

}  // namespace gauntlet
