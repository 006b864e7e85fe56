// What boxes say in an end's name: made-up segments, early acknowledgements, two handshakes for one.
#include "connection/early_ack.hh"
#include "connection/forge.hh"
#include "connection/proxied.hh"
#include "connection/quote_shift.hh"
#include "connection/syn_opening.hh"
#include "passing.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(Passing, ForgedSegmentsStandWhereTheSendersOrItsPeersWould) {
  see("> S 0:1"), see("< S. 0:1 ack 1");
  const Came c = see("> P. 1:101 ack 51 win 9");
  send(forge_onward(c.bytes(), c.seen.layout, kRst), Direction::to_server);
  send(forge_answer(c.bytes(), c.seen.layout, kRst), Direction::to_client);
  const Came bare = see("> S 0:1");
  send(forge_answer(bare.bytes(), bare.seen.layout, kRst), Direction::to_client);
  const Lines all = sent();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].substr(0, 17), "> R. 101:101 ack ");
  EXPECT_EQ(all[1].substr(0, 19), "< R. 51:51 ack 101 ");
  EXPECT_NE(all[2].find(" ack 1"), std::string::npos) << "the SYN is acknowledged: " << all[2];
}

TEST_F(Passing, AQuotedSegmentIsRenumberedAsFarAsItIsQuoted) {
  see("> S 0:1"), see("< S. 0:1 ack 1"), see("> P. 1:101 ack 51");
  for (const auto& [size, has_ack] : {std::pair{"quote 20 ", false}, {"quote 28 ", false}, {"quote 32 ", true}}) {
    const Came c = see(std::string("< icmp 11/0 ") + size + "[> P. 1:101 ack 51]");
    const Quote q = quote_of(c.bytes(), c.seen.layout);
    Packet p = c.copy();
    shift_quote(p, c.seen.layout, 10, 20);
    std::vector<uint8_t> wanted(c.bytes().begin(), c.bytes().end());
    const auto add = [&](size_t at, uint32_t by) { store32(&wanted[at], load32(&wanted[at]) + by); };
    const size_t tcp = q.offset + 20;
    if (wanted.size() >= tcp + 8) add(tcp + 4, 10);
    if (has_ack) add(tcp + 8, 20);
    write_checksums(wanted);
    EXPECT_EQ(notation::hex(p.bytes()), notation::hex(wanted)) << size;
  }
}

class EarlyAckTest : public Passing {
 protected:
  EarlyAckTest() : flow_(milliseconds(300), kept_) {
    see_all({"> S 0:1 win 1000", "< S. 0:1 ack 1 win 400", "> . 1:1 ack 1 win 1000"});
  }
  EarlyAck::Did in(std::string_view text, uint64_t lose = 0) {
    const Came c = see(text);
    return flow_.see(c.line.packet, c.seen, lose);
  }
  void see_all(const Lines& all) {
    for (const std::string& text : all) in(text);
  }
  std::string acknowledgement() {
    send(flow_.acknowledgement(Direction::to_server), Direction::to_client);
    return sent().at(0);
  }
  SegmentStore::Budget kept_;
  EarlyAck flow_;
};

TEST_F(EarlyAckTest, WhatCameInOrderInsideTheReceiversWindow) {
  EXPECT_TRUE(in("> P. 1:101 ack 1 win 1000").acknowledge);
  EXPECT_EQ(acknowledgement().substr(0, 25), "< . 1:1 ack 101 win 300 {") << "400 offered, 100 of them used";
  EXPECT_TRUE(in("> P. 201:301 ack 1 win 1000").acknowledge);
  EXPECT_EQ(acknowledgement().substr(0, 16), "< . 1:1 ack 101 ") << "there is a hole";
  in("> P. 101:201 ack 1 win 1000");
  EXPECT_EQ(acknowledgement().substr(0, 24), "< . 1:1 ack 301 win 100 ");
}

TEST_F(EarlyAckTest, TheNthIsLostAndNotKept) {
  EXPECT_FALSE(in("> P. 1:101 ack 1 win 1000", 2).lose);
  const auto did = in("> P. 101:201 ack 1 win 1000", 2);
  EXPECT_TRUE(did.lose && did.acknowledge);
  in("< . 1:1 ack 101 win 400", 2);
  EXPECT_EQ(kept_.used, 0u) << "the first is acknowledged, the second was not kept";
}

TEST_F(EarlyAckTest, WhatItAcknowledgedIsItsToDeliver) {
  in("> P. 1:101 ack 1 win 1000");
  ASSERT_EQ(flow_.next_tick(), now_ + milliseconds(300));
  flow_.tick(now_ + milliseconds(300), *this);
  EXPECT_EQ(sent(), lines({"> P. 1:101 ack 1 win 1000"}));
  ASSERT_EQ(flow_.next_tick(), now_ + milliseconds(900)) << "the time doubles";
  in("< . 1:1 ack 101 win 400");
  EXPECT_EQ(flow_.next_tick(), std::nullopt);
  EXPECT_EQ(kept_.used, 0u);
}

TEST_F(EarlyAckTest, AReceiverThatIsGoneIsGivenUp) {
  in("> P. 1:101 ack 1 win 1000");
  size_t tries = 0;
  while (flow_.next_tick() && tries < 100) flow_.tick(*flow_.next_tick(), *this), tries += sent().size();
  EXPECT_EQ(tries, 8u);
  EXPECT_EQ(kept_.used, 0u);
}

class SynOpeningTest : public Passing {
 protected:
  // Its number is the server's as the notation counts, so that lines read alike; the server's own is 1000 further.
  SynOpeningTest() {
    const Came syn = see("> S 0:1 win 5000 <mss 1400, sackOK, ts 7 0, nop, wscale 3>");
    opening_.emplace(syn.bytes(), syn.seen.layout, notation::kServerIsn, 1460, 7);
    opening_->from_client(syn.copy(), syn.seen, *this);
  }
  Lines in(std::string_view text) {
    Came c = see(text);
    c.line.toward == Direction::to_server ? opening_->from_client(c.copy(), c.seen, *this)
                                          : opening_->from_server(c.copy(), c.seen, *this);
    return sent();
  }
  std::optional<SynOpening> opening_;
};

TEST_F(SynOpeningTest, AnswersWithAClosedWindowAndOnlyWhatItKnows) {
  EXPECT_EQ(sent().at(0), "< S. 0:1 ack 1 win 0 <mss 1460, sackOK, ts 1000000 7, nop, wscale 7> {id=0}");
  EXPECT_FALSE(opening_->open());
  EXPECT_EQ(opening_->next_tick(), std::nullopt) << "its SYN/ACK is repeated when the client repeats the SYN";
}

TEST_F(SynOpeningTest, OpensWhenTheClientHasAnsweredAndThenTranslates) {
  sent();
  EXPECT_EQ(in("> . 1:1 ack 2 <nop*2, ts 8 1000000>"), Lines()) << "an answer to something else";
  const Lines syn = in("> . 1:1 ack 1 win 700 <nop*2, ts 8 1000000>");
  ASSERT_EQ(syn.size(), 1u);
  EXPECT_EQ(syn[0].substr(0, 19), "> S 0:1 win 5600 <m") << "700 scaled by 3";
  const Lines finished = in("< S. 1000:1001 ack 1 win 900 <mss 1300, sackOK, ts 50 8, nop, wscale 5>");
  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0].substr(0, 20), "> . 1:1 ack 1001 win") << "the third ACK, to the server";
  EXPECT_EQ(finished[1].substr(0, 18), "< . 1:1 ack 1 win ") << "a window, to the client";
  EXPECT_TRUE(opening_->open());
  EXPECT_EQ(in("< P. 1001:1011 ack 1 win 64 <nop*2, ts 60 8>").at(0).substr(0, 46),
            "< P. 1:11 ack 1 win 16 <nop, nop, ts 1000010 8")
      << "numbers, stamps and the scale are this side's";
  EXPECT_EQ(in("> . 1:1 ack 11 win 9 <nop*2, ts 9 1000010>").at(0).substr(0, 41),
            "> . 1:1 ack 1011 win 9 <nop, nop, ts 9 60");
}

TEST_F(SynOpeningTest, AServerThatIsSilentIsAskedSixTimesThenTheClientIsReset) {
  sent();
  in("> . 1:1 ack 1 <nop*2, ts 8 1000000>");
  size_t asked = 1;
  while (!opening_->over()) {
    ASSERT_TRUE(opening_->next_tick());
    opening_->tick(*opening_->next_tick(), *this);
    const std::string what = sent().at(0);
    what.substr(0, 3) == "> S" ? ++asked : 0u;
    if (opening_->over()) {
      EXPECT_EQ(what.substr(0, 4), "< R.");
    }
  }
  EXPECT_EQ(asked, 6u);
}

class ProxiedTest : public Passing {
 protected:
  void open(bool late) {
    Rng rng(5);
    const Came syn = see("> S 0:1 win 5000 <mss 1400>");
    proxied_.emplace(syn.bytes(), syn.seen.layout, 65536, rng);
    proxied_->open(syn.bytes(), late, now_);
    proxied_->relay(now_, *this);
  }
  std::optional<Proxied> proxied_;
};

TEST_F(ProxiedTest, EarlyAnswersAtOnceAndLateWhenTheServerDid) {
  open(false);
  Lines all = sent();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].substr(0, 4), "< S.");
  EXPECT_EQ(all[1].substr(0, 3), "> S");
  open(true);
  all = sent();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].substr(0, 3), "> S");
}

TEST_F(ProxiedTest, ARefusalGoesToTheClient) {
  open(true);
  const notation::Line asked = notation::parse(sent().at(0));
  const Layout l = layout_of(asked.packet.bytes());
  const auto refused = reset_for(asked.packet.bytes(), l);
  ASSERT_TRUE(refused);
  proxied_->segment(refused->bytes(), Direction::to_client, now_);
  proxied_->relay(now_, *this);
  const Lines all = sent();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].substr(0, 3), "< R");
  EXPECT_TRUE(proxied_->over());
}

}  // namespace
}  // namespace gauntlet
