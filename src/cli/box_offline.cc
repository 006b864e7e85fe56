// `gauntlet box SPEC... --read IN --write OUT`: a chain of boxes over a capture, in the capture's own time.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "capture/capture.hh"
#include "cli/box_run.hh"
#include "cli/control.hh"
#include "util/error.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

// What leaves the chain, with the time at which it does.
struct Writing : Emit {
  Writing(const std::string& path, const std::string& read) : file(path, "box over " + read, LinkType::raw) {}
  void send(Packet packet, Direction) override {
    file.frame(now, packet.bytes());
    ++written;
  }
  CaptureWriter file;
  Time now{};
  uint64_t written = 0;
};

ConstBytes source_of(ConstBytes packet) {
  const uint8_t version = packet.empty() ? 0 : packet[0] >> 4;
  if (version == 4 && packet.size() >= 20) return packet.subspan(12, 4);
  if (version == 6 && packet.size() >= 40) return packet.subspan(8, 16);
  return {};
}

void run_ticks(Chain& chain, Time until, Writing& out) {
  while (const auto due = chain.next_tick()) {
    if (*due > until) return;
    out.now = std::max(out.now, *due);
    chain.tick(out.now, out);
  }
}

}  // namespace

int run_box_offline(const BoxRun& run) {
  CaptureReader reader(run.read);
  Writing out(run.write, run.read);
  Chain chain(run.links, run.seed);
  uint64_t frames = 0, passed_by = 0;
  for (Frame frame; reader.next(frame); ++frames) {
    run_ticks(chain, frame.time, out);
    out.now = frame.time;
    const ConstBytes packet = frame.ip();
    if (!whole(layout_of(packet), packet)) {  // as the live adapter does: passes, counted
      ++passed_by;
      if (!packet.empty()) out.send(Packet(packet), Direction::to_server);
      continue;
    }
    const ConstBytes source = source_of(packet);
    const bool from_client =
        std::any_of(run.client.begin(), run.client.end(), [&](const Prefix& p) { return p.contains(source); });
    chain.packet(Packet(packet), from_client ? Direction::to_server : Direction::to_client, frame.time, out);
  }
  run_ticks(chain, Time::max(), out);
  chain.flush(out);
  out.file.close();
  print_line({{"report", "box"},
              {"mode", "offline"},
              {"frames", frames},
              {"passed_by", passed_by},
              {"written", out.written},
              {"boxes", chain.state()}});
  return kExitOk;
}

}  // namespace gauntlet
