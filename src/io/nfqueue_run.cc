// One run of the adapter: its beginning and end, its timers, its report.
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/clock.hh"
#include "io/nfqueue.hh"
#include "util/error.hh"

namespace gauntlet {

void QueueAdapter::begin(OnPath* path) {
  path_ = path;
  counts_ = {};
  injected_flows_.clear();
  inject_all_ = false;
  dropped_.clear();
  const auto drops = queue_.kernel_drops();
  base_ = {};
  base_.queue_dropped = drops.queue;
  base_.user_dropped = drops.user;
  base_.refused = queue_.refused();
  base_.overrun = queue_.overrun();
  injector_base_ = injector_.counts();
  arm_timer();
}

QueueCounts QueueAdapter::end() {
  // Bounded: what is still arriving belongs to nobody's run, and must not keep this one from ending.
  for (int batches = 0; batches < 1024 && on_queue(); ++batches) {
  }
  now_ = monotonic_now();
  if (path_ != nullptr) path_->flush(*this);
  let_out();
  // Packets that still wait for a neighbour leave, or fail within the injector's patience.
  while (const auto next = injector_.next_try()) {
    if (const Duration wait = *next - monotonic_now(); wait > Duration(0)) {
      const timespec t{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
      ::nanosleep(&t, nullptr);
    }
    injector_.flush(monotonic_now());
  }
  on_queue();  // collects errors the kernel answered the last verdicts with
  const QueueCounts result = counts();
  path_ = nullptr;
  return result;
}

QueueCounts QueueAdapter::counts() const {
  QueueCounts c = counts_;
  const auto drops = queue_.kernel_drops();
  c.queue_dropped = drops.queue - base_.queue_dropped;
  c.user_dropped = drops.user - base_.user_dropped;
  c.refused = queue_.refused() - base_.refused;
  c.overrun += queue_.overrun() - base_.overrun;
  c.oversize += injector_.counts().oversize - injector_base_.oversize;
  c.inject_failed = injector_.counts().failed - injector_base_.failed;
  return c;
}

bool QueueAdapter::on_timer() {
  uint64_t expirations;
  if (::read(timer_.get(), &expirations, sizeof expirations) != sizeof expirations) return false;
  now_ = monotonic_now();
  if (path_ != nullptr) {
    if (const auto due = path_->next_tick(); due && *due <= now_) path_->tick(now_, *this);
  }
  let_out();
  return true;
}

bool QueueAdapter::on_routes() {
  injector_.routes().refresh();
  injector_.flush(monotonic_now());
  arm_timer();
  return true;
}

// The sooner of the path's deadline and the injector's next attempt, as an absolute time: late once is not late for
// ever.
void QueueAdapter::arm_timer() {
  std::optional<Time> due = path_ != nullptr ? path_->next_tick() : std::nullopt;
  if (const auto next = injector_.next_try()) due = due ? std::min(*due, *next) : *next;
  itimerspec when{};
  if (due) {
    const int64_t ns = std::max<int64_t>(1, due->count());  // zero would disarm
    when.it_value = {ns / 1'000'000'000, ns % 1'000'000'000};
  }
  if (!due && !armed_) return;
  check("set the timer", ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr));
  armed_ = due.has_value();
}

Json to_json(const QueueCounts& c) {
  return {{"queued", c.queued},
          {"passed", c.passed},
          {"changed", c.changed},
          {"injected", c.injected},
          {"dropped", c.dropped},
          {"held", c.held},
          {"unparsed", c.unparsed},
          {"later_fragments", c.later_fragments},
          {"oversize", c.oversize},
          {"inject_failed", c.inject_failed},
          {"refused", c.refused},
          {"overrun", c.overrun},
          {"queue_dropped", c.queue_dropped},
          {"user_dropped", c.user_dropped}};
}

}  // namespace gauntlet
