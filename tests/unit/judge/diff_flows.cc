// Edits of whole flows, pairing of flows, damaged captures.
#include <gmock/gmock.h>

#include <filesystem>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// What a box does to a whole flow is one record per direction and field, with a count.
struct DiffFlow : ::testing::Test {
  Scene s;
  template <typename Edit>
  Diff all(Edit edit, Raw ack3 = {}) {
    const auto pass = [&](Way way, Tcp t) {
      Tcp u = t;
      edit(way, u);
      s.before_and_behind(way, {t}, {u});
    };
    Tcp syn = s.c2s(-1), synack = s.s2c(-1);
    syn.flags = kSyn;
    synack.flags = kSyn | kAck;
    pass(Way::c2s, syn);
    pass(Way::s2c, synack);
    pass(Way::c2s, s.c2s(0, {}, ack3));
    pass(Way::c2s, s.c2s(0, coded(0, 1000)));
    Tcp ack = s.s2c(0);
    ack.ack = 2001;
    ack.options = {1, 1, 5, 10, 0, 0, 0x0b, 0xb9, 0, 0, 0x0f, 0xa1};  // SACK 3001-4001
    pass(Way::s2c, ack);
    pass(Way::c2s, s.c2s(1000, coded(1000, 1000)));
    return s.diff();
  }
};

TEST_F(DiffFlow, NatBothWays) {
  const auto pass = [&](Way way, const Tcp& inside) {
    Tcp outside = inside;
    if (way == Way::c2s)
      outside.source = "203.0.113.9", outside.sport = 61000;
    else
      outside.destination = "203.0.113.9", outside.dport = 61000;
    way == Way::c2s ? s.before_and_behind(way, {inside}, {outside}) : s.before_and_behind(way, {outside}, {inside});
  };
  Tcp syn = s.c2s(-1), synack = s.s2c(-1);
  syn.flags = kSyn;
  synack.flags = kSyn | kAck;
  pass(Way::c2s, syn);
  pass(Way::s2c, synack);
  for (int i = 0; i < 5; ++i) pass(Way::c2s, s.c2s(i * 100, coded(static_cast<uint64_t>(i) * 100, 100)));
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), ElementsAre("addr_rewritten src c2s x6", "port_rewritten sport c2s x6",
                                    "addr_rewritten dst s2c x1", "port_rewritten dport s2c x1"));
  ASSERT_EQ(d.flows.size(), 1u);
  EXPECT_EQ(d.flows[0].by, PairedBy::likeness);
}

TEST_F(DiffFlow, InitialNumberShifted) {
  const Diff d = all([](Way way, Tcp& t) {
    if (way == Way::c2s) {
      t.seq += 0x12345678;
    } else {  // behind the box for s2c is the client's side: the server acknowledged shifted numbers
    }
  });
  // The server's acknowledgements in this scene were written in the client's numbers: they were not translated.
  EXPECT_THAT(kinds(d), UnorderedElementsAre("isn_shift seq c2s x4", "ack_shift ack s2c x1", "ack_shift ack s2c x1",
                                             "sack_not_shifted option 5 s2c x1"));
}

TEST_F(DiffFlow, InitialNumberShiftedAndTranslated) {
  constexpr uint32_t kShift = 0xfffffff0;
  const auto pass = [&](Way way, const Tcp& inside, bool sack) {
    Tcp outside = inside;
    if (way == Way::c2s)
      outside.seq += kShift;
    else if (outside.flags & kAck)
      outside.ack += kShift;
    if (!outside.options.empty() && sack)
      for (const size_t at : {4u, 8u}) store32(&outside.options[at], load32(&outside.options[at]) + kShift);
    way == Way::c2s ? s.before_and_behind(way, {inside}, {outside}) : s.before_and_behind(way, {outside}, {inside});
  };
  for (const bool sack : {true, false}) {
    Tcp syn = s.c2s(-1), synack = s.s2c(-1), ack = s.s2c(0);
    syn.flags = kSyn;
    synack.flags = kSyn | kAck;
    ack.ack = 2001;
    ack.options = {1, 1, 5, 10, 0, 0, 0x0b, 0xb9, 0, 0, 0x0f, 0xa1};
    s.client.clear();
    s.server.clear();
    pass(Way::c2s, syn, sack);
    pass(Way::s2c, synack, sack);
    for (int i = 0; i < 3; ++i) pass(Way::c2s, s.c2s(i * 1000, coded(static_cast<uint64_t>(i) * 1000, 1000)), sack);
    pass(Way::s2c, ack, sack);
    if (sack)
      EXPECT_THAT(kinds(s.diff()), ElementsAre("isn_shift seq c2s x4"));
    else
      EXPECT_THAT(kinds(s.diff()), ElementsAre("isn_shift seq c2s x4", "sack_not_shifted option 5 s2c x1"));
  }
}

TEST(DiffWhole, FragmentDroppedAndDatagramTranslated) {
  Scene s;
  const Raw udp{0x45, 0,  0,   32, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1,
                198,  51, 100, 1,  1, 2, 3, 4, 0,  12, 0, 0, 9,   9, 9, 9};
  Raw fragment = udp, translated = udp;
  fragment[6] = 0x20;
  translated[15] = 77;
  s.raw(true, false, fragment);
  s.client.push_back({s.client.back().time, udp});
  s.server.push_back({s.client.back().time, translated});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("addr_rewritten src c2s x1", "dropped c2s x1"));
}

TEST(DiffPairing, JoinsByTokenThroughANat) {
  Scene s;
  for (const uint16_t port : {uint16_t{40001}, uint16_t{40002}}) {
    Tcp inside = s.c2s(-1, {}, option(MpJoinSyn{.address_id = 1, .token = 0xabcdef, .nonce = port}));
    inside.flags = kSyn;
    inside.sport = port;
    Tcp outside = inside;
    outside.sport = static_cast<uint16_t>(80003 - port);  // the NAT swaps them: headers lie
    s.before_and_behind(Way::c2s, {inside}, {outside});
  }
  const Diff d = s.diff();
  ASSERT_EQ(d.flows.size(), 2u);
  EXPECT_EQ(d.flows[0].by, PairedBy::join);
  EXPECT_THAT(kinds(d), ElementsAre("port_rewritten sport c2s x1", "port_rewritten sport c2s x1"));
}

// Flows that have nothing to do with each other: `count` on each side.
void strangers(Scene& s, uint32_t count) {
  for (uint32_t k = 0; k < count; ++k) {
    Tcp a = s.c2s(-1), b = a;
    a.flags = b.flags = kSyn;
    a.sport = b.sport = static_cast<uint16_t>(2000 + k);
    a.seq = 1'000'000 * k;
    b.seq = 7 + 1'000'000 * k;
    b.source = "192.0.2.77";
    s.before_and_behind(Way::c2s, {a}, {b});
  }
}

TEST(DiffPairing, FlowsOfOneSideOnlyCostNoMoreThanTheirNumber) {
  const auto compared = [](uint32_t count) {
    Scene s;
    strangers(s, count);
    const Trace c = s.client_trace(), v = s.server_trace();
    const FlowSet a = flows_of(c), b = flows_of(v);
    uint64_t looked = 0;
    EXPECT_EQ(pair_flows(c, a, v, b, &looked).size(), 2 * count);
    return looked;
  };
  const uint64_t few = compared(150), many = compared(600);
  EXPECT_GT(few, 0u);
  EXPECT_LE(many, 5 * few);
}

// Many flows that say the same to the same server, behind a box that leaves nothing else alike: order tells.
TEST(DiffPairing, ManyAlikeArePairedInOrder) {
  Scene s;
  for (uint32_t k = 0; k < 100; ++k) {
    for (const auto& [inside, outside] : one_of_many(s, k)) s.before_and_behind(Way::c2s, {inside}, {outside});
  }
  const Trace c = s.client_trace(), v = s.server_trace();
  const auto pairs = pair_flows(c, flows_of(c), v, flows_of(v));
  ASSERT_EQ(pairs.size(), 100u);
  for (const FlowPair& p : pairs) EXPECT_EQ(p.a, p.b);
}

TEST(DiffDamage, CutCaptureKeepsWhatCameBefore) {
  Scene s;
  s.handshake();
  Folder folder;
  write_capture(folder.path("a.pcapng"), s.client);
  const auto size = std::filesystem::file_size(folder.path("a.pcapng"));
  std::filesystem::resize_file(folder.path("a.pcapng"), size - 20);  // in the last frame
  const Trace t = Trace::read({folder.path("a.pcapng"), folder.path("absent.pcapng")});
  EXPECT_EQ(t.frames().size(), 2u);
  EXPECT_NE(t.interfaces()[0].damage, "");
  EXPECT_NE(t.interfaces()[1].damage, "");
}

TEST(DiffDamage, TooMuchIsDamageNotSilence) {
  Scene s;
  s.handshake();
  Folder folder;
  write_capture(folder.path("a.pcapng"), s.client);
  const Trace t = Trace::read({folder.path("a.pcapng")}, {.bytes = 1 << 20, .frames = 2});
  EXPECT_EQ(t.frames().size(), 2u);
  EXPECT_NE(t.damage(), "");
}

TEST(DiffEdge, AnAlteredLastFrameIsNotInFlight) {
  for (const Way way : kWays) {
    Scene s;
    s.handshake();
    s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
    s.both(Way::s2c, s.s2c(0));
    s.both(way, way == Way::c2s ? s.c2s(1000, coded(1000, 10)) : s.s2c(0, coded(0, 10, way)));
    s.client.back().bytes[18] ^= 1;  // its destination, at the client's cut: another flow, on one side only
    EXPECT_FALSE(s.diff().differences.empty()) << name_of(way);
  }
}

TEST(DiffEdge, TtlThatGrowsAlikeOnEveryPacket) {
  Scene s;
  s.handshake();
  s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
  std::swap(s.client, s.server);
  EXPECT_THAT(kinds(s.diff()), UnorderedElementsAre("ttl_delta ttl c2s x3", "ttl_delta ttl s2c x1"));
}

// Every acknowledgement is lowered to the number of the one before, and nothing but order tells them apart.
TEST(DiffFlows, ManyAlikeAcknowledgementsLowered) {
  Scene s;
  s.handshake();
  for (uint32_t k = 0; k < 200; ++k) {
    s.both(Way::c2s, s.c2s(k * 100, coded(k * 100, 100)));
    Tcp before = s.s2c(0), behind = before;
    before.ack = 1101 + k * 100;
    behind.ack = 1001 + k * 100;
    s.before_and_behind(Way::s2c, {before}, {behind});
  }
  s.close(20'000, 0);
  EXPECT_THAT(kinds(s.diff()), ::testing::AllOf(::testing::SizeIs(200), ::testing::Each("ack_shift ack s2c x1")));
}

}  // namespace
}  // namespace gauntlet::test
