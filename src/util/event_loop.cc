#include "util/event_loop.hh"

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "util/error.hh"

namespace gauntlet {

void EventLoop::watch(int fd, Ready ready, Callback callback, std::function<bool()> interested) {
  rules_.push_back(std::make_unique<Rule>(Rule{fd, ready, std::move(callback), std::move(interested)}));
}

void EventLoop::forget(int fd) {
  for (auto& r : rules_) r->gone = r->gone || r->fd == fd;
}

bool EventLoop::step(std::optional<Duration> limit) {
  std::erase_if(rules_, [](const auto& r) { return r->gone; });
  std::vector<pollfd> polled;
  std::vector<Rule*> asked;  // rules live behind pointers: a callback may add some
  for (const auto& r : rules_) {
    if (r->interested && !r->interested()) continue;
    polled.push_back({r->fd, static_cast<short>(r->ready == Ready::read ? POLLIN : POLLOUT), 0});
    asked.push_back(r.get());
  }
  timespec t{};
  if (limit) {
    const auto ns = std::max<int64_t>(0, limit->count());
    t = {ns / 1'000'000'000, ns % 1'000'000'000};
  }
  const int rc = ::ppoll(polled.data(), polled.size(), limit ? &t : nullptr, nullptr);
  if (rc < 0 && errno == EINTR) return true;
  if (check("poll", rc) == 0) return false;
  for (size_t i = 0; i < polled.size(); ++i) {
    Rule& r = *asked[i];
    if (polled[i].revents == 0 || r.gone) continue;
    if (polled[i].revents & POLLNVAL) throw EnvironmentError(fmt::format("poll: descriptor {} is not open", r.fd));
    r.idle = r.callback() ? 0 : r.idle + 1;
    if (r.idle >= 64)
      throw EnvironmentError(fmt::format("busy wait: descriptor {} is ready and nobody reads it", r.fd));
  }
  return true;
}

Signals::Signals(std::initializer_list<int> numbers) {
  sigset_t all, mine, before;
  ::sigemptyset(&all);
  ::sigemptyset(&mine);
  for (const int n : numbers) ::sigaddset(&all, n);
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  for (const int n : numbers) {
    if (::sigismember(&before, n) == 1) continue;
    ::sigaddset(&mine, n);
    blocked_.push_back(n);
  }
  fd_ = Fd(check("open a signalfd", ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)));
  ::sigprocmask(SIG_BLOCK, &mine, nullptr);
}

Signals::~Signals() {
  sigset_t mine;
  ::sigemptyset(&mine);
  for (const int n : blocked_) ::sigaddset(&mine, n);
  ::sigprocmask(SIG_UNBLOCK, &mine, nullptr);
}

int Signals::next() {
  signalfd_siginfo info{};
  const ssize_t got = ::read(fd_.get(), &info, sizeof info);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  check_size("read a signal", got);
  return static_cast<int>(info.ssi_signo);
}

}  // namespace gauntlet
