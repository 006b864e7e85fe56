#include "path/chain.hh"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "notation/notation.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Out : Emit {
  std::vector<std::string> lines;
  void send(Packet p, Direction toward) override { lines.push_back(notation::print(p.bytes(), toward)); }
};

// Marks what it selected by adding to the window; answers a window of 666 with a RST backwards; holds a window of 7 for
// 5 ms.
class Marker final : public Middlebox {
 public:
  Marker(uint16_t mark) : mark_(mark) {}
  void packet(Packet p, const Seen& s, Emit& out) override {
    Layout l = s.layout;
    if (!l.tcp) return out.send(std::move(p), s.toward);
    TcpEdit edit(p, l);
    if (edit.view().window() == 7) {
      p.keep();
      held_ = std::move(p);
      due_ = s.now + Duration(5'000'000);
      toward_ = s.toward;
      return;
    }
    if (edit.view().window() == 666) out.send(notation::parse("< R 5:5 ack 0").packet.copy(), opposite(s.toward));
    if (s.selected) edit.set_window(static_cast<uint16_t>(edit.view().window() + mark_));
    out.send(std::move(p), s.toward);
  }
  std::optional<Time> next_tick() const override { return due_; }
  void tick(Time, Emit& out) override { flush(out); }
  void flush(Emit& out) override {
    if (due_) out.send(std::move(held_), toward_);
    due_.reset();
  }
  Json state() const override { return mark_; }

 private:
  uint16_t mark_;
  Packet held_;
  Direction toward_{};
  std::optional<Time> due_;
};

BoxEntry entry(MakeBox make, bool sees_all) {
  return {.schema = {.name = "marker", .params = with_common({})}, .make = make, .sees_all = sees_all};
}
const BoxEntry kOne =
    entry([](const Params&, Rng) -> std::unique_ptr<Middlebox> { return std::make_unique<Marker>(1); }, false);
const BoxEntry kHundred =
    entry([](const Params&, Rng) -> std::unique_ptr<Middlebox> { return std::make_unique<Marker>(100); }, true);

class ChainTest : public testing::Test {
 protected:
  void make(std::vector<std::pair<const BoxEntry*, std::map<std::string, std::string>>> boxes) {
    std::vector<Chain::Link> links;
    for (auto& [e, written] : boxes) links.push_back({e, check_params(e->schema, written)});
    chain_.emplace(links, 1);
  }
  std::vector<std::string> feed(std::string_view line, Time now = Time(0)) {
    notation::Line l = notation::parse(line);
    out_.lines.clear();
    chain_->packet(std::move(l.packet), l.toward, now, out_);
    return out_.lines;
  }
  using Lines = std::vector<std::string>;
  std::optional<Chain> chain_;
  Out out_;
};

TEST_F(ChainTest, PassesEveryBoxInPathOrder) {
  make({{&kOne, {}}, {&kHundred, {}}});
  EXPECT_EQ(feed("> . 1:1 ack 1"), Lines{"> . 1:1 ack 1 win 601"});
  EXPECT_EQ(feed("< . 1:1 ack 1"), Lines{"< . 1:1 ack 1 win 601"});
  EXPECT_EQ(feed("> udp 4"), Lines{"> udp 4"});
}

TEST_F(ChainTest, APacketSentBackwardsPassesTheEarlierBoxes) {
  make({{&kOne, {}}, {&kHundred, {}}});
  EXPECT_EQ(feed("> . 1:1 ack 1 win 665"), (Lines{"> . 1:1 ack 1 win 766", "< R 5:5 win 501"}));
  EXPECT_EQ(feed("< . 1:1 ack 1 win 560"), Lines{"< . 1:1 ack 1 win 661"})
      << "the last box is first for the server's packets";
}

TEST_F(ChainTest, HeldPacketsLeaveWhenDue) {
  make({{&kOne, {}}, {&kHundred, {}}});
  EXPECT_EQ(feed("> . 1:1 ack 1 win 6", Time(1000)), Lines{});
  ASSERT_EQ(chain_->next_tick(), Time(5'001'000));
  out_.lines.clear();
  chain_->tick(Time(5'000'000), out_);
  EXPECT_EQ(out_.lines, Lines{}) << "not due yet";
  chain_->tick(Time(5'001'000), out_);
  EXPECT_EQ(out_.lines, Lines{"> . 1:1 ack 1 win 7"});
  EXPECT_EQ(chain_->next_tick(), std::nullopt);
}

TEST_F(ChainTest, FlushReachesEveryBoxBothWays) {
  make({{&kHundred, {}}, {&kOne, {}}, {&kHundred, {}}});
  feed("> . 1:1 ack 1 win 7");
  chain_->flush(out_);
  EXPECT_EQ(out_.lines, Lines{"> . 1:1 ack 1 win 7"}) << "each box held it in turn";
  feed("< . 1:1 ack 1 win 7");
  chain_->flush(out_);
  EXPECT_EQ(out_.lines, Lines{"< . 1:1 ack 1 win 7"});
}

TEST_F(ChainTest, OnlyBoxesThatSeeAllGetWhatIsNotSelected) {
  make({{&kOne, {{"dir", "s2c"}}}, {&kHundred, {{"dir", "c2s"}}}});
  EXPECT_EQ(feed("> . 1:1 ack 1"), Lines{"> . 1:1 ack 1 win 600"});
  EXPECT_EQ(feed("< . 1:1 ack 1"), Lines{"< . 1:1 ack 1 win 501"});
  EXPECT_EQ(feed("< . 1:1 ack 1"), Lines{"< . 1:1 ack 1 win 501"});
  const Json s = chain_->state();
  EXPECT_EQ(s[0]["selected"], 2);
  EXPECT_EQ(s[0]["bypassed"], 1);
  EXPECT_EQ(s[1]["selected"], 1);
  EXPECT_EQ(s[1]["state"], 100);
}

struct TriggerCase {
  std::map<std::string, std::string> with;
  std::string selected;  // one letter for each packet of the story below
};

// Which packets of one story are selected.
class TriggerTest : public ChainTest, public testing::WithParamInterface<TriggerCase> {};

TEST_P(TriggerTest, Selects) {
  make({{&kOne, GetParam().with}});
  std::string selected;
  for (const char* line :
       {"> S 0:1 <mpc v1 nokey>", "< S. 0:1 ack 1 <mpc v1 key 7>", "> . 1:1 ack 1", "> P. 1:11 ack 1",
        "< P. 1:5 ack 11", "> P. 11:21 ack 1", "> #2 S 0:1 <join syn id 1 token 9 nonce 1>", "> #2 P. 1:11 ack 1",
        "> #3 S 0:1", "> #3 P. 1:11 ack 1", "> P. 21:31 ack 1", "> udp 4"}) {
    const uint64_t before = chain_->state()[0]["selected"];
    feed(line);
    selected += chain_->state()[0]["selected"] == before ? '-' : 'x';
  }
  EXPECT_EQ(selected, GetParam().selected);
}

INSTANTIATE_TEST_SUITE_P(Rows, TriggerTest,
                         testing::Values(TriggerCase{{}, "xxxxxxxxxxxx"},                                  //
                                         TriggerCase{{{"dir", "c2s"}}, "x-xx-xxxxxxx"},                    //
                                         TriggerCase{{{"dir", "s2c"}}, "-x--x-------"},                    //
                                         TriggerCase{{{"when", "syn"}}, "x-----x-x---"},                   //
                                         TriggerCase{{{"when", "ack3"}}, "--x---------"},                  //
                                         TriggerCase{{{"when", "mpc+join"}}, "xx----x-----"},              //
                                         TriggerCase{{{"when", "data"}}, "---xxx-x-xx-"},                  //
                                         TriggerCase{{{"when", "data"}, {"path", "p2"}}, "-------x-x--"},  //
                                         TriggerCase{{{"when", "data"}, {"path", "p1"}}, "---xxx---xx-"},  //
                                         TriggerCase{{{"when", "data"}, {"nth", "2"}}, "-----x------"},    //
                                         TriggerCase{{{"when", "data"}, {"nth", "2"}, {"count", "2"}}, "-----x----x-"},
                                         TriggerCase{{{"when", "data"}, {"after", "1"}}, "-----x----x-"},  //
                                         TriggerCase{{{"when", "data"}, {"after", "1"}, {"count", "1"}},
                                                     "-----x------"},
                                         TriggerCase{{{"when", "data"}, {"count", "1"}}, "---xx--x-x--"}));

}  // namespace
}  // namespace gauntlet
