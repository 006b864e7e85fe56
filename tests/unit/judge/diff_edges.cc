// What a capture does not hold: frames behind its end or its damage, bytes behind its snap length, a flow's beginning.
#include <gmock/gmock.h>

#include <filesystem>

#include "capture/capture.hh"
#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr bool kNone = false;

Raw datagram(uint8_t what) {
  return {0x45, 0,  0,   32, 0, what, 0, 0, 64, 17, 0, 0, 192, 0, 2,    1,
          198,  51, 100, 1,  1, 2,    3, 4, 0,  12, 0, 0, 9,   9, what, 9};
}

// One side of a scene as a file, `snap` bytes of each frame, and of the file all but `lost` bytes.
struct Side {
  size_t snap = SIZE_MAX;
  uintmax_t lost = 0;
};
Trace captured(const Folder& folder, const std::string& name, const std::vector<Stamped>& frames, Side side) {
  const std::string path = folder.path(name);
  {
    CaptureWriter writer(path, "test", LinkType::raw);
    for (const Stamped& f : frames) {
      const size_t n = std::min(side.snap, f.bytes.size());
      writer.frame(f.time, ConstBytes(f.bytes).first(n), static_cast<uint32_t>(f.bytes.size()));
    }
    writer.close();
  }
  if (side.lost > 0) std::filesystem::resize_file(path, std::filesystem::file_size(path) - side.lost);
  return Trace::read({path});
}
Diff diff(const Scene& s, Side client, Side server) {
  const Folder folder;
  const Trace a = captured(folder, "a.pcapng", s.client, client), b = captured(folder, "b.pcapng", s.server, server);
  EXPECT_EQ(a.damage().empty(), client.lost == 0) << a.damage();
  EXPECT_EQ(b.damage().empty(), server.lost == 0) << b.damage();
  return diff_traces(a, b);
}

// A clean transfer whose segments carry time stamps and mappings: 32 bytes of options and more.
Scene& stamped(Scene& s) {
  s.handshake(timestamp(1, 0), timestamp(2, 1), timestamp(3, 2));
  for (uint32_t k = 0; k < 6; ++k) {
    s.both(Way::c2s, s.c2s(k * 100, coded(k * 100, 100), timestamp(10 + k, 2) + dss(1 + k * 100, 1 + k * 100, 100)));
    Tcp ack = s.s2c(0, {}, timestamp(20 + k, 10 + k) + dss(1, 1, 0));
    ack.ack = 1101 + k * 100;
    s.both(Way::s2c, ack);
  }
  s.raw(true, true, datagram(1));
  return s;
}

TEST(DiffSnap, CutInsideTheOptionsOnOneSide) {
  for (const size_t snap : {40u, 42u, 54u, 60u, 70u, 76u, 100u}) {
    Scene s;
    const Diff d = diff(stamped(s), {.snap = snap}, {});
    EXPECT_THAT(kinds(d), IsEmpty()) << snap;
    EXPECT_EQ(d.compared, 16u) << snap;
    EXPECT_EQ(d.flows.size(), 1u) << snap;
    EXPECT_EQ(d.options_cut > 0, snap < 72) << snap;
  }
}

TEST(DiffSnap, CutOnBothSidesIsSaid) {
  Scene s;
  stamped(s);
  const Diff both = diff(s, {.snap = 60}, {.snap = 60}), other = diff(s, {.snap = 60}, {.snap = 96});
  EXPECT_THAT(kinds(both), IsEmpty());
  EXPECT_THAT(kinds(other), IsEmpty());
  EXPECT_EQ(both.options_cut, 12u);  // what carries more options than 20 bytes
  EXPECT_EQ(other.options_cut, 12u);
}

TEST(DiffSnap, WhatTheFixedHeaderSaysIsCompared) {
  Scene s;
  s.handshake();
  edited(s, 0, timestamp(1, 2) + dss(1, 1, 1000), [](Tcp& t) { t.window = 7; });
  edited(s, 1000, timestamp(1, 2), [](Tcp& t) { t.options = {}; });  // unknown: neither told nor denied
  s.close(2000, 0);
  EXPECT_THAT(kinds(diff(s, {.snap = 50}, {})), ElementsAre("window_changed window c2s x1"));
}

TEST(DiffSnap, TooShortToTellAFlowIsDamage) {
  Scene s;
  const Folder folder;
  const Trace t = captured(folder, "a.pcapng", stamped(s).client, {.snap = 30});
  EXPECT_THAT(t.damage(), HasSubstr("frame 1: cut too short"));
}

TEST(DiffSnap, DatagramsAreComparedAsFarAsBothHaveThem) {
  Scene s;
  s.raw(true, true, datagram(1));
  s.raw(true, kNone, datagram(2));
  s.wait(std::chrono::seconds(1));
  s.raw(true, true, datagram(3));
  EXPECT_THAT(kinds(diff(s, {.snap = 31}, {})), ElementsAre("dropped c2s x1"));
  EXPECT_THAT(kinds(diff(s, {}, {.snap = 31})), ElementsAre("dropped c2s x1"));
}

TEST(DiffEdges, DatagramsBehindTheDamageAndInFlight) {
  Scene s;
  s.handshake();
  for (uint8_t k = 0; k < 6; ++k) {
    s.both(Way::c2s, s.c2s(k * 100, coded(k * 100u, 100)));
    s.raw(true, true, datagram(k));
  }
  const Diff damaged = diff(s, {}, {.lost = 200});
  EXPECT_THAT(kinds(damaged), IsEmpty());
  EXPECT_GT(damaged.edges, 0u);
  s.raw(true, kNone, datagram(9));
  const Diff ended = s.diff();
  EXPECT_THAT(kinds(ended), IsEmpty());
  EXPECT_EQ(ended.edges, 1u);
  s.wait(milliseconds(5));
  s.raw(true, true, datagram(10));  // this one came after it, and arrived
  EXPECT_THAT(kinds(s.diff()), ElementsAre("dropped c2s x1"));
}

// An ICMP error answers a packet: the last frame of a capture, or the first that comes back, may be a box's doing.
TEST(DiffEdges, AnIcmpErrorIsNeverInFlight) {
  Scene s;
  s.handshake();
  Raw error{0x45, 0, 0, 56, 0, 7, 0, 0, 64, 1, 0, 0, 198, 51, 100, 1, 192, 0, 2, 1, 3, 1, 0, 0, 0, 0, 0, 0};
  error = error + s.c2s(0).bytes();
  error.resize(56);
  s.raw(true, kNone, error);
  EXPECT_THAT(kinds(s.diff()), ElementsAre("injected icmp error s2c x1"));
}

TEST(DiffEdges, BehindTheDamageWithoutACommonClock) {
  Scene s;
  s.handshake();
  for (uint32_t k = 0; k < 8; ++k) {
    s.both(Way::c2s, s.c2s(k * 100, coded(k * 100, 100)));
    Tcp ack = s.s2c(0);
    ack.ack = 1101 + k * 100;
    s.both(Way::s2c, ack);
    s.raw(true, true, datagram(static_cast<uint8_t>(k)));
    s.wait(milliseconds(100));
  }
  for (Stamped& f : s.server) f.time -= std::chrono::seconds(30);
  for (const Side client : {Side{}, Side{.lost = 400}}) {
    const Diff d = diff(s, client, client.lost ? Side{} : Side{.lost = 400});
    EXPECT_FALSE(d.shared_clock);
    EXPECT_THAT(kinds(d), IsEmpty());
    EXPECT_GT(d.edges, 0u);
  }
}

// The server's capture was stopped earlier: what the client goes on to send and to get tells nothing of the path.
Scene& stopped(Scene& s, bool answered) {
  s.handshake();
  for (uint32_t k = 0; k < 20; ++k) {
    s.wait(milliseconds(k == 10 ? 300 : 10));
    Tcp data = s.c2s(k * 100, coded(k * 100, 100)), ack = s.s2c(0);
    ack.ack = 1101 + k * 100;
    s.both(Way::c2s, data);
    if (answered || k < 10) s.both(Way::s2c, ack);
    s.raw(true, true, datagram(static_cast<uint8_t>(k)));
  }
  const Time end = s.client.front().time + milliseconds(300);
  std::erase_if(s.server, [&](const Stamped& f) { return f.time > end; });
  return s;
}

TEST(DiffEdges, ACaptureThatWasStoppedEarly) {
  Scene s;
  const Diff d = stopped(s, true).diff();
  EXPECT_THAT(kinds(d), IsEmpty());
  EXPECT_GE(d.edges, 20u);
  const Trace client = s.client_trace(), server = s.server_trace();
  DiffOptions together;
  together.ended_together = true;
  EXPECT_FALSE(diff_traces(client, server, together).differences.empty());
}

// Nothing comes back: that is what a box which swallows everything looks like.
TEST(DiffEdges, NothingArrivesAndNothingComesBack) {
  Scene s;
  EXPECT_THAT(kinds(stopped(s, false).diff()), ::testing::Contains("dropped c2s x1"));
}

}  // namespace
}  // namespace gauntlet::test
