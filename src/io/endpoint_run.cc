#include "io/endpoint_run.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "io/endpoint_socket.hh"
#include "io/fast_open.hh"
#include "io/mptcp_info.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
constexpr Duration kLook = milliseconds(2);  // how often subflows, progress and limits are looked at
// As often as that when nothing has moved for a while: dozens of endpoints wait for a timer of the kernel at once.
constexpr Duration kRareLook = milliseconds(20), kStill = milliseconds(100);
// All is sent but not all received: the close waits as long as something moves, so that the last sample sees live
// subflows, and this long when nothing does (bytes may be missing for good at both ends, and neither may wait for the
// other).
constexpr Duration kQuiet = milliseconds(2000);

}  // namespace

EndpointRun::EndpointRun(const EndpointPlan& plan, std::function<void(uint16_t)> listening)
    : plan_(plan),
      listening_(std::move(listening)),
      schedule_(plan),
      actions_(plan.actions),
      verifier_(plan.server ? Payload{StreamDirection::c2s, plan.tag, plan.preface_up}
                            : Payload{StreamDirection::s2c, plan.tag},
                plan.server ? plan.up + plan.preface_up.size() : plan.down),
      mine_(plan.server ? Payload{StreamDirection::s2c, plan.tag}
                        : Payload{StreamDirection::c2s, plan.tag, plan.preface_up}),
      signals_{SIGTERM, SIGINT},
      buffer_(std::max<size_t>(65536, write_size(plan))) {
  state_.send_total = schedule_.total();
  state_.receive_total = plan.server ? plan.up + plan.preface_up.size() : plan.down;
  if (!plan.received.empty()) {
    file_ = Fd(check("create " + plan.received,
                     ::open(plan.received.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)));
  }
}

Json EndpointRun::run() {
  state_.before = read_counters();
  began_ = now();
  loop_.watch(signals_.fd(), EventLoop::Ready::read, [this] {
    const int signal = signals_.next();
    if (signal == 0) return false;
    finish_with("failed", EINTR, fmt::format("ended by signal {}", signal), "aborted");
    abort_ = true;
    return true;
  });
  if (events_.listening()) {
    state_.events = Json::array();
    loop_.watch(events_.fd(), EventLoop::Ready::read, [this] { return take_events(); });
  }
  plan_.server ? start_server() : start_client();
  while (!finished_) {
    loop_.step(until_next_look());
    look();
  }
  settle();
  return report_of(plan_, state_, verifier_);
}

Duration EndpointRun::until_next_look() const {
  if (!plan_.actions.empty()) return kLook;  // they have their time
  if (state_.phase == EndpointPhase::accept) return kRareLook;
  const bool moves = state_.phase == EndpointPhase::transfer || state_.phase == EndpointPhase::close;
  return moves && now() - progress_at_ > kStill ? kRareLook : kLook;
}

void EndpointRun::start_server() {
  state_.phase = EndpointPhase::accept;
  state_.family = parse_address(plan_.bind, plan_.port).family();
  if (plan_.cookie_port != 0) cookie_listener_ = cookie_listener(plan_.bind, plan_.cookie_port);
  listener_ = listen_socket(plan_);
  state_.port = port_of(listener_.get());
  // The listener stays open: an MP_JOIN arrives at it.
  loop_.watch(
      listener_.get(), EventLoop::Ready::read, [this] { return accepted(); }, [this] { return !connection_; });
  if (listening_) listening_(state_.port);
}

bool EndpointRun::accepted() {
  const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED || errno == EPROTO))
    return true;  // gone again
  connection_ = Fd(check("accept a connection", fd));
  began_ = now();
  watch_connection();
  transfer_begins();
  return true;
}

void EndpointRun::start_client() {
  state_.phase = EndpointPhase::connect;
  state_.port = plan_.port;
  if (plan_.cookie_port != 0) fetch_cookie(plan_.bind, plan_.to, plan_.cookie_port, std::chrono::seconds(5));
  const Address to = parse_address(plan_.to, plan_.port);
  state_.family = to.family();
  connection_ = open_socket(plan_, to.family());
  if (!plan_.bind.empty()) {
    const Address from = parse_address(plan_.bind, 0);
    check("bind to " + plan_.bind, ::bind(connection_.get(), from.get(), from.size));
  }
  if (::connect(connection_.get(), to.get(), to.size) < 0 && errno != EINPROGRESS) return lost(errno, "connect");
  loop_.watch(connection_.get(), EventLoop::Ready::write, [this] { return connected(); });
}

bool EndpointRun::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  check("read SO_ERROR", ::getsockopt(connection_.get(), SOL_SOCKET, SO_ERROR, &error, &size));
  if (error != 0) {
    lost(error, "connect");
    return true;
  }
  loop_.forget(connection_.get());
  watch_connection();
  transfer_begins();
  return true;
}

void EndpointRun::transfer_begins() {
  connected_at_ = progress_at_ = now();
  state_.phase = waits_for_subflows(plan_) ? EndpointPhase::subflows : EndpointPhase::transfer;
  sample("connected");
  if (!schedule_.ticks()) return;
  ticker_ = Fd(check("make a timer", ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)));
  const auto ns = std::max<int64_t>(1, plan_.tick.count());
  const itimerspec every{{ns / 1'000'000'000, ns % 1'000'000'000}, {0, 1}};
  check("start a timer", ::timerfd_settime(ticker_.get(), 0, &every, nullptr));
  loop_.watch(
      ticker_.get(), EventLoop::Ready::read,
      [this] {
        uint64_t ticks = 0;
        if (::read(ticker_.get(), &ticks, sizeof ticks) < 0) return false;
        schedule_.tick();
        return true;
      },
      [this] { return !schedule_.done(); });
}

void EndpointRun::look() {
  if (finished_) return;
  if (state_.phase == EndpointPhase::subflows) look_at_subflows();
  if (state_.phase == EndpointPhase::transfer) act();
  if (finished_) return;
  if (state_.phase == EndpointPhase::transfer || state_.phase == EndpointPhase::close) look_at_progress();
  if (!finished_ && (state_.phase == EndpointPhase::transfer || state_.phase == EndpointPhase::close)) look_at_end();
  const bool unlimited = state_.phase == EndpointPhase::accept && plan_.accept_for_ever;
  if (!finished_ && !unlimited && now() - began_ > plan_.limit) {
    finish_with(
        "failed", ETIMEDOUT,
        fmt::format("not at its end within {} ms", std::chrono::duration_cast<milliseconds>(plan_.limit).count()),
        "timeout");
    abort_ = true;
  }
}

void EndpointRun::look_at_subflows() {
  if (now() - subflows_at_ < kLook) return;
  subflows_at_ = now();
  const unsigned there = established_subflows(connection_.get());
  state_.subflows_seen = std::max(state_.subflows_seen, there);
  const Duration waited = now() - connected_at_;
  if (there < plan_.subflows && waited < plan_.subflow_wait && is_mptcp(connection_.get()) && !state_.eof &&
      send_error_ == 0)
    return;
  state_.subflows_waited = waited;
  state_.phase = EndpointPhase::transfer;
  progress_at_ = now();
  schedule_.open();
}

void EndpointRun::act() {
  const Duration before = now();
  const std::string own =
      actions_.step(schedule_.sent(), std::chrono::duration_cast<milliseconds>(before - began_).count());
  state_.actions = actions_.done();
  progress_at_ += now() - before;  // a tool that takes long is no stall
  if (own.empty()) return;
  sample("end");
  end_sampled_ = true;
  if (own == "close") {  // as a program does that ends: what comes from now on is for the kernel to see to
    loop_.forget(connection_.get());
    connection_.reset();
    return finish_with("failed", 0, "closed in mid-stream, as it was told to", "closed");
  }
  abort_connection();
  finish_with("failed", ECONNABORTED, "closed at once, as it was told to", "fastclose");
}

void EndpointRun::look_at_progress() {
  const uint64_t progress = acknowledged() + received() + (shut_ ? 1 : 0) + (state_.eof ? 1 : 0);
  const Duration idle = now() - progress_at_;
  state_.longest_stall = std::max(state_.longest_stall, idle);
  if (progress != progress_) {
    progress_ = progress;
    progress_at_ = now();
  } else if (idle > plan_.stall) {
    finish_with("stalled", ETIMEDOUT,
                fmt::format("no progress for {} ms", std::chrono::duration_cast<milliseconds>(idle).count()),
                "timeout");
    abort_ = true;
  }
  const uint64_t total = state_.send_total + state_.receive_total;
  if (!half_sampled_ && total > 0 && (acknowledged() + received()) * 2 >= total) {
    half_sampled_ = true;
    sample("half");
  }
}

void EndpointRun::look_at_end() {
  const bool sending_over = schedule_.done() || send_error_ != 0;
  if (sending_over && all_received() && !end_sampled_) {
    sample("end");
    end_sampled_ = true;
  }
  const bool my_turn = state_.eof || (!plan_.closes_last && all_received());
  if (sending_over && !shut_ && (my_turn || now() - progress_at_ > kQuiet)) {
    if (send_error_ == 0 && ::shutdown(connection_.get(), SHUT_WR) < 0) send_error_ = errno;
    shut_ = true;
  }
  if (shut_ && all_received()) state_.phase = EndpointPhase::close;
  if (!shut_ || !state_.eof) return;
  if (!all_received()) {
    finish_with("failed", send_error_,
                fmt::format("the stream ended {} bytes early", state_.receive_total - received()), "early_eof");
  } else if (send_error_ != 0) {
    finish_with("failed", send_error_, fmt::format("send: {}", std::strerror(send_error_)), "aborted");
  } else {
    state_.phase = EndpointPhase::done;
    finish_with("ok", 0, "", "clean");
  }
}

void EndpointRun::finish_with(const std::string& result, int error_number, const std::string& error,
                              const char* close) {
  if (finished_) return;
  finished_ = true;
  state_.result = result;
  state_.error_number = error_number;
  state_.error = error;
  state_.close = close;
  state_.sent = schedule_.sent();
  state_.elapsed = now() - began_;
}

Json run_endpoint(const EndpointPlan& plan, const std::function<void(uint16_t)>& listening) {
  return EndpointRun(plan, listening).run();
}

}  // namespace gauntlet
