#include "lab/supervisor.hh"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <list>

#include "util/event_loop.hh"

namespace gauntlet {
namespace {

using Clock = std::chrono::steady_clock;

// A worker and the cell it is at.
class Running {
 public:
  Running(EventLoop& loop, const Supervision& s, size_t index, const Job& job, int cpu)
      : cpu_(cpu), loop_(loop), worker_(s.worker, job.folder, cpu) {
    started_with(index, job);
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

  bool begin(size_t index, const Job& job) {  // false: it has ended meanwhile
    if (!worker_.begin(job.folder)) return false;
    started_with(index, job);
    return true;
  }
  size_t index() const { return index_; }
  int cpu() const { return cpu_; }
  bool over() const { return over_; }  // the cell; what is left of the worker has none
  bool usable() const { return over_ && !ended_ && !late_ && worker_.usable() && worker_.errors().empty(); }
  bool ended() const { return ended_; }
  bool has_result() const { return !over_ && (ended_ || worker_.done()); }
  void stop() { worker_.stop(); }
  void stop_when_late() {
    if (over_ || late_ || has_result() || Clock::now() - started_ <= limit_) return;
    late_ = true;
    stop();
  }
  JobResult result() {
    over_ = true;
    if (ended_) worker_.finish();
    JobResult out{worker_.errors(), worker_.took(), std::chrono::duration<double>(Clock::now() - started_).count()};
    if (late_) out.errors = {"worker-hung: in phase " + worker_.phase() + " past the limit of the cell"};
    return out;
  }
  void reap() { worker_.finish(); }

 private:
  void started_with(size_t index, const Job& job) {
    index_ = index;
    limit_ = job.limit;
    started_ = Clock::now();
    over_ = false;
  }
  size_t index_ = 0;
  int cpu_;
  Clock::time_point started_;
  Duration limit_{};
  EventLoop& loop_;
  Worker worker_;
  bool over_ = true, ended_ = false, late_ = false;
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

// Each worker costs us four descriptors, and there may be hundreds.
void raise_file_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

bool supervise(const Supervision& s, size_t count) {
  raise_file_limit();
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
    for (; !stopping && next < count && running.size() < s.jobs; ++next)
      running.emplace_back(loop, s, next, s.prepare(next), least_busy(cpus, running));
    loop.step(std::chrono::milliseconds(100));
    for (Running& r : running) stopping ? r.stop() : r.stop_when_late();
    for (auto r = running.begin(); r != running.end();) {
      if (r->has_result()) {
        const JobResult result = r->result();
        const size_t index = r->index();
        if (!stopping) s.finished(index, result);
        if (!stopping && next < count && r->usable() && r->begin(next, s.prepare(next)))
          ++next;
        else
          r->stop();
      }
      if (r->over() && r->ended()) {
        r->reap();
        r = running.erase(r);
      } else {
        ++r;
      }
    }
    if (s.tick) s.tick(running.size());
  }
  return !stopping;
}

}  // namespace gauntlet
