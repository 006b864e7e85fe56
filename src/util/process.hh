// A child process with scope: started from an argument list, signalled and waited for by pidfd, never by name.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "util/fd.hh"
#include "util/time.hh"

namespace gauntlet {

enum class Stream { inherit, null, pipe };

struct Spawn {
  std::vector<std::string> arguments;  // [0] is the program, looked up in PATH when it holds no '/'
  Stream in = Stream::null, out = Stream::inherit, err = Stream::inherit;
  int out_fd = -1, err_fd = -1;          // >= 0: this file instead of out / err; stays the caller's
  int net_namespace = -1;                // >= 0: the child joins this network namespace first
  std::string directory;                 // working directory; empty: ours
  std::vector<std::string> environment;  // NAME=value, besides what we have ourselves
  bool own_group = false;                // leads a process group of its own: signal(-pid) reaches what it starts
  bool die_with_parent = true;           // SIGKILL when the thread that started it ends, `kill -9` included
};

struct Exit {
  int code = 0;    // exit code, valid when signal is 0
  int signal = 0;  // the signal that ended it
  bool ok() const { return code == 0 && signal == 0; }
};
std::string to_text(Exit);  // "exit code 2", "killed by signal 9"

class Child {
 public:
  explicit Child(const Spawn&);  // throws SystemError naming the program when it cannot be started
  ~Child();                      // still running: SIGKILL; always reaped
  Child(Child&&) noexcept = default;
  Child& operator=(Child&&) = delete;

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable (POLLIN) when the child has ended
  Fd& in() { return in_; }                    // our ends of the pipes; reset() closes one
  Fd& out() { return out_; }
  Fd& err() { return err_; }

  void signal(int number);                   // nothing when it has ended
  std::optional<Exit> wait(Duration limit);  // nullopt: still running after `limit`; repeatable
  Exit wait();
  Exit terminate(Duration grace);  // SIGTERM, after `grace` SIGKILL; returns when it is gone

 private:
  void reap();
  pid_t pid_ = -1;
  Fd pidfd_, in_, out_, err_;
  std::optional<Exit> exit_;
};

// Runs a short tool to its end and collects what it says. Past `limit` it is killed and EnvironmentError thrown.
struct Output {
  Exit exit;
  std::string out, err;
};
// What a child whose streams are pipes says until it ends.
Output collect(Child&, const std::vector<std::string>& arguments, Duration limit);
Output run_tool(std::vector<std::string> arguments, Duration limit = std::chrono::seconds(10), int net_namespace = -1);

}  // namespace gauntlet
