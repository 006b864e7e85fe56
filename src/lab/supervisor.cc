#include "lab/supervisor.hh"

#include <csignal>
#include <list>

#include "util/event_loop.hh"

namespace gauntlet {
namespace {

using Clock = std::chrono::steady_clock;

class Running {
 public:
  Running(EventLoop& loop, const Supervision& s, size_t index, Job job)
      : index_(index), started_(Clock::now()), limit_(job.limit), loop_(loop), worker_(s.worker, job.folder) {
    loop_.watch(worker_.output(), EventLoop::Ready::read, [this] {
      const bool more = worker_.read();
      if (!more) loop_.forget(worker_.output());
      return true;
    });
    loop_.watch(
        worker_.pidfd(), EventLoop::Ready::read, [this] { return ended_ = true; }, [this] { return !ended_; });
  }
  ~Running() {
    loop_.forget(worker_.output());
    loop_.forget(worker_.pidfd());
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  size_t index() const { return index_; }
  bool ended() const { return ended_; }
  void stop() { worker_.stop(); }
  void stop_when_late() {
    if (late_ || Clock::now() - started_ <= limit_) return;
    late_ = true;
    stop();
  }
  JobResult finish() {
    worker_.finish();
    JobResult out{worker_.errors(), worker_.took(), std::chrono::duration<double>(Clock::now() - started_).count()};
    if (late_) out.errors = {"worker-hung: in phase " + worker_.phase() + " past the limit of the cell"};
    return out;
  }

 private:
  size_t index_;
  Clock::time_point started_;
  Duration limit_;
  EventLoop& loop_;
  Worker worker_;
  bool ended_ = false, late_ = false;
};

}  // namespace

bool supervise(const Supervision& s, size_t count) {
  EventLoop loop;
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  bool stopping = false;
  loop.watch(signals.fd(), EventLoop::Ready::read, [&] {
    while (signals.next() != 0) stopping = true;
    return true;
  });
  std::list<Running> running;
  size_t next = 0;
  while (!running.empty() || (next < count && !stopping)) {
    while (!stopping && next < count && running.size() < s.jobs) {
      Job job = s.prepare(next);
      running.emplace_back(loop, s, next++, std::move(job));
    }
    loop.step(std::chrono::milliseconds(100));
    for (Running& r : running) stopping ? r.stop() : r.stop_when_late();
    for (auto r = running.begin(); r != running.end();) {
      if (!r->ended()) {
        ++r;
        continue;
      }
      const JobResult result = r->finish();
      const size_t index = r->index();
      r = running.erase(r);
      if (!stopping) s.finished(index, result);
    }
    if (s.tick) s.tick(running.size());
  }
  return !stopping;
}

}  // namespace gauntlet
