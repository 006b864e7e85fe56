// What the boxes of a router did, packet by packet: stands between the queue and the chain and writes one JSON line per
// packet that did not pass as it came (docs/evidence.md section 4). It changes nothing and decides nothing.
#pragma once
#include <memory>
#include <string>

#include "io/nfqueue.hh"
#include "path/chain.hh"

namespace gauntlet {

class DecisionLog : public OnPath, private Emit {
 public:
  // `path`: the file, made anew; empty: nothing is written.
  DecisionLog(Chain chain, const std::string& path);
  ~DecisionLog() override;

  void packet(Packet, Direction toward, Time now, Emit& out) override;
  std::optional<Time> next_tick() const override { return chain_.next_tick(); }
  void tick(Time now, Emit& out) override;
  void flush(Emit& out) override;
  const Chain& chain() const { return chain_; }

 private:
  struct File;
  void send(Packet, Direction toward) override;
  void unasked(const char* why, Time now, Emit& out, bool ticking);

  Chain chain_;
  std::unique_ptr<File> file_;
};

}  // namespace gauntlet
