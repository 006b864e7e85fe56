// Thirty faults planted in the folder of a cell that passes: each turns the verdict away from pass. Seeded, so that a
// failure can be repeated; the fault's kind and place are in its message.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cell.hh"
#include "util/rng.hh"

namespace gauntlet::test {
namespace {

constexpr const char* kCuts[] = {"c-p1", "p1r2-c", "p1r2-s", "s-c"};
constexpr const char* kRuns[] = {"baseline", "tcp", "mptcp"};

std::vector<Stamped> frames_of(const std::string& path) {
  std::vector<Stamped> out;
  const Trace t = Trace::read({path});
  for (const TracedFrame& f : t.frames()) out.push_back({f.time, {f.ip.begin(), f.ip.end()}});
  return out;
}

// Plants one fault in a written cell; says what it did.
std::string plant(CellFolder& cell, int kind, Rng& rng) {
  const std::string run = kRuns[rng.below(3)], cut = kCuts[rng.below(4)], capture = run + "/" + cut + ".pcapng";
  auto frames = frames_of(cell.path(capture));
  const size_t at = rng.below(frames.size());
  switch (kind) {
    case 0: {  // one flipped bit, anywhere in a packet
      const size_t byte = rng.below(frames[at].bytes.size());
      frames[at].bytes[byte] ^= static_cast<uint8_t>(1u << rng.below(8));
      write_capture(cell.path(capture), frames);
      return "bit " + capture + " frame " + std::to_string(at + 1) + " byte " + std::to_string(byte);
    }
    case 1:  // one lost frame
      frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at));
      write_capture(cell.path(capture), frames);
      return "frame " + capture + " " + std::to_string(at + 1);
    case 2:  // one frame twice
      frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at), frames[at]);
      write_capture(cell.path(capture), frames);
      return "doubled " + capture + " " + std::to_string(at + 1);
    case 3: {  // two sides exchanged
      const size_t a = rng.below(3);
      const std::string x = cell.path(run + "/" + kCuts[a] + ".pcapng"),
                        y = cell.path(run + "/" + kCuts[a + 1] + ".pcapng");
      const auto fx = frames_of(x), fy = frames_of(y);
      write_capture(x, fy);
      write_capture(y, fx);
      return "exchanged " + run + " " + kCuts[a];
    }
    case 4:  // a missing interface
      std::filesystem::remove(cell.path(capture));
      return "missing " + capture;
    case 5: {  // a wrong counter of the queue
      static constexpr const char* kNames[] = {"overrun",       "queue_dropped", "user_dropped",
                                               "inject_failed", "refused",       "oversize"};
      Json report = cell.boxes.at(run);
      report["adapter"][kNames[rng.below(6)]] = 1 + rng.below(9);
      std::ofstream(cell.path(run + "/box-path1.r2.json")) << report.dump();
      return "queue " + run + " " + report["adapter"].dump();
    }
    case 6: {  // one flipped byte in what an application got
      const bool up = rng.chance(0.5);
      const std::string file =
          cell.path((run == "tcp" ? std::string("mptcp") : run) + (up ? "/server.received" : "/client.received"));
      std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
      const auto place = static_cast<std::streamoff>(rng.below(std::filesystem::file_size(file)));
      f.seekg(place);
      const char c = static_cast<char>(f.get() ^ 0x10);
      f.seekp(place);
      f.put(c);
      return "byte " + file + " " + std::to_string(place);
    }
    case 7: {  // an endpoint that says it failed
      Json report = cell.client.at("mptcp");
      report["result"] = "failed";
      report["close"] = "reset";
      std::ofstream(cell.path("mptcp/client.json")) << report.dump();
      return "client failed";
    }
    case 8: {  // the capture report and the file disagree, or it reports loss
      Json report = cell.capture.at(run);
      report["interfaces"][rng.below(4)][rng.chance(0.5) ? "frames" : "dropped"] = 1;
      std::ofstream(cell.path(run + "/capture.json")) << report.dump();
      return "capture report " + run;
    }
    default: {  // a file cut short
      static constexpr const char* kFiles[] = {"client.json", "server.json", "capture.json", "box-path1.r2.json",
                                               "s-c.pcapng"};
      const std::string file = cell.path(run + "/" + kFiles[rng.below(5)]);
      std::filesystem::resize_file(file, rng.below(std::filesystem::file_size(file) - 2));
      return "cut " + file;
    }
  }
}

TEST(Mutation, EveryPlantedFaultIsSeen) {
  Rng rng(20261120);
  for (int i = 0; i < 50; ++i) {
    CellFolder cell(4000, 2000);
    cell.write();
    const std::string what = plant(cell, i % 10, rng);
    const Verdict v = cell.judge();
    EXPECT_NE(v.level, Level::pass) << what << "\n" << story(v);
  }
}

// Hostile captures: whatever stands there, a verdict comes back.
TEST(Mutation, NoiseNeverThrows) {
  Rng rng(7);
  for (int i = 0; i < 15; ++i) {
    CellFolder cell(3000, 1000);
    cell.write();
    for (const char* cut : kCuts) {
      auto frames = frames_of(cell.path(std::string("mptcp/") + cut + ".pcapng"));
      for (int k = 0; k < 40; ++k) {
        Raw& b = frames[rng.below(frames.size())].bytes;
        b[rng.below(b.size())] = static_cast<uint8_t>(rng.next());
      }
      write_capture(cell.path(std::string("mptcp/") + cut + ".pcapng"), frames);
    }
    EXPECT_EQ(cell.judge().level, Level::error);
  }
}

}  // namespace
}  // namespace gauntlet::test
