// Boxes that follow a connection, and SYNs that come where one lives: one that nobody meant, and one from a client that
// forgot the connection and opens another with the same ports (half-open recovery, RFC 9293 3.5.1).
#include <gtest/gtest.h>

#include <algorithm>

#include "chain_middle.hh"
#include "middleboxes/registry.hh"
#include "specs.hh"
#include "tcp/segment.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kNeedle = "needle";

// What an edit makes of each needle in the stream; empty: it stays.
struct Row {
  const char* spec;
  std::string_view replaced = {};
};
constexpr Row kRows[] = {
    {"edit:find=needle,replace=haystacks", "haystacks"},
    {"edit:find=needle,replace=pin", "pin"},
    {"edit:find=needle,replace=straws", "straws"},
    {"aware:find=needle,replace=NEEDLE", "NEEDLE"},
    {"seq:dir=both"},
    {"seq:dir=c2s"},
    {"timestamps"},
    {"hole"},
    {"ack-unseen"},
    {"inwindow"},
    {"normaliser"},
    {"pep"},
    {"coalesce"},
    {"syn-proxy"},
    {"split-tcp:buffer=4KiB"},  // small: else it has all before the client forgets
    {"split-tcp:accept=late,buffer=4KiB"},
};

// Lines of 20 bytes, every fifth of them with a needle.
std::vector<uint8_t> text(size_t lines, std::string_view needle) {
  std::string all;
  for (size_t i = 0; i < lines; ++i) {
    const std::string number = std::to_string(10000 + i);
    all += number + (i % 5 == 0 ? "-" + std::string(needle) + "-------\n" : "--------------\n");
  }
  return {all.begin(), all.end()};
}

// Lets a SYN of another connection with the same ports pass in front of the n-th packet to the server.
class StraySyn final : public ChainMiddle {
 public:
  StraySyn(const std::vector<Chain::Link>& links, uint64_t seed, const TcpPair& pair, uint32_t seq, int n)
      : ChainMiddle(links, seed), pair_(pair), seq_(seq), left_(n) {}
  void packet(Packet p, bool to_server, Time now, const Out& out) override {
    if (to_server && --left_ == 0)
      ChainMiddle::packet(make_segment(pair_, {seq_, 0, kSyn, 900}, {}, {}), true, now, out);
    ChainMiddle::packet(std::move(p), to_server, now, out);
  }

 private:
  TcpPair pair_;
  uint32_t seq_;
  int left_;
};

class Reboot : public testing::TestWithParam<Row> {
 protected:
  static constexpr size_t kLines = 1000;
  // Each time with two ends drawn from the seed that both begin to write, and with `middle(rng, pair, seed)` between.
  template <typename Middle, typename Test>
  void ten_times(Middle middle, Test test) {
    for (uint64_t seed = 1; seed <= 10 && !HasFailure(); ++seed) {
      SCOPED_TRACE(seed);
      Rng rng(seed);
      const TcpPair pair = client_pair(rng.chance(0.4));
      const TcpConfig client = random_config(rng, pair), server = random_config(rng, pair.swapped());
      World w(client, server, seed, middle(rng, pair, seed));
      prepare(w);
      w.start();
      test(w, rng, pair);
    }
  }
  static std::unique_ptr<ChainMiddle> box_alone(Rng&, const TcpPair&, uint64_t seed) {
    return std::make_unique<ChainMiddle>(std::vector{link_of(GetParam().spec)}, seed);
  }
  // A needle that two segments shared was not edited.
  static void check(const std::vector<uint8_t>& got) {
    const std::vector<uint8_t> sent = text(kLines, kNeedle);
    const std::string_view replaced = GetParam().replaced;
    std::string back(got.begin(), got.end());
    size_t edits = 0;
    for (size_t at = 0; !replaced.empty() && (at = back.find(replaced, at)) != std::string::npos; ++edits)
      back.replace(at, replaced.size(), kNeedle);
    EXPECT_EQ(edits > 0, !replaced.empty());
    EXPECT_TRUE(std::equal(back.begin(), back.end(), sent.begin(), sent.end(),
                           [](char x, uint8_t y) { return static_cast<uint8_t>(x) == y; }))
        << back.size() << " of " << sent.size();
  }
  static void prepare(World& w) {
    for (End* e : {&w.client, &w.server}) e->to_send = text(kLines, kNeedle);
    for (Weather* weather : {&w.near, &w.far}) weather->delay = milliseconds(5);
  }
  static void finish(World& w) {
    ASSERT_TRUE(w.run(seconds(600))) << w.server.got.size() << " and " << w.client.got.size() << " bytes";
    check(w.server.got);
    check(w.client.got);
    EXPECT_EQ(w.client.tcp.error(), TcpError::none);
    EXPECT_EQ(w.server.tcp.error(), TcpError::none);
  }
};

TEST_P(Reboot, AStraySynChangesNothing) {
  const auto stray = [](Rng& rng, const TcpPair& pair, uint64_t seed) {
    const auto n = static_cast<int>(4 + rng.below(8));
    return std::make_unique<StraySyn>(std::vector{link_of(GetParam().spec)}, seed, pair,
                                      static_cast<uint32_t>(rng.next()), n);
  };
  ten_times(stray, [](World& w, Rng&, const TcpPair&) { finish(w); });
}

TEST_P(Reboot, TheNextConnectionHasNothingOfTheLast) {
  ten_times(box_alone, [](World& w, Rng& rng, const TcpPair& pair) {
    ASSERT_TRUE(w.run_until([&] { return w.server.got.size() > 1000 && w.client.got.size() > 1000; }, seconds(60)));
    w.client = End(random_config(rng, pair));
    w.client.to_send = text(kLines, kNeedle);  // a proxy may answer it before the server knows of it
    w.client.tcp.connect(w.now);
    ASSERT_TRUE(w.run_until([&] { return w.server.tcp.state() == TcpState::closed; }, seconds(60)));
    EXPECT_NE(w.server.tcp.error(), TcpError::none) << "the client resets what it knows nothing of";
    w.server = End(random_config(rng, pair.swapped()));
    w.server.tcp.listen();
    prepare(w);
    finish(w);
  });
}

// A proxy still waits for what is sent again then; others remember numbers.
TEST_P(Reboot, PortsAreUsedAgainSoonAfterTheEnd) {
  ten_times(box_alone, [](World& w, Rng& rng, const TcpPair& pair) {
    finish(w);
    ASSERT_FALSE(w.run_until([] { return false; }, seconds(2)));  // what is under way arrives
    w.client = End(random_config(rng, pair));
    w.server = End(random_config(rng, pair.swapped()));
    w.server.tcp.listen();
    prepare(w);
    w.client.tcp.connect(w.now);
    finish(w);
  });
}

std::string row_name(const testing::TestParamInfo<Row>& row) { return name_of_spec(row.index, row.param.spec); }
INSTANTIATE_TEST_SUITE_P(Boxes, Reboot, testing::ValuesIn(kRows), row_name);

}  // namespace
}  // namespace gauntlet
