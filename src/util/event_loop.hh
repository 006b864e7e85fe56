// poll(2) with callbacks, signals as a descriptor, and a busy-wait detector.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include "util/fd.hh"
#include "util/time.hh"

namespace gauntlet {

class EventLoop {
 public:
  enum class Ready { read, write };
  // Says whether it got anything done (read, wrote, closed, changed what it is interested in). A callback that is
  // called 64 times in a row without getting anything done would spin for ever: step() throws EnvironmentError.
  using Callback = std::function<bool()>;

  // `interested`, when given, is asked before each wait. An end or error of the descriptor calls the callback, too.
  void watch(int fd, Ready ready, Callback callback, std::function<bool()> interested = {});
  void forget(int fd);  // also from inside a callback; the descriptor stays open

  // Waits at most `limit` (nullopt: for ever), calls back what is ready. False when nothing became ready in time.
  bool step(std::optional<Duration> limit);

 private:
  struct Rule {
    int fd;
    Ready ready;
    Callback callback;
    std::function<bool()> interested;
    uint32_t idle = 0;  // calls in a row that got nothing done
    bool gone = false;
  };
  std::vector<std::unique_ptr<Rule>> rules_;
};

// Blocks these signals for this thread and delivers them through a descriptor; unblocked again at the end of scope.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  int fd() const { return fd_.get(); }
  int next();  // the next pending signal, 0 when there is none

 private:
  Fd fd_;
  std::vector<int> blocked_;  // by us: what was blocked before stays so
};

}  // namespace gauntlet
