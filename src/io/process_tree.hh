// A program of somebody else's with everything it starts: it leads a process group, we adopt its orphans, and at the
// end none of it is left, whatever it did to its session or its parents.
#pragma once
#include <string>
#include <vector>

#include "util/process.hh"

namespace gauntlet {

class ProcessTree {
 public:
  // Its standard output is a pipe to us, standard input is empty, standard error is ours. Throws SystemError.
  ProcessTree(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
              const std::string& directory);
  ~ProcessTree();  // end(0)
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  int pidfd() const { return child_.pidfd(); }
  Fd& out() { return child_.out(); }
  std::optional<Exit> exited() { return child_.wait(Duration(0)); }  // of the program itself
  void ask_to_end();                                                 // SIGTERM to its group
  // SIGTERM, after `grace` SIGKILL to its group, then to every orphan of it that came to us. Repeatable.
  Exit end(Duration grace);

 private:
  void kill_orphans();
  Child child_;
  bool ended_ = false;
};

}  // namespace gauntlet
