// A chain of boxes in the middle of a virtual world.
#pragma once
#include <nlohmann/json.hpp>

#include "path/chain.hh"
#include "virtual/world.hh"

namespace gauntlet {

class ChainMiddle : public Middle {
 public:
  ChainMiddle(const std::vector<Chain::Link>& links, uint64_t seed) : chain_(links, seed) {}
  void packet(Packet p, bool to_server, Time now, const Out& out) override {
    Sink sink(out);
    chain_.packet(std::move(p), to_server ? Direction::to_server : Direction::to_client, now, sink);
  }
  std::optional<Time> next_tick() const override { return chain_.next_tick(); }
  void tick(Time now, const Out& out) override {
    Sink sink(out);
    chain_.tick(now, sink);
  }

  Json state() const { return chain_.state(); }

 private:
  struct Sink final : Emit {
    explicit Sink(const Out& o) : out(o) {}
    void send(Packet p, Direction toward) override { out(std::move(p), toward == Direction::to_server); }
    const Out& out;
  };
  Chain chain_;
};

}  // namespace gauntlet
