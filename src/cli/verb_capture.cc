#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/control.hh"
#include "cli/options.hh"
#include "cli/verb.hh"
#include "io/capture_session.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

const Command kCommand{
    "gauntlet capture [OPTIONS] NODE:IFACE:PID...",
    "captures several interfaces, each in the network namespace of a process, into one pcapng file each",
    {{"dir", "DIR", ".", "where the folder of each run is made"},
     {"run", "NAME", "capture", "name of the only run (without --control)"},
     {"control", "", "", "take commands on standard input: run NAME, stop"},
     {"ring", "BYTES", "", "memory per interface (default: 16 MiB, with --control 4 MiB)"}},
    "NODE:IFACE:PID",
    "IFACE alone is an interface of this network namespace. Without --control it captures until SIGINT or SIGTERM and "
    "prints\n"
    "its report as one JSON line; SIGUSR1 prints the report so far.\n\n"
    "  gauntlet capture --dir out eth0"};

// Offloaded interfaces of the world outside show super-frames of 64 KiB; the lab's have offloads off and want little
// memory.
CaptureRing::Options ring_of(const Options& given) {
  CaptureRing::Options o;
  if (!given.flag("control")) o.block = 128 << 10;
  uint64_t bytes = given.flag("control") ? 4 << 20 : 16 << 20;
  if (given.given("ring")) bytes = given.number("ring", 1 << 19, 1ull << 30);
  o.blocks = static_cast<unsigned>(std::max<uint64_t>(4, bytes / o.block));
  return o;
}

}  // namespace

int verb_capture(Arguments arguments) {
  const auto options = parse_options(kCommand, arguments);
  if (!options) return kExitOk;
  if (options->words().empty()) throw UsageError("name at least one interface: NODE:IFACE:PID or IFACE");
  std::vector<CapturePoint> points;
  for (const std::string& w : options->words()) points.push_back(parse_capture_point(w));

  Signals signals{SIGTERM, SIGINT, SIGUSR1};
  CaptureSession session(points, options->text("dir"), ring_of(*options));
  EventLoop loop;
  session.watch(loop);
  const auto finish = [&]() -> Json {
    auto last = session.end();
    return last ? *last : Json{{"event", "stopped"}};
  };
  bool ended = false;
  loop.watch(signals.fd(), EventLoop::Ready::read, [&] {
    const int number = signals.next();
    if (number == SIGUSR1)
      print_line(session.report());
    else if (number != 0)
      ended = true;
    return true;
  });
  if (options->flag("control")) {
    Control control(
        loop,
        [&](const Control::Words& words) -> Json {
          if (words.size() != 2 || words[0] != "run") throw UsageError("say: run NAME, or stop");
          auto before = session.end();
          session.begin(words[1]);
          return before ? *before : Json{{"event", "started"}};
        },
        finish);
    print_line({{"event", "ready"}});
    while (!control.stopped() && !ended) loop.step(std::nullopt);
    if (ended) control.stop();
    return kExitOk;
  }
  session.end();
  session.begin(options->text("run"));
  while (!ended) loop.step(std::nullopt);
  const Json report = finish();
  print_line(report);
  for (const Json& i : report["interfaces"]) {
    if (i["dropped"] != 0) throw EnvironmentError("the capture lost frames: give more memory with --ring BYTES");
  }
  return kExitOk;
}

}  // namespace gauntlet
