// One edit between the cuts, one record (or the set that edit cannot do without), with place and direction.
#include <gmock/gmock.h>

#include <filesystem>

#include "mptcp/crypto.hh"
#include "scene.hh"
#include "wire/checksum.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Raw dss(uint64_t dsn, uint32_t ssn, uint16_t length) {
  Dss d;
  d.mapping.emplace();
  d.mapping->dsn = dsn;
  d.mapping->dsn8 = true;
  d.mapping->ssn = ssn;
  d.mapping->length = length;
  return option(d);
}

// Sends 1000 bytes at `offset`; `edit` changes what stands behind the box.
template <typename Edit>
void edited(Scene& s, int64_t offset, Raw options, Edit edit) {
  const Tcp before = s.c2s(offset, coded(static_cast<uint64_t>(offset), 1000), std::move(options));
  Tcp behind = before;
  edit(behind);
  s.before_and_behind(Way::c2s, {before}, {behind});
}

struct DiffKinds : ::testing::Test {
  Scene s;
  void SetUp() override {
    s.handshake();
    s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
  }
  void TearDown() override { /* every test says what it expects of kinds() */
  }
  template <typename Edit>
  std::vector<std::string> one(Raw options, Edit edit) {
    edited(s, 1000, std::move(options), edit);
    s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
    s.close(3000, 0);
    return kinds(s.diff());
  }
};

TEST_F(DiffKinds, Window) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.window = 7; }), ElementsAre("window_changed window c2s x1"));
}
TEST_F(DiffKinds, Ttl) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.ttl = 99; }), ElementsAre("ttl_delta ttl c2s x1"));
}
TEST_F(DiffKinds, IpId) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.id = 99; }), ElementsAre("ip_id_rewritten ip id c2s x1"));
}
TEST_F(DiffKinds, Flags) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.flags ^= kPsh | kEce; }), ElementsAre("flags_changed psh+ece c2s x1"));
}
TEST_F(DiffKinds, Acknowledgement) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.ack -= 1; }), ElementsAre("ack_shift ack c2s x1"));
}
TEST_F(DiffKinds, Checksum) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.break_checksum = true; }), ElementsAre("checksum_broken tcp checksum c2s x1"));
}

TEST_F(DiffKinds, PayloadChangedNamesTheOffset) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload[77] ^= 0x20; });
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("changed payload c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1077);
  EXPECT_EQ(d.differences[0].cls, "data");
  EXPECT_EQ(d.differences[0].client.at(0).number, 5u);
  EXPECT_EQ(d.differences[0].server.at(0).number, 5u);
}

TEST_F(DiffKinds, TwoDistantChangesAreTwoRecords) {
  EXPECT_THAT(one({}, [](Tcp& t) { t.payload[1] ^= 1, t.payload[500] ^= 1; }),
              ElementsAre("changed payload c2s x1", "changed payload c2s x1"));
}

TEST_F(DiffKinds, Inserted) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.begin() + 100, {'X', 'Y', 'Z'}); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq += 3;
  s.before_and_behind(Way::c2s, {before}, {behind});
  Tcp ack = s.s2c(0), ack_behind = ack;  // the server acknowledges 3003, the client is told 3000
  ack.ack = 1001 + 3003;
  ack_behind.ack = 1001 + 3000;
  s.before_and_behind(Way::s2c, {ack}, {ack_behind});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1100);
  EXPECT_EQ(d.differences[1].after, "+3");
}

TEST_F(DiffKinds, InsertedWithoutTranslatedAcknowledgement) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.begin() + 100, {'X', 'Y', 'Z'}); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq += 3;
  s.before_and_behind(Way::c2s, {before}, {behind});
  Tcp ack = s.s2c(0);
  ack.ack = 1001 + 3003;
  s.both(Way::s2c, ack);
  EXPECT_THAT(kinds(s.diff()),
              ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1", "ack_shift ack s2c x1"));
}

TEST_F(DiffKinds, Deleted) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.erase(t.payload.begin() + 200, t.payload.begin() + 210); });
  Tcp before = s.c2s(2000, coded(2000, 1000)), behind = before;
  behind.seq -= 10;
  s.before_and_behind(Way::c2s, {before}, {behind});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("deleted payload c2s x1", "seq_shift_from seq c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1200);
}

TEST_F(DiffKinds, InsertedInTheLastSegmentIsMeasuredAgainstTheFin) {
  edited(s, 1000, {}, [](Tcp& t) { t.payload.insert(t.payload.end(), {'X', 'Y'}); });
  Tcp before = s.c2s(2000), behind = before;
  before.flags = behind.flags = kFin | kAck;
  behind.seq += 2;
  s.before_and_behind(Way::c2s, {before}, {behind});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("inserted payload c2s x1", "seq_shift_from seq c2s x1"));
}

TEST_F(DiffKinds, DroppedThenRetransmitted) {
  const Tcp t = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {t}, {});
  s.wait(std::chrono::milliseconds(200));
  s.both(Way::c2s, t);
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("dropped c2s x1"));
  EXPECT_EQ(d.differences[0].client.at(0).number, 5u);  // the first copy, not the second
}

TEST_F(DiffKinds, Injected) {
  s.before_and_behind(Way::s2c, {}, {s.s2c(0, coded(0, 50, Way::s2c))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("injected s2c x1"));
}

TEST_F(DiffKinds, ResetInjected) {
  Tcp t = s.s2c(0);
  t.flags = kRst;
  s.before_and_behind(Way::s2c, {}, {t});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("rst_injected s2c x1"));
}

TEST_F(DiffKinds, Duplicated) {
  const Tcp t = s.c2s(1000, coded(1000, 1000));
  s.before_and_behind(Way::c2s, {t}, {t, t});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("duplicated c2s x1"));
}

TEST_F(DiffKinds, Reordered) {
  const Tcp a = s.c2s(1000, coded(1000, 1000)), b = s.c2s(2000, coded(2000, 1000)), c = s.c2s(3000, coded(3000, 1000));
  s.before_and_behind(Way::c2s, {a, b, c}, {b, c, a});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("reordered c2s x1"));
}

TEST_F(DiffKinds, SplitOptionsOnFirst) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 1000));
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400));
  a.payload.resize(600);
  a.flags &= static_cast<uint8_t>(~kPsh);
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("split c2s x1"));
  EXPECT_EQ(d.differences[0].server.size(), 2u);
}

TEST_F(DiffKinds, SplitOptionsOnAll) {
  const Raw options = timestamp(1, 2) + dss(1, 1001, 1000);
  const Tcp whole = s.c2s(1000, coded(1000, 1000), options);
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400), options);
  a.payload.resize(600);
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "copied_to_pieces option 30/dss c2s x1"));
}

TEST_F(DiffKinds, SplitOptionsOnNone) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 1000));
  s.before_and_behind(Way::c2s, {whole}, {s.c2s(1000, coded(1000, 600)), s.c2s(1600, coded(1600, 400))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("split c2s x1", "removed option 30/dss c2s x1"));
}

TEST_F(DiffKinds, SplitWithOneByteChanged) {
  const Tcp whole = s.c2s(1000, coded(1000, 1000));
  Tcp a = whole, b = s.c2s(1600, coded(1600, 400));
  a.payload.resize(600);
  b.payload[5] ^= 1;
  s.before_and_behind(Way::c2s, {whole}, {a, b});
  const Diff d = s.diff();
  ASSERT_THAT(kinds(d), ElementsAre("changed payload c2s x1", "split c2s x1"));
  EXPECT_EQ(d.differences[0].offset, 1605);
}

TEST_F(DiffKinds, MergedOptionsOfTheFirst) {
  const Tcp a = s.c2s(1000, coded(1000, 500), dss(1, 1001, 500)),
            b = s.c2s(1500, coded(1500, 500), dss(501, 1501, 500));
  const Tcp both = s.c2s(1000, coded(1000, 1000), dss(1, 1001, 500));
  s.before_and_behind(Way::c2s, {a, b}, {both});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1", "lost_in_merge option 30/dss c2s x1"));
}

TEST_F(DiffKinds, MergedWithOneMappingRepeatedLosesNothing) {
  const Raw map = dss(1, 1001, 1000);
  const Tcp a = s.c2s(1000, coded(1000, 500), map), b = s.c2s(1500, coded(1500, 500), map);
  s.before_and_behind(Way::c2s, {a, b}, {s.c2s(1000, coded(1000, 1000), map)});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1"));
}

TEST_F(DiffKinds, MergedWithItsFin) {
  const Tcp a = s.c2s(1000, coded(1000, 500));
  Tcp fin = s.c2s(1500), both = a;
  fin.flags = kFin | kAck;
  both.flags = kFin | kAck | kPsh;
  s.before_and_behind(Way::c2s, {a, fin}, {both});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("merged c2s x1"));
}

TEST_F(DiffKinds, Resegmented) {
  s.before_and_behind(Way::c2s, {s.c2s(1000, coded(1000, 700)), s.c2s(1700, coded(1700, 700))},
                      {s.c2s(1000, coded(1000, 400)), s.c2s(1400, coded(1400, 600)), s.c2s(2000, coded(2000, 400))});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("resegmented c2s x1"));
}

TEST_F(DiffKinds, OptionRemoved) {
  EXPECT_THAT(one(timestamp(1, 2) + dss(1, 1001, 1000), [](Tcp& t) { t.options = timestamp(1, 2); }),
              ElementsAre("removed option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionNopped) {
  EXPECT_THAT(one(dss(1, 1001, 1000) + timestamp(1, 2),
                  [](Tcp& t) { std::fill(t.options.begin(), t.options.begin() + t.options[1], uint8_t{1}); }),
              ElementsAre("nopped option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionEoledHidesWhatFollows) {
  EXPECT_THAT(one(dss(1, 1001, 1000) + timestamp(1, 2), [](Tcp& t) { t.options[0] = 0; }),
              ElementsAre("eoled option 30/dss c2s x1", "truncated_after_eol option 8 c2s x1"));
}
TEST_F(DiffKinds, OptionEoledByFilling) {
  EXPECT_THAT(one(timestamp(1, 2) + dss(1, 1001, 1000),
                  [](Tcp& t) { std::fill(t.options.begin() + 12, t.options.end(), uint8_t{0}); }),
              ElementsAre("eoled option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionAdded) {
  EXPECT_THAT(one(timestamp(1, 2), [](Tcp& t) { t.options = t.options + option(MpPrio{true}); }),
              ElementsAre("added option 30/prio c2s x1"));
}
TEST_F(DiffKinds, OptionReordered) {
  EXPECT_THAT(
      one(option(MpPrio{true}) + timestamp(1, 2), [](Tcp& t) { t.options = timestamp(1, 2) + option(MpPrio{true}); }),
      ElementsAre("option_reordered option 8 c2s x1"));
}
TEST_F(DiffKinds, OptionValue) {
  EXPECT_THAT(
      one(timestamp(1, 2) + dss(1, 1001, 1000), [](Tcp& t) { t.options = timestamp(1, 2) + dss(1, 1001, 999); }),
      ElementsAre("value_changed option 30/dss c2s x1"));
}
TEST_F(DiffKinds, OptionKindChanged) {
  EXPECT_THAT(one(dss(1, 1001, 1000), [](Tcp& t) { t.options[0] = 253; }),
              ElementsAre("removed option 30/dss c2s x1", "added option 253 c2s x1"));
}
TEST_F(DiffKinds, OptionPadding) {
  EXPECT_THAT(
      one({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, [](Tcp& t) { t.options = {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1}; }),
      ElementsAre("value_changed option padding c2s x1"));
}

TEST(DiffSyn, MssAndWindowScale) {
  Scene s;
  Tcp before = s.c2s(-1, {}, {2, 4, 5, 180, 3, 3, 7, 1}), behind = before;
  before.flags = behind.flags = kSyn;
  behind.options = {2, 4, 5, 100, 3, 3, 6, 1};
  s.before_and_behind(Way::c2s, {before}, {behind});
  const Diff d = s.diff();
  EXPECT_THAT(kinds(d), ElementsAre("mss_clamped option 2 c2s x1", "wscale_changed option 3 c2s x1"));
  EXPECT_EQ(d.differences[0].cls, "syn");
}

TEST(DiffSyn, Blocked) {
  Scene s;
  Tcp syn = s.c2s(-1);
  syn.flags = kSyn;
  for (int i = 0; i < 3; ++i) {
    s.before_and_behind(Way::c2s, {syn}, {});
    s.wait(std::chrono::seconds(1));
  }
  s.raw(true, true, Raw{0x45, 0,  0,   32, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1,
                        198,  51, 100, 1,  1, 2, 3, 4, 0,  12, 0, 0, 9,   9, 9, 9});
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1", "dropped c2s x1", "dropped c2s x1"));
}

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

}  // namespace
}  // namespace gauntlet::test
