// A flow aligned piece by piece says what the same flow says when it is aligned whole, whatever happened to it; mapped
// captures say what copied ones say.
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "judge/stream_map.hh"
#include "scene.hh"
#include "util/rng.hh"

namespace gauntlet::test {
namespace {

// Each record with its frames, sorted: what is found first depends on the pieces.
std::vector<std::string> records(const Diff& diff) {
  std::vector<std::string> lines;
  for (const Difference& d : diff.differences) lines.push_back(to_json(d).dump());
  std::sort(lines.begin(), lines.end());
  return lines;
}

DiffOptions in_pieces(uint32_t piece) {
  DiffOptions how;
  how.piece = piece;
  return how;
}

// Segments in bursts of six, as a box may leave them: lost and sent again, doubled, overtaken, edited, cut, joined.
class Storm {
 public:
  Storm(uint64_t seed, Scene& scene) : rng_(seed), scene_(scene) {}

  void run(int bursts) {
    scene_.handshake();
    for (int k = 0; k < bursts; ++k) {
      std::vector<Tcp> before;
      for (int i = 0; i < 6; ++i) before.push_back(fresh());
      if (lost_ && rng_.chance(0.7)) {
        before.push_back(*lost_);
        lost_.reset();
      }
      scene_.before_and_behind(Way::c2s, before, behind(before));
      for (int i = 0; i < 3; ++i) scene_.both(Way::s2c, scene_.s2c(0, {}, timestamp(tick_++, 1)));
    }
    scene_.close(offset_, 0);
  }

 private:
  Tcp fresh() {
    const size_t size = 200 + rng_.below(300);
    Tcp t = scene_.c2s(offset_, coded(static_cast<uint64_t>(offset_), size), timestamp(tick_++, 1));
    t.id = ++id_;
    offset_ += static_cast<int64_t>(size);
    return t;
  }
  std::vector<Tcp> behind(const std::vector<Tcp>& before) {
    std::vector<Tcp> after;
    for (Tcp t : before) {
      const uint64_t what = rng_.below(40);
      if (what == 0 && !lost_) {
        lost_ = t;
        lost_->id = ++id_;
        continue;
      }
      if (what == 1) t.payload[t.payload.size() / 2] ^= 0x20;
      if (what == 2) t.window = 77;
      if (what == 3) {  // cut in two
        Tcp rest = t;
        const auto half = static_cast<std::ptrdiff_t>(t.payload.size() / 2);
        rest.payload.erase(rest.payload.begin(), rest.payload.begin() + half);
        rest.seq += static_cast<uint32_t>(half);
        t.payload.resize(static_cast<size_t>(half));
        after.push_back(t);
        t = rest;
      }
      after.push_back(t);
      if (what == 4) after.push_back(t);
      if (what == 5 && after.size() > 1) std::swap(after[after.size() - 1], after[after.size() - 2]);
    }
    return after;
  }

  Rng rng_;
  Scene& scene_;
  int64_t offset_ = 0;
  uint32_t tick_ = 1;
  uint16_t id_ = 0;
  std::optional<Tcp> lost_;
};

TEST(Pieces, SayWhatTheWholeSays) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Scene s;
    Storm(seed, s).run(120);
    const Trace client = s.client_trace(), server = s.server_trace();
    const Diff whole = diff_traces(client, server);
    ASSERT_GT(whole.differences.size(), 30u) << "the storm did nothing";
    for (const uint32_t piece : {96u, 200u, 500u}) {
      const Diff pieces = diff_traces(client, server, in_pieces(piece));
      EXPECT_EQ(records(pieces), records(whole)) << "seed " << seed << ", pieces of " << piece;
      EXPECT_EQ(pieces.compared, whole.compared);
    }
  }
}

// Every second segment overtakes the one before it, or every segment comes twice: no piece may end between two that
// belong together, and none may forget what came just before it.
TEST(Pieces, EndBetweenWhatBelongsTogetherNowhere) {
  Scene swapped, doubled;
  for (Scene* s : {&swapped, &doubled}) s->handshake();
  for (int i = 0; i < 200; i += 2) {
    const Tcp a = swapped.c2s(i * 10, coded(static_cast<uint64_t>(i) * 10, 10)),
              b = swapped.c2s(i * 10 + 10, coded(static_cast<uint64_t>(i) * 10 + 10, 10));
    swapped.before_and_behind(Way::c2s, {a, b}, {b, a});
    doubled.before_and_behind(Way::c2s, {a, b}, {a, a, b, b});
  }
  for (uint32_t piece = 8; piece <= 19; ++piece) {
    const Diff s = diff_traces(swapped.client_trace(), swapped.server_trace(), in_pieces(piece));
    EXPECT_THAT(kinds(s), ::testing::AllOf(::testing::SizeIs(100), ::testing::Each("reordered c2s x1"))) << piece;
    const Diff d = diff_traces(doubled.client_trace(), doubled.server_trace(), in_pieces(piece));
    EXPECT_THAT(kinds(d), ::testing::AllOf(::testing::SizeIs(200), ::testing::Each("duplicated c2s x1"))) << piece;
  }
}

// A segment a tick; `fates` says how many ticks after it was sent each arrives, every copy; none: it is lost.
void scatter(Scene& s, int segments, const std::function<std::vector<int>(int)>& fates) {
  constexpr int kFarthest = 8;
  s.handshake();
  std::map<int, std::vector<Tcp>> arriving;
  for (int i = 0; i < segments + kFarthest; ++i) {
    std::vector<Tcp> sent;
    if (i < segments) {
      sent.push_back(s.c2s(i * 10, coded(static_cast<uint64_t>(i) * 10, 10)));
      for (const int later : fates(i)) arriving[i + later].push_back(sent[0]);
    }
    s.before_and_behind(Way::c2s, sent, arriving[i]);
  }
  s.close(segments * 10, 0);
}

// What comes late is looked for behind the last that arrived: no piece may end there and call it dropped.
TEST(Pieces, WaitForWhatIsLate) {
  Scene s;
  scatter(s, 300, [](int i) { return std::vector{i % 5 == 0 ? 3 : 0}; });
  for (uint32_t piece = 16; piece <= 40; ++piece)
    EXPECT_THAT(kinds(diff_traces(s.client_trace(), s.server_trace(), in_pieces(piece))),
                ::testing::AllOf(::testing::SizeIs(60), ::testing::Each("reordered c2s x1")))
        << piece;
}

// A copy may come in the piece after the one of its original.
TEST(Pieces, RememberWhatArrivedBefore) {
  Scene s;
  scatter(s, 300, [](int i) { return i % 2 == 0 ? std::vector{0, 3} : std::vector{0}; });
  for (uint32_t piece = 16; piece <= 40; ++piece)
    EXPECT_THAT(kinds(diff_traces(s.client_trace(), s.server_trace(), in_pieces(piece))),
                ::testing::AllOf(::testing::SizeIs(150), ::testing::Each("duplicated c2s x1")))
        << piece;
}

// Copies behind the box move the two sides' places against each other: a piece that has room for the earlier of two
// swapped segments before the box, and for both behind it, must not end between them.
TEST(Pieces, EndInNoGroupThatIsOpenBehindTheBox) {
  Scene s;
  scatter(s, 300, [](int i) { return std::vector<int>(i % 7 == 3 ? 2 : 1, i % 2 == 0 ? 2 : 0); });
  const auto found = [&](const DiffOptions& how) {
    auto all = kinds(diff_traces(s.client_trace(), s.server_trace(), how));
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto whole = found({});
  ASSERT_GT(whole.size(), 150u);
  for (uint32_t piece = 8; piece <= 40; ++piece) EXPECT_EQ(found(in_pieces(piece)), whole) << piece;
}

// Two segments with an acknowledgement between them are made one: behind the box the group is complete while one of it
// is still to come before.
TEST(Pieces, EndInNoGroupThatIsOpenBeforeTheBox) {
  Scene s;
  s.handshake();
  for (int i = 0; i < 100; ++i) {
    const int64_t at = i * 20;
    const Tcp a = s.c2s(at, coded(static_cast<uint64_t>(at), 10)),
              b = s.c2s(at + 10, coded(static_cast<uint64_t>(at) + 10, 10)),
              both = s.c2s(at, coded(static_cast<uint64_t>(at), 20)),
              ack = s.c2s(at + 10, {}, timestamp(static_cast<uint32_t>(i), 1));
    s.before_and_behind(Way::c2s, {a, ack, b}, {both, ack});
  }
  s.close(2000, 0);
  for (uint32_t piece = 8; piece <= 40; ++piece)
    EXPECT_THAT(kinds(diff_traces(s.client_trace(), s.server_trace(), in_pieces(piece))),
                ::testing::AllOf(::testing::SizeIs(100), ::testing::Each("merged c2s x1")))
        << piece;
}

// More in flight than a piece holds: it grows rather than call what is under way dropped.
TEST(Pieces, GrowWithWhatIsInFlight) {
  Scene s;
  s.handshake();
  std::vector<Tcp> all;
  for (int i = 0; i < 300; ++i) all.push_back(s.c2s(i * 10, coded(static_cast<uint64_t>(i) * 10, 10)));
  for (const Tcp& t : all) s.before_and_behind(Way::c2s, {t}, {});
  s.wait(std::chrono::milliseconds(40));
  std::vector<Tcp> none;
  s.before_and_behind(Way::c2s, none, all);
  EXPECT_THAT(kinds(diff_traces(s.client_trace(), s.server_trace(), in_pieces(16))), ::testing::IsEmpty());
}

TEST(Pieces, OneSideEndsEarly) {
  Scene s;
  s.handshake();
  for (int i = 0; i < 100; ++i) s.both(Way::c2s, s.c2s(i * 10, coded(static_cast<uint64_t>(i) * 10, 10)));
  for (int i = 100; i < 300; ++i) {
    s.before_and_behind(Way::c2s, {s.c2s(i * 10, coded(static_cast<uint64_t>(i) * 10, 10))}, {});
    s.wait(std::chrono::milliseconds(1));
  }
  const Diff d = diff_traces(s.client_trace(), s.server_trace(), in_pieces(16));
  EXPECT_EQ(std::count_if(d.differences.begin(), d.differences.end(),
                          [](const Difference& x) { return x.kind == "dropped"; }) +
                static_cast<std::ptrdiff_t>(d.edges),
            200);
}

// Of every two blocks one has its bytes one place further on: an edit of the stream at each border, too far apart to be
// one change. What is looked at stays a small multiple of the stream.
TEST(StreamMap, ManyEditsCostNoMoreThanTheirStream) {
  constexpr size_t kBlocks = 100, kBlock = 6000, kSize = 1000;
  Rng bytes(5);
  Raw before, behind;
  for (size_t k = 0; k < kBlocks; ++k) {
    Raw block(kBlock);
    for (uint8_t& b : block) b = static_cast<uint8_t>(bytes.below(256));
    before = before + block;
    if (k % 2 == 1) std::rotate(block.begin(), block.begin() + 1, block.end());
    behind = behind + block;
  }
  Scene s;
  s.handshake();
  for (size_t at = 0; at < before.size(); at += kSize) {
    const auto cut = [&](const Raw& all) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
      return s.c2s(static_cast<int64_t>(at), Raw(from, from + kSize));
    };
    s.before_and_behind(Way::c2s, {cut(before)}, {cut(behind)});
  }
  const Trace c = s.client_trace(), v = s.server_trace();
  const FlowSet a = flows_of(c), b = flows_of(v);
  SegmentBytes u(c, a.flows[0].half(Way::c2s)), d(v, b.flows[0].half(Way::c2s));
  uint64_t work = 0;
  EXPECT_GE(map_streams(u, d, {}, {}, &work).edits().size(), kBlocks - 1);
  EXPECT_GE(work, before.size());
  EXPECT_LE(work, 20 * before.size());
}

// A capture too large to copy, read through its mapping: the same frames, the same differences.
TEST(MappedTrace, SaysWhatTheCopySays) {
  Scene s;
  Storm(3, s).run(40);
  Folder folder;
  write_capture(folder.path("c.pcapng"), s.client);
  write_capture(folder.path("s.pcapng"), s.server);
  const auto diff = [&](const TraceLimits& limits) {
    const Trace c = Trace::read({folder.path("c.pcapng")}, limits), v = Trace::read({folder.path("s.pcapng")}, limits);
    EXPECT_EQ(c.damage() + v.damage(), "");
    EXPECT_EQ(c.frames().size(), s.client.size());
    c.passed(1u << 20);  // pages go and come back
    return records(diff_traces(c, v));
  };
  const auto copied = diff({});
  EXPECT_FALSE(copied.empty());
  EXPECT_EQ(diff({.bytes = 0}), copied);
  EXPECT_EQ(diff({.bytes = 5000}), copied);  // some copied, the rest mapped
}

TEST(MappedTrace, FramesPastTheLimitAreDamageWithTheirNumber) {
  Scene s;
  s.handshake();
  Folder folder;
  write_capture(folder.path("c.pcapng"), s.client);
  const Trace t = Trace::read({folder.path("c.pcapng")}, {.frames = 2});
  EXPECT_EQ(t.frames().size(), 2u);
  EXPECT_THAT(t.damage(), ::testing::HasSubstr("frame 3: more than the judge keeps (2 frames)"));
}

TEST(MappedTrace, APipeThatIsTooLargeIsRefusedByName) {
  Scene s;
  s.handshake();
  Folder folder;
  write_capture(folder.path("c.pcapng"), s.client);
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) ::execlp("cp", "cp", folder.path("c.pcapng").c_str(), pipe.c_str(), nullptr), ::_exit(1);
  const Trace t = Trace::read({pipe}, {.bytes = 100});
  EXPECT_EQ(t.frames().size(), 2u);  // what was copied is kept
  EXPECT_THAT(t.damage(), ::testing::HasSubstr("pipe: a pipe can be read only once"));
  EXPECT_EQ(::waitpid(writer, nullptr, 0), writer);
}

}  // namespace
}  // namespace gauntlet::test
