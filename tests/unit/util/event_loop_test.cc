#include "util/event_loop.hh"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

#include "util/error.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;

struct Event {
  Fd fd{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  void set() const { (void)!::write(fd.get(), &one, sizeof one); }
  bool clear() const {
    uint64_t v;
    return ::read(fd.get(), &v, sizeof v) == sizeof v;
  }
  uint64_t one = 1;
};

TEST(EventLoop, CallsWhatIsReadyAndTimesOut) {
  Event e;
  EventLoop loop;
  int calls = 0;
  loop.watch(e.fd.get(), EventLoop::Ready::read, [&] {
    ++calls;
    return e.clear();
  });
  EXPECT_FALSE(loop.step(milliseconds(1)));
  e.set();
  EXPECT_TRUE(loop.step(std::nullopt));
  EXPECT_FALSE(loop.step(milliseconds(0)));
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, AsksWhoIsInterested) {
  Event e;
  EventLoop loop;
  bool interested = false;
  loop.watch(
      e.fd.get(), EventLoop::Ready::read, [&] { return e.clear(); }, [&] { return interested; });
  e.set();
  EXPECT_FALSE(loop.step(milliseconds(0)));
  interested = true;
  EXPECT_TRUE(loop.step(milliseconds(0)));
}

TEST(EventLoop, FindsTheBusyWait) {
  Event e;
  EventLoop loop;
  loop.watch(e.fd.get(), EventLoop::Ready::read, [] { return false; });
  e.set();
  int steps = 0;
  EXPECT_THROW(for (; steps < 1000; ++steps) loop.step(milliseconds(0)), EnvironmentError);
  EXPECT_EQ(steps, 63);
}

TEST(EventLoop, ACallbackMayForgetItself) {
  Event e;
  EventLoop loop;
  int calls = 0;
  loop.watch(e.fd.get(), EventLoop::Ready::read, [&] {
    ++calls;
    loop.forget(e.fd.get());
    return true;
  });
  e.set();
  EXPECT_TRUE(loop.step(milliseconds(0)));
  EXPECT_FALSE(loop.step(milliseconds(0)));
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, SignalsComeThroughADescriptor) {
  sigset_t before, after;
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  {
    Signals signals{SIGUSR1, SIGUSR2};
    EXPECT_EQ(signals.next(), 0);
    ::raise(SIGUSR2);
    EXPECT_EQ(signals.next(), SIGUSR2);
    EXPECT_EQ(signals.next(), 0);
  }
  ::sigprocmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(::sigismember(&after, SIGUSR1), ::sigismember(&before, SIGUSR1));
}

}  // namespace
}  // namespace gauntlet
