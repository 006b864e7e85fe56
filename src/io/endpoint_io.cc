// The bytes of a run, what is sampled on the way, and how the socket ends.
#include <fmt/core.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "io/clock.hh"
#include "io/endpoint_run.hh"
#include "io/mptcp_info.hh"
#include "io/socket_list.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

void write_all(int fd, const uint8_t* bytes, size_t n, const std::string& path) {
  while (n > 0) {
    const ssize_t rc = ::write(fd, bytes, n);
    if (rc < 0 && errno == EINTR) continue;
    const auto done = static_cast<size_t>(check_size("write " + path, rc));
    bytes += done;
    n -= done;
  }
}

bool later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Duration EndpointRun::now() const { return monotonic_now(); }

void EndpointRun::watch_connection() {
  const int fd = connection_.get();
  loop_.watch(
      fd, EventLoop::Ready::read, [this] { return can_read(); }, [this] { return !state_.eof && !finished_; });
  loop_.watch(
      fd, EventLoop::Ready::write, [this] { return can_write(); },
      [this] { return send_error_ == 0 && !finished_ && !schedule_.done() && schedule_.next(received()) > 0; });
}

bool EndpointRun::can_read() {
  const ssize_t got = ::recv(connection_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (!later(errno)) lost(errno, "receive");
    return true;  // MPTCP may wake a reader for bytes that turn out to be duplicates
  }
  if (got == 0) {
    state_.eof = true;
    return true;
  }
  const auto bytes = std::span(buffer_).first(static_cast<size_t>(got));
  verifier_.take(bytes);
  if (file_) write_all(file_.get(), bytes.data(), bytes.size(), plan_.received);
  return true;
}

bool EndpointRun::can_write() {
  const size_t size = schedule_.next(received());
  if (size == 0 || finished_) return true;
  const auto bytes = std::span(buffer_).first(std::min(size, buffer_.size()));
  mine_.fill(schedule_.sent(), bytes);
  const ssize_t sent = ::send(connection_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0)
    schedule_.wrote(static_cast<size_t>(sent));
  else if (sent < 0 && errno == EPIPE)
    send_error_ = EPIPE;  // what the peer said before may still be read, or the reason
  else if (sent < 0 && !later(errno) && errno != EINPROGRESS)  // Fast Open: the SYN is on its way, without the bytes
    lost(errno, "send");
  return true;
}

void EndpointRun::lost(int error_number, const char* attempt) {
  finish_with("failed", error_number, fmt::format("{}: {}", attempt, std::strerror(error_number)),
              error_number == ECONNRESET ? "reset" : "aborted");
}

void EndpointRun::sample(const char* at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now() - began_).count();
  state_.samples.push_back(sample_socket(connection_.get(), at, ms));
  state_.subflows_seen = std::max(state_.subflows_seen, established_subflows(connection_.get()));
}

uint64_t EndpointRun::acknowledged() const {
  int queued = 0;
  if (::ioctl(connection_.get(), SIOCOUTQ, &queued) < 0 || queued < 0) return schedule_.sent();
  return schedule_.sent() - std::min(schedule_.sent(), static_cast<uint64_t>(queued));
}

void EndpointRun::settle() {
  if (state_.result != "ok") state_.sockets["end"] = list_sockets(state_.port);
  if (connection_ && connected_at_.count() != 0 && !end_sampled_) sample("end");
  if (abort_) {
    // The end was our decision: the counters tell of the connection up to here, not of how we got rid of it.
    state_.after = read_counters();
    abort_connection();
  }
  while (listener_) {
    const Fd extra(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!extra) break;
    ++state_.extra_connections;
  }
  connection_.reset();
  listener_.reset();
  cookie_listener_.reset();
  wait_until_gone(plan_.linger_limit);
  if (!abort_) state_.after = read_counters();
  if (!state_.sockets_gone) state_.sockets["left"] = list_sockets(state_.port);
  take_events();
}

bool EndpointRun::take_events() {
  const size_t before = state_.events.size();
  events_.collect(state_.events, std::chrono::duration_cast<std::chrono::milliseconds>(now() - began_).count());
  return state_.events.size() > before;
}

// A connect to "no address" resets the connection: RST, for MPTCP with MP_FASTCLOSE. Nothing is left to retransmit.
void EndpointRun::abort_connection() {
  if (!connection_) return;
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ::connect(connection_.get(), &nowhere, sizeof nowhere);
}

void EndpointRun::wait_until_gone(Duration limit) {
  const Duration from = now();
  while (!(state_.sockets_gone = lingering_.left(state_.port) == 0) && now() - from < limit) {
    EventLoop only_signals;
    bool stop = false;
    only_signals.watch(signals_.fd(), EventLoop::Ready::read, [&] { return stop = signals_.next() != 0; });
    only_signals.step(std::chrono::milliseconds(5));
    if (stop) return;
  }
}

}  // namespace gauntlet
