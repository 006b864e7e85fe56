// ICMP errors through boxes that number segments anew: whoever sent the quoted segment gets to see its own numbers.
// The boxes' numbers come from the seed, so that vectors cannot say this.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "middleboxes/registry.hh"
#include "notation/notation.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class ProxyQuotes : public testing::Test, protected Emit {
 protected:
  void make(const char* spec) { chain_.emplace(std::vector{link_of(spec)}, 7); }
  void send(Packet p, Direction toward) override {
    p.keep();
    sent_.push_back({std::move(p), toward});
  }
  void in(const std::string& line) {
    notation::Line l = notation::parse(line);
    sent_.clear();
    chain_->packet(std::move(l.packet), l.toward, Time(1), *this);
  }
  // What an error becomes, against what it has to be.
  void expect(const std::string& error, const std::string& wanted) {
    in(error);
    ASSERT_EQ(sent_.size(), 1u);
    const ConstBytes got = std::as_const(sent_[0].packet).bytes();
    const notation::Line want = notation::parse(wanted);
    EXPECT_EQ(notation::hex(got), notation::hex(want.packet.bytes()))
        << notation::print(got, sent_[0].toward) << "\nwanted " << wanted;
  }
  // Sequence number of the segment that left this way, relative as the notation counts.
  long seq(Direction toward) const {
    for (const Sent& s : sent_) {
      const ConstBytes bytes = std::as_const(s.packet).bytes();
      const Layout l = layout_of(bytes);
      const uint32_t zero = toward == Direction::to_server ? notation::kClientIsn : notation::kServerIsn;
      if (s.toward == toward && l.tcp) return static_cast<int32_t>(TcpView(bytes, l).seq() - zero);
    }
    return 0;
  }

  struct Sent {
    Packet packet;
    Direction toward;
  };
  std::optional<Chain> chain_;
  std::vector<Sent> sent_;
};

TEST_F(ProxyQuotes, SynProxyShiftsTheServersNumbers) {
  for (const bool translated : {true, false}) {
    make(translated ? "syn-proxy" : "syn-proxy:quotes=no");
    in("> S 0:1 <mss 1460>");
    const long own = seq(Direction::to_client);
    in(fmt::format("> . 1:1 ack {}", own + 1));
    in("< S. 0:1 ack 1 <mss 1460>");
    const std::string up = "> icmp 3/4 quote 36 [< P. {}:{} ack 1 \"hello\"]",
                      down = "< icmp 11/0 quote 36 [> . 1:1 ack {}]";
    const long seen = translated ? 1 : own + 1, acked = translated ? own + 6 : 6;
    expect(fmt::format(fmt::runtime(up), own + 1, own + 6), fmt::format(fmt::runtime(up), seen, seen + 5));
    expect(fmt::format(fmt::runtime(down), 6), fmt::format(fmt::runtime(down), acked));
  }
}

TEST_F(ProxyQuotes, SplitTcpSpeaksOfTheOtherConnection) {
  for (const bool translated : {true, false}) {
    make(translated ? "split-tcp" : "split-tcp:quotes=no");
    in("> S 0:1 <mss 1460>");
    const long near = seq(Direction::to_client), far = seq(Direction::to_server);
    ASSERT_NE(near, 0);
    ASSERT_NE(far, 0);
    in(fmt::format("< S. 0:1 ack {} <mss 1460>", far + 1));
    const std::string up = "> icmp 3/4 quote 36 [< P. {}:{} ack {} \"abc\"]",
                      down = "< icmp 11/0 quote 36 [> . {0}:{0} ack {1}]";
    const long s = translated ? 1 : near + 1, c = translated ? far + 9 : 9;
    expect(fmt::format(fmt::runtime(up), near + 1, near + 4, 9), fmt::format(fmt::runtime(up), s, s + 3, c));
    const long mine = translated ? 1 : far + 1, theirs = translated ? near + 7 : 7;
    expect(fmt::format(fmt::runtime(down), far + 1, 7), fmt::format(fmt::runtime(down), mine, theirs));
  }
}

TEST_F(ProxyQuotes, WhatIsNobodysIsLeftAlone) {
  for (const char* spec : {"syn-proxy", "split-tcp"}) {
    make(spec);
    expect("< icmp 11/0 quote 36 [> . 1:1 ack 6]", "< icmp 11/0 quote 36 [> . 1:1 ack 6]");
  }
}

}  // namespace
}  // namespace gauntlet
