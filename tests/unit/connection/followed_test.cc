// What boxes remember of a flow: where segments stand, what was kept of them, and for how long.
#include "connection/heard_handshake.hh"
#include "connection/once_passed.hh"
#include "connection/segment_store.hh"
#include "connection/sessions.hh"
#include "connection/watch.hh"
#include "passing.hh"

namespace gauntlet {
namespace {

class WatchTest : public Passing {
 protected:
  Watch::Place place(std::string_view text) {
    const Came c = see(text);
    const Watch::Place p = watch_.place(c.seen, c.tcp());
    watch_.went_on(c.seen, p);
    return p;
  }
  Watch watch_;
};

TEST_F(WatchTest, PositionsCountTheSynAndGoOnPastTheWrap) {
  const Watch::Place syn = place("> S 0:1");
  EXPECT_TRUE(syn.known && syn.sure && !syn.acks);
  EXPECT_EQ(std::pair(syn.at, syn.end), std::pair(Position{0}, Position{1}));
  const Watch::Place data = place("> P. 1:501 ack 1");  // the number wraps after 256
  EXPECT_EQ(std::pair(data.at, data.end), std::pair(Position{1}, Position{501}));
  EXPECT_FALSE(data.acks) << "of the server's stream nothing was seen yet";
  EXPECT_EQ(watch_.reach(0), 501);
}

TEST_F(WatchTest, AnAcknowledgementStandsInTheOtherStream) {
  place("> S 0:1");
  place("< S. 0:1 ack 1");
  const Watch::Place p = place("> . 1:1 ack 301");
  EXPECT_TRUE(p.acks);
  EXPECT_EQ(p.ack, 301);
  EXPECT_EQ(watch_.high[0], 1) << "a bare acknowledgement holds nothing";
}

TEST_F(WatchTest, BehindAPacketThatIsCutShortAnythingMayHavePassed) {
  place("> S 0:1");
  const Watch::Place p = place("> P. 1:101 ack 1 {len=-30}");
  EXPECT_FALSE(p.sure);
  EXPECT_EQ(watch_.reach(0), 1 + Watch::kLongest);
  EXPECT_LT(watch_.high[0], 102);
}

class StoreTest : public Passing {
 protected:
  bool take(SegmentStore& store, Position at, Position end) {
    return store.take(at, end, see("> . 1:101 ack 1").line.packet, budget_);
  }
  static std::vector<Position> places(const SegmentStore& store) {
    std::vector<Position> all;
    for (const auto& s : store.all()) all.push_back(s.at);
    return all;
  }
  SegmentStore::Budget budget_;
};

TEST_F(StoreTest, StreamOrderAndOutWhenAcknowledgedWhole) {
  SegmentStore store;
  for (const Position at : {201, 1, 101}) ASSERT_TRUE(take(store, at, at + 100));
  EXPECT_EQ(places(store), (std::vector<Position>{1, 101, 201}));
  store.acknowledged(150);
  EXPECT_EQ(places(store), (std::vector<Position>{101, 201})) << "half of one is acknowledged: it is still needed";
}

TEST_F(StoreTest, ItsPartOfTheBudgetComesBackWithIt) {
  {
    SegmentStore one, two;
    ASSERT_TRUE(take(one, 1, 101) && take(two, 1, 101));
    const size_t both = budget_.used;
    EXPECT_GE(both, 2 * 140u);
    one = std::move(two);
    EXPECT_EQ(budget_.used, both / 2) << "what stood there before is gone";
  }
  EXPECT_EQ(budget_.used, 0u);
  SegmentStore store;
  budget_.used = SegmentStore::Budget::kMost - 100;
  EXPECT_FALSE(take(store, 1, 101)) << "all stores of a box have one budget";
}

TEST_F(StoreTest, ACopyIsRenewedSoThatItsReceiverTakesIt) {
  Packet copy = see("> P. 1:101 ack 1 win 9 <nop*2, ts 100 5>").copy();
  const Came later = see("> . 301:301 ack 77 win 12 <nop*2, ts 130 8>");
  renew(copy, answer_of(later.tcp()));
  send(std::move(copy), Direction::to_server);
  EXPECT_EQ(sent(), lines({"> P. 1:101 ack 77 win 12 <nop*2, ts 130 8>"}));
}

class OncePassedTest : public Passing {
 protected:
  void pass(std::string_view text, bool own = true) {
    Came c = see(text);
    const Watch::Place place = flow_.watch.place(c.seen, c.tcp());
    if (c.tcp().has(kSyn)) return flow_.watch.went_on(c.seen, place);
    flow_.pass(c.copy(), c.seen.layout, place, c.line.toward, own, counts_, *this);
  }
  OncePassed::Counts counts_;
  OncePassed flow_;
};

TEST_F(OncePassedTest, OnlyWhatIsNewGoesOn) {
  pass("> S 0:1");
  pass("> . 1:101 ack 1");
  pass("> P. 51:151 ack 1");
  EXPECT_EQ(sent(), lines({"> . 1:101 ack 1", "> P. 101:151 ack 1"}));
  EXPECT_EQ(counts_.trimmed, 1u);
}

TEST_F(OncePassedTest, ARepetitionBecomesTheCopiesThatCoverIt) {
  pass("> S 0:1");
  pass("> . 1:101 ack 1 win 5");
  pass("> P. 101:201 ack 1 win 5");
  sent();
  pass("> P. 51:151 ack 9 win 6");
  EXPECT_EQ(sent(), lines({"> . 1:101 ack 9 win 6", "> P. 101:201 ack 9 win 6"}));
  flow_.forget();
  pass("> P. 51:151 ack 9 win 6");
  EXPECT_EQ(sent(), lines({"> P. 51:151 ack 9 win 6"})) << "of what is kept no more it passes as it came";
}

TEST_F(OncePassedTest, TheSendersRepetitionPassesWhereThatIsAskedFor) {
  pass("> S 0:1", false);
  pass("> . 1:101 ack 1", false);
  sent();
  pass("> P. 1:101 ack 1", false);
  EXPECT_EQ(sent(), lines({"> P. 1:101 ack 1"}));
}

TEST_F(Passing, AHandshakeTellsTheStampAndTheWindowAsItStands) {
  HeardHandshake heard;
  heard.hear(see("> S 0:1 <nop, wscale 7>").tcp(), Direction::to_server);
  EXPECT_FALSE(heard.answered);
  heard.hear(see("< S. 0:1 ack 1 win 65280 <nop, wscale 7, nop*2, ts 40 9>").tcp(), Direction::to_client);
  EXPECT_TRUE(heard.answered);
  EXPECT_EQ(heard.window, 65280 >> 7) << "never scaled in a SYN, always in an answer";
  ASSERT_TRUE(heard.stamp);
  EXPECT_EQ(heard.stamp->value, 40u);
  HeardHandshake without;
  without.hear(see("> #2 S 0:1").tcp(), Direction::to_server);
  without.hear(see("< #2 S. 0:1 ack 1 win 65280 <nop, wscale 7>").tcp(), Direction::to_client);
  EXPECT_EQ(without.window, 65280) << "one end alone offers it: it is not used";
}

class SessionsTest : public Passing {
 protected:
  struct Dated {
    std::optional<Time> due;
    std::optional<Time> next_tick() const { return due; }
  };
  Seen flow(int n) { return see("> #" + std::to_string(n) + " S 0:1").seen; }
  Sessions<Dated> sessions_{2};
};

TEST_F(SessionsTest, PastTheLimitTheQuietestIsForgottenAndItsFlowIsNobodys) {
  const Seen one = flow(1), two = flow(2), three = flow(3);
  sessions_.make(one), sessions_.make(two);
  EXPECT_NE(sessions_.find(one), nullptr);  // used: two is the quietest now
  sessions_.make(three);
  EXPECT_EQ(sessions_.find(two), nullptr);
  EXPECT_TRUE(sessions_.had(two));
  EXPECT_FALSE(sessions_.had(flow(4)));
  EXPECT_EQ(std::pair(sessions_.size(), sessions_.forgotten()), std::pair(size_t{2}, uint64_t{1}));
}

TEST_F(SessionsTest, EachIsDueByItself) {
  const Seen one = flow(1), two = flow(2);
  sessions_.make(one).due = Time(50), sessions_.make(two).due = Time(20);
  sessions_.touched(one.flow), sessions_.touched(two.flow);
  EXPECT_EQ(sessions_.next_tick(), Time(20));
  std::vector<FlowId> ticked;
  sessions_.tick(Time(20), [&](FlowId id, Dated& d) { ticked.push_back(id), d.due.reset(); });
  EXPECT_EQ(ticked, std::vector{two.flow});
  EXPECT_EQ(sessions_.next_tick(), Time(50));
  sessions_.remove(one.flow);
  EXPECT_EQ(sessions_.next_tick(), std::nullopt);
}

TEST_F(SessionsTest, AnotherLifeOfTheFlowHasNoneUnlessItAdoptsIt) {
  Seen seen = flow(1);
  sessions_.make(seen);
  FlowFacts later = *seen.facts;
  later.serial += 1000;
  seen.facts = &later;
  EXPECT_EQ(sessions_.find(seen), nullptr);
  EXPECT_FALSE(sessions_.had(seen));
  EXPECT_EQ(sessions_.adopt(seen, [](const Dated&) { return false; }), nullptr);
  Dated* adopted = sessions_.adopt(seen, [](const Dated&) { return true; });
  ASSERT_NE(adopted, nullptr);
  EXPECT_EQ(sessions_.find(seen), adopted);
  EXPECT_TRUE(sessions_.had(seen));
}

}  // namespace
}  // namespace gauntlet
