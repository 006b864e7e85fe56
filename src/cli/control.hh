// The lines a process of a cell is steered by (docs/evidence.md section 1): commands on standard input, one JSON line
// each on standard output. Diagnostics go to standard error.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "util/event_loop.hh"
#include "util/json.hh"

namespace gauntlet {

class Control {
 public:
  using Words = std::vector<std::string>;
  // `command` gets the words of each line and returns the answer; what it throws becomes {"error":...}. `stop` is
  // called once, for the command `stop` or at the end of input, and returns the last answer.
  Control(EventLoop& loop, std::function<Json(const Words&)> command, std::function<Json()> stop);

  bool stopped() const { return stopped_; }
  void stop();

 private:
  bool read();
  void line(const std::string& text);

  EventLoop& loop_;
  std::function<Json(const Words&)> command_;
  std::function<Json()> stop_;
  std::string pending_;
  bool stopped_ = false;
};

void print_line(const Json&);  // one line, flushed

}  // namespace gauntlet
