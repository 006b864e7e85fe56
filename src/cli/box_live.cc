// `gauntlet box SPEC... --queue N`: a chain of boxes on live packets, until a signal or steered by lines
// (docs/evidence.md).
#include <fmt/core.h>
#include <sys/prctl.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/box_run.hh"
#include "cli/control.hh"
#include "cli/decision_log.hh"
#include "io/nfqueue.hh"
#include "io/queue_rule.hh"
#include "io/verdict_probe.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// The queue of one process and the runs it goes through, one after the other.
class Live {
 public:
  explicit Live(const BoxRun& run) : run_(run), adapter_(options_of(run)) {}

  QueueAdapter& adapter() { return adapter_; }

  void begin(const std::string& name, bool with_box) {
    chain_ = with_box ? std::make_unique<DecisionLog>(Chain(run_.links, run_.seed), log_of(name))
                      : nullptr;  // anew from the seed
    adapter_.begin(chain_.get());
    name_ = name;
  }

  // Null when there is no run.
  Json end() {
    if (name_.empty()) return nullptr;
    counts_ = adapter_.end();
    Json report = report_of(counts_);
    name_.clear();
    chain_.reset();  // its log is whole now
    return report;
  }

  Json report() { return name_.empty() ? Json() : report_of(adapter_.counts()); }
  const QueueCounts& counts() const { return counts_; }  // of the run that ended last

 private:
  std::string log_of(const std::string& name) const {
    return run_.log.empty() ? "" : fmt::format("{}/{}/box-{}.decisions.jsonl", run_.log, name, run_.node);
  }

  static QueueAdapter::Options options_of(const BoxRun& run) {
    QueueAdapter::Options o;
    o.queue.number = *run.queue;
    o.direction.client_interfaces = run.client_side;
    o.direction.client_prefixes = run.client;
    o.inject = run.inject;
    o.mtu = run.mtu;
    return o;
  }

  Json report_of(const QueueCounts& c) const {
    Json specs = Json::array();
    for (const Chain::Link& l : run_.links) specs.push_back(l.spec);
    return {{"report", "box"},
            {"run", name_},
            {"node", run_.node},
            {"spec", specs},
            {"seed", fmt::format("{:016x}", run_.seed)},
            {"mode", chain_ ? "box" : "pass"},
            {"adapter", to_json(c)},
            {"hits", c.hits()},
            {"boxes", chain_ ? chain_->chain().state() : Json::array()}};
  }

  const BoxRun& run_;
  std::unique_ptr<DecisionLog> chain_;
  QueueAdapter adapter_;
  std::string name_;
  QueueCounts counts_;
};

Json obey(Live& live, const Control::Words& words) {
  if (words.size() != 3 || words[0] != "run" || (words[2] != "box" && words[2] != "pass")) {
    throw UsageError("say: run NAME box, run NAME pass, or stop");
  }
  Json before = live.end();
  live.begin(words[1], words[2] == "box");
  return before.is_null() ? Json{{"event", "started"}} : before;
}

int verdict_on(const QueueCounts& c, const std::string& failure) {
  if (c.clean()) return kExitOk;
  throw EnvironmentError("packets were lost on the way through this program; see the counts" +
                         (failure.empty() ? "" : ": " + failure));
}

}  // namespace

int run_box_live(const BoxRun& run) {
  if (!run.control) probe_verdicts();  // `gauntlet run`, which drives us, has asked
  ::prctl(PR_SET_TIMERSLACK, 1ul);  // nanoseconds: boxes that delay mean it
  Signals signals{SIGTERM, SIGINT, SIGUSR1};
  Live live(run);
  QueueAdapter& adapter = live.adapter();
  EventLoop loop;
  loop.watch(adapter.queue_fd(), EventLoop::Ready::read, [&] { return adapter.on_queue(); });
  loop.watch(adapter.timer_fd(), EventLoop::Ready::read, [&] { return adapter.on_timer(); });
  loop.watch(adapter.routes_fd(), EventLoop::Ready::read, [&] { return adapter.on_routes(); });
  bool ended = false;
  loop.watch(signals.fd(), EventLoop::Ready::read, [&] {
    const int number = signals.next();
    if (number == SIGUSR1)
      print_line(live.report());
    else if (number != 0)
      ended = true;
    return true;
  });
  const Json ready{
      {"event", "ready"}, {"packets_fit", adapter.queue().packets_fit()}, {"buffer_forced", adapter.queue().forced()}};

  if (run.control) {
    live.begin("", false);  // until the first command packets pass
    const auto stop = [&]() -> Json {
      Json last = live.end();
      return last.is_null() ? Json{{"event", "stopped"}} : last;
    };
    Control control(
        loop, [&](const Control::Words& words) { return obey(live, words); }, stop);
    print_line(ready);
    while (!control.stopped() && !ended) loop.step(std::nullopt);
    control.stop();
    return kExitOk;
  }

  live.begin("live", true);
  std::optional<QueueRule> rule;
  if (!run.add_rule.empty()) {
    rule.emplace(run.add_rule, *run.queue);
    if (!rule->warning().empty())
      fmt::print(stderr, "gauntlet box: only one address family is queued: {}", rule->warning());
  }
  fmt::print(
      stderr,
      "gauntlet box: queue {}: room for {} packets of 1500 bytes; SIGUSR1 prints the counts, SIGINT or SIGTERM ends\n",
      *run.queue, adapter.queue().packets_fit());
  while (!ended) loop.step(std::nullopt);
  if (rule) rule->remove();  // first: what is queued from here on would have nobody to answer
  print_line(live.end());
  return verdict_on(live.counts(), adapter.last_failure());
}

}  // namespace gauntlet
