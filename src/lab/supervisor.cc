#include "lab/supervisor.hh"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <list>

#include "util/event_loop.hh"

namespace gauntlet {
namespace {

using Clock = std::chrono::steady_clock;

class Running {
 public:
  Running(EventLoop& loop, const Supervision& s, size_t index, Job job, int cpu)
      : index_(index),
        cpu_(cpu),
        started_(Clock::now()),
        limit_(job.limit),
        loop_(loop),
        worker_(s.worker, job.folder, cpu) {
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
  int cpu() const { return cpu_; }
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
  int cpu_;
  Clock::time_point started_;
  Duration limit_;
  EventLoop& loop_;
  Worker worker_;
  bool ended_ = false, late_ = false;
};

std::vector<int> cpus_we_may_use() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> out;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {-1};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<size_t>(cpu), &set)) out.push_back(cpu);
  return out;
}

int least_busy(const std::vector<int>& cpus, const std::list<Running>& running) {
  const auto load = [&](int cpu) {
    return std::count_if(running.begin(), running.end(), [&](const Running& r) { return r.cpu() == cpu; });
  };
  return *std::min_element(cpus.begin(), cpus.end(), [&](int a, int b) { return load(a) < load(b); });
}

}  // namespace

bool supervise(const Supervision& s, size_t count) {
  EventLoop loop;
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  bool stopping = false;
  loop.watch(signals.fd(), EventLoop::Ready::read, [&] {
    while (signals.next() != 0) stopping = true;
    return true;
  });
  const std::vector<int> cpus = cpus_we_may_use();
  std::list<Running> running;
  size_t next = 0;
  while (!running.empty() || (next < count && !stopping)) {
    while (!stopping && next < count && running.size() < s.jobs) {
      Job job = s.prepare(next);
      running.emplace_back(loop, s, next++, std::move(job), least_busy(cpus, running));
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
