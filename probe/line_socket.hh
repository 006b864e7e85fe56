// Lines of text over a socket that never blocks longer than it is told to, and keeps no more than it is told to.
#pragma once
#include <string>

#include "util/fd.hh"
#include "util/time.hh"

namespace gauntlet {

class LineSocket {
 public:
  static constexpr size_t kLongestPacket = 2 * 65536 + 16;  // a packet in hexadecimal
  explicit LineSocket(Fd fd, size_t longest = kLongestPacket) : fd_(std::move(fd)), longest_(longest) {}
  void allow(size_t longest) { longest_ = longest; }
  void say(const std::string& line);         // kept until flush()
  bool flush(Duration limit);                // sends what it can; past a limit above zero the peer counts as gone
  bool next(std::string& line, Time limit);  // waits at most `limit`; false: nothing, or gone() is true
  bool gone() const { return gone_; }        // closed, or a line of more than `longest` bytes
  size_t unsent() const { return out_.size(); }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  size_t longest_;
  std::string in_, out_;
  bool gone_ = false;
};

}  // namespace gauntlet
