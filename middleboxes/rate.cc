// rate: limits the rate, with a token bucket
//
// Each direction has a bucket of its own that fills at `kbit` and holds `burst` bytes; a packet takes its IP length.
// One that finds too little waits its turn (action=shape; past `queue` waiting packets it is dropped) or is dropped
// at once (action=police). Order is kept among selected packets; others neither wait nor take.
//
// Parameters:
//   kbit=10000      rate, in 1000 bits per second of IP packets
//   burst=15000     bytes that may go at once
//   queue=100       packets that wait, per direction
//   action=shape    shape or police
//
// Examples:  rate:kbit=2000,path=p2      rate:kbit=8000,action=police,dir=c2s
//
// Seen in the wild: access links, policers that treat ports or paths differently (RFC 8041 section 3.5).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/due_queue.hh"

namespace gauntlet {
namespace {

class Rate final : public Middlebox {
 public:
  Rate(const Params& p, Rng)
      : kbit_(static_cast<uint64_t>(p.number("kbit"))),
        depth_(time_of(static_cast<size_t>(p.number("burst")))),
        queue_(p.text("action") == "police" ? 0 : static_cast<size_t>(p.number("queue"))) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.layout.version == 0) return out.send(std::move(p), seen.toward);
    Way& way = ways_[static_cast<size_t>(seen.toward)];
    // The bucket as one time: when it would be full again. A full one is `depth_` away from empty.
    const Time full = std::max(way.full, seen.now) + time_of(p.size());
    const Time due = full - depth_;
    if (due <= seen.now && way.held.size() == 0) {
      way.full = full;
      return out.send(std::move(p), seen.toward);
    }
    if (way.held.size() >= queue_) {
      ++dropped_;
      return;
    }
    way.full = full;
    way.held.hold(std::move(p), seen.toward, due, out);
  }
  std::optional<Time> next_tick() const override {
    const auto a = ways_[0].held.next(), b = ways_[1].held.next();
    return a && b ? std::min(a, b) : a ? a : b;
  }
  void tick(Time now, Emit& out) override {
    for (Way& way : ways_) way.held.release_due(now, out);
  }
  void flush(Emit& out) override {
    for (Way& way : ways_) way.held.release_all(out);
  }
  Json state() const override { return {{"dropped", dropped_}}; }

 private:
  struct Way {
    Time full{};
    DueQueue held{SIZE_MAX};  // `queue` bounds it
  };
  Duration time_of(size_t bytes) const { return Duration(bytes * 8'000'000 / kbit_); }

  uint64_t kbit_;
  Duration depth_;
  size_t queue_;
  Way ways_[2];  // by Direction
  uint64_t dropped_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"dropped", "", dir}, {"delayed", "", dir}};
  if (p.given("when") || p.given("path")) all.push_back({"reordered", "", dir});  // the others do not wait
  return all;
}

}  // namespace

BoxEntry rate_box() {
  return {.schema = {.name = "rate",
                     .params = with_common({number("kbit", "10000", 1, 100000000, "1000 bits per second"),
                                            number("burst", "15000", 1500, 1000000000, "bytes that may go at once"),
                                            number("queue", "100", 1, 1000000, "packets that wait, per direction"),
                                            choice("action", {"shape", "police"}, "what becomes of too much")}),
                     .declares = declares},
          .make = make_box<Rate>};
}

}  // namespace gauntlet
