// delay: delays packets by a fixed time and jitter
//
// Every selected packet is held for `time`, and for up to `jitter` more, drawn evenly from the seed. Order is kept
// within a direction unless order=free; packets that were not selected pass the held ones by.
//
// Parameters:
//   time=10ms       how long
//   jitter=0ms      at most so much longer
//   order=keep      keep: no selected packet overtakes another of its direction; free: jitter reorders
//   limit=65536     packets held; past it the one due first leaves early
//
// Examples:  delay:time=50ms      delay:time=20ms,jitter=10ms,order=free,path=p2
//
// Seen in the wild: distance, queues, radio schedulers; section 2.2.2 of RFC 6182 has paths of very different delay.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/due_queue.hh"
#include "path/holding.hh"

namespace gauntlet {
namespace {

class Delay final : public Holding<DueQueue> {
 public:
  Delay(const Params& p, Rng rng)
      : Holding(static_cast<size_t>(p.number("limit"))),
        rng_(rng),
        time_(p.number("time")),
        jitter_(static_cast<uint64_t>(p.number("jitter"))),
        keep_(p.text("order") == "keep") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    Time due = seen.now + time_ + Duration(static_cast<int64_t>(jitter_ == 0 ? 0 : rng_.below(jitter_ + 1)));
    Time& last = last_[static_cast<size_t>(seen.toward)];
    if (keep_ && due < last) due = last;
    last = due;
    held_.hold(std::move(p), seen.toward, due, out);
  }
  Json state() const override { return {{"early", held_.early()}}; }

 private:
  Rng rng_;
  Duration time_;
  uint64_t jitter_;  // nanoseconds
  bool keep_;
  Time last_[2]{};  // by Direction
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"delayed", "", p.text("dir")}};
  // Packets that are not held overtake those that are.
  const bool some = p.given("when") || p.given("nth") || p.given("after") || p.given("count");
  if (p.text("order") == "free" || some) all.push_back({"reordered", "", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry delay_box() {
  return {.schema = {.name = "delay",
                     .params = with_common({duration("time", "10ms", 0, "how long"),
                                            duration("jitter", "0ms", 0, "at most so much longer"),
                                            choice("order", {"keep", "free"}, "may jitter reorder?"),
                                            number("limit", "65536", 1, 10000000, "packets held")}),
                     .declares = declares},
          .make = make_box<Delay>};
}

}  // namespace gauntlet
