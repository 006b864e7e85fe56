#include "io/endpoint_command.hh"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/clock.hh"
#include "io/command_files.hh"
#include "io/endpoint_linger.hh"
#include "io/endpoint_schedule.hh"
#include "io/endpoint_socket.hh"
#include "io/endpoint_state.hh"
#include "io/mptcp_events.hh"
#include "io/process_tree.hh"
#include "io/socket_list.hh"
#include "util/error.hh"
#include "util/event_loop.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
constexpr Duration kGrace = milliseconds(1000);  // to end by itself, once the other end has; then again after SIGTERM
constexpr Duration kLook = milliseconds(5);      // how often a listening socket is looked for, and limits

std::vector<std::string> values_of(const EndpointPlan& p) {
  const auto ms = std::chrono::duration_cast<milliseconds>(p.limit).count();
  const bool v6 = parse_address(p.server ? p.bind : p.to, p.port).family() == AF_INET6;
  return {fmt::format("role={}", p.server ? "server" : "client"),
          fmt::format("proto={}", p.mptcp ? "mptcp" : "tcp"),
          fmt::format("family={}", v6 ? "ipv6" : "ipv4"),
          fmt::format("address={}", p.server ? p.bind : p.to),
          fmt::format("port={}", p.port),
          fmt::format("bind={}", p.bind),
          fmt::format("run={}", p.run),
          fmt::format("send_file={}", send_file(p)),
          fmt::format("send_bytes={}", stream_sent(p).size),
          fmt::format("received_file={}", p.received),
          fmt::format("receive_bytes={}", stream_expected(p).size),
          fmt::format("subflows={}", p.subflows),
          fmt::format("load={}", name_of(p.load)),
          fmt::format("write={}", write_size(p)),
          fmt::format("limit_ms={}", ms)};
}

std::vector<std::string> environment_of(std::vector<std::string> values) {
  for (std::string& v : values) {
    const auto end = v.begin() + static_cast<std::ptrdiff_t>(v.find('='));
    std::transform(v.begin(), end, v.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    v.insert(0, "GAUNTLET_");
  }
  return values;
}

class CommandRun {
 public:
  CommandRun(const EndpointPlan& plan, const EndpointCommand& command, const std::function<void(uint16_t)>& listening)
      : plan_(plan),
        listening_(listening),
        arguments_(fill_command(command.arguments, values_of(plan))),
        signals_{SIGTERM, SIGINT},
        before_(read_counters()),
        began_(monotonic_now()),
        limit_(plan.limit + (plan.server ? milliseconds(2000) : milliseconds(0))),
        tree_(arguments_, environment_of(values_of(plan)), command.directory),
        ready_(!plan.server) {
    loop_.watch(signals_.fd(), EventLoop::Ready::read, [this] {
      const int number = signals_.next();
      if (number != 0) give_up(EINTR, fmt::format("ended by signal {}", number));
      return number != 0;
    });
    loop_.watch(
        tree_.pidfd(), EventLoop::Ready::read, [this] { return exited_ = true; }, [this] { return !exited_; });
    loop_.watch(tree_.out().get(), EventLoop::Ready::read, [this] { return listen_to(); });
    if (command.control)
      loop_.watch(
          STDIN_FILENO, EventLoop::Ready::read, [this] { return hear(); }, [this] { return !asked_; });
  }

  Json run() {
    while (!exited_ && error_.empty()) {
      loop_.step(kLook);
      look();
    }
    if (!error_.empty()) sockets_ = list_sockets(plan_.port);
    const Exit exit = tree_.end(exited_ ? Duration(0) : kGrace);
    while (tree_.out() && listen_to()) continue;
    judge(exit);
    return report();
  }

 private:
  // Its standard output: objects of JSON are heard, the rest is for people and goes where its errors go.
  bool listen_to() {
    std::array<char, 4096> piece;
    const ssize_t got = ::read(tree_.out().get(), piece.data(), piece.size());
    if (got <= 0) {
      loop_.forget(tree_.out().get());
      tree_.out().reset();
      return false;
    }
    text_.append(piece.data(), static_cast<size_t>(got));
    for (size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1)) {
      const std::string line = text_.substr(0, end);
      const Json said = said_in(line);
      if (said.is_null())
        fmt::print(stderr, "{}\n", line);
      else if (said.contains("report"))
        said_ = said;
      else if (said.contains("event") && said["event"] == "listening")
        be_ready();
    }
    return true;
  }

  bool hear() {
    std::array<char, 256> piece;
    if (::read(STDIN_FILENO, piece.data(), piece.size()) > 0) return true;
    asked_ = true;
    asked_at_ = monotonic_now();
    return true;
  }

  void be_ready() {
    if (ready_) return;
    ready_ = true;
    if (listening_) listening_(plan_.port);
  }

  void look() {
    if (exited_ || !error_.empty()) return;
    if (!ready_ && somebody_listens(plan_.port)) be_ready();
    const Duration now = monotonic_now();
    if (asked_ && !told_ && now - asked_at_ > kGrace) {
      told_ = true;
      tree_.ask_to_end();
    }
    if (asked_ && now - asked_at_ > 2 * kGrace) give_up(ETIMEDOUT, "did not end when it was asked to");
    if (now - began_ > limit_)
      give_up(ETIMEDOUT,
              fmt::format("not at its end within {} ms", std::chrono::duration_cast<milliseconds>(limit_).count()));
  }

  void give_up(int number, const std::string& why) {
    if (!error_.empty()) return;
    error_ = why;
    number_ = number;
  }

  void judge(Exit exit) {
    const std::string& program = arguments_[0];
    const bool refused = exit.signal == 0 && (exit.code == 2 || exit.code == 3 || exit.code == 126 || exit.code == 127);
    if (refused)
      throw EnvironmentError(
          fmt::format("{}: {}: it cannot run here; see what it said, and docs/endpoint.md", program, to_text(exit)));
    if (!ready_ && error_.empty())
      throw EnvironmentError(
          fmt::format("{}: {} before anything listened on port {}", program, to_text(exit), plan_.port));
    exit_ = exit;
    const bool as_told = told_ && exit.signal == SIGTERM;
    if (error_.empty() && !exit.ok() && !as_told) error_ = to_text(exit);
  }

  Json report() {
    EndpointState s;
    s.family = parse_address(plan_.server ? plan_.bind : plan_.to, plan_.port).family();
    s.port = plan_.port;
    s.phase = error_.empty() ? EndpointPhase::done : ready_ ? EndpointPhase::transfer : EndpointPhase::accept;
    s.result = error_.empty() ? "ok" : "failed";
    s.error = error_;
    s.error_number = number_;
    s.send_total = stream_sent(plan_).size;
    s.receive_total = stream_expected(plan_).size;
    s.elapsed = monotonic_now() - began_;
    const auto got = verify_file(stream_expected(plan_), plan_.received);
    s.eof = got && error_.empty();
    for (const Duration from = monotonic_now();
         !(s.sockets_gone = lingering_.left(plan_.port) == 0) && monotonic_now() - from < plan_.linger_limit;)
      std::this_thread::sleep_for(kLook);
    if (events_.listening()) s.events = Json::array();
    events_.collect(s.events, std::chrono::duration_cast<milliseconds>(s.elapsed).count());
    if (!error_.empty()) s.sockets["end"] = sockets_;
    if (!s.sockets_gone) s.sockets["left"] = list_sockets(plan_.port);
    s.before = before_;
    s.after = read_counters();
    Json r = report_of(plan_, s, got ? *got : PayloadVerifier(stream_expected(plan_).payload, s.receive_total));
    r["command"] = arguments_;
    r["exit"] = {{"code", exit_.code}, {"signal", exit_.signal}};
    if (!got) {
      for (const char* name : {"received", "wrong_bytes", "first_wrong", "eof"}) r[name] = nullptr;
      r["received_file"] = "";
    }
    for (const char* name : {"sent", "close", "longest_stall_ms", "stalled", "subflows_seen", "subflows_waited_ms",
                             "extra_connections", "congestion"})
      r[name] = nullptr;
    r["said"] = said_;
    return r;
  }

  const EndpointPlan plan_;
  const std::function<void(uint16_t)> listening_;
  const std::vector<std::string> arguments_;
  EventLoop loop_;
  Signals signals_;
  LingeringSockets lingering_;
  MptcpEvents events_;
  Counters before_;
  Duration began_, limit_, asked_at_{};
  ProcessTree tree_;
  std::string text_, error_;
  int number_ = 0;
  Json said_, sockets_;
  Exit exit_;
  bool ready_, exited_ = false, asked_ = false, told_ = false;
};

}  // namespace

Json run_endpoint_command(const EndpointPlan& plan, const EndpointCommand& command,
                          const std::function<void(uint16_t port)>& listening) {
  if (plan.port == 0) throw UsageError("--command wants a port of its own: --port 0 tells the program nothing");
  const std::string sent = send_file(plan);
  if (!sent.empty()) write_stream(stream_sent(plan), sent);
  return CommandRun(plan, command, listening).run();
}

}  // namespace gauntlet
