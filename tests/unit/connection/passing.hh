// A place that packets pass: lines of the notation are seen there, and what is sent comes out as lines.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "notation/notation.hh"
#include "path/flow_table.hh"
#include "path/middlebox.hh"
#include "wire/tcp.hh"

namespace gauntlet {

class Passing : public testing::Test, protected Emit {
 protected:
  using Lines = std::vector<std::string>;
  struct Came {
    notation::Line line;
    Seen seen;
    ConstBytes bytes() const { return line.packet.bytes(); }
    TcpView tcp() const { return {bytes(), seen.layout}; }
    Packet copy() const { return line.packet.copy(); }
  };

  Came see(std::string_view text) {
    Came c{notation::parse(text), {}};
    c.seen = table_.see(c.bytes(), c.line.toward, now_);
    return c;
  }
  void send(Packet p, Direction toward) override { sent_.push_back(notation::print(std::as_const(p).bytes(), toward)); }
  // What was sent since the last time.
  Lines sent() { return std::exchange(sent_, {}); }
  // As sent() has them, whatever was left out of the text.
  static Lines lines(const Lines& texts) {
    Lines all;
    for (const std::string& text : texts) {
      const notation::Line l = notation::parse(text);
      all.push_back(notation::print(l.packet.bytes(), l.toward));
    }
    return all;
  }

  FlowTable table_;
  Time now_{0};

 private:
  Lines sent_;
};

}  // namespace gauntlet
