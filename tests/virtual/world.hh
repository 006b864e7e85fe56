// Two src/tcp endpoints and what lies between them, in virtual time: packets are lost, doubled, damaged, delayed and
// reordered as a seed says, and may pass something in the middle (a chain of boxes).
//
//   client ==weather== middle ==weather== server
#pragma once
#include <map>
#include <memory>

#include "tcp/endpoint.hh"
#include "util/rng.hh"

namespace gauntlet {

struct Weather {
  double loss = 0, duplicate = 0, reorder = 0;  // chances for each packet; reordered: late by up to 4 delays
  Duration delay = std::chrono::milliseconds(5);
  size_t lose_first = 0;  // these many are lost for sure
  double damage = 0;      // chance for each packet: one bit of its TCP segment flips, the checksum does not follow
};

// What stands in the middle. Default: nothing.
class Middle {
 public:
  using Out = std::function<void(Packet, bool to_server)>;
  virtual ~Middle() = default;
  virtual void packet(Packet p, bool to_server, Time, const Out& out) { out(std::move(p), to_server); }
  virtual std::optional<Time> next_tick() const { return std::nullopt; }
  virtual void tick(Time, const Out&) {}
};

// One end and its application: writes `to_send`, then closes; reads as much as `read_step` every time it looks.
struct End {
  explicit End(TcpConfig config) : tcp(std::move(config)) {}
  TcpEndpoint tcp;
  std::vector<uint8_t> to_send, got;
  size_t written = 0, read_step = SIZE_MAX;
  Duration read_pause{0};  // between two reads
  Time next_read{0};
  bool closes = true;  // closes when all is written
  bool closed = false;
  bool closes_after_peer = false;  // and not before the peer's FIN
};

class World {
 public:
  World(TcpConfig client, TcpConfig server, uint64_t seed, std::unique_ptr<Middle> middle = nullptr);

  void start();              // the server listens, the client connects
  bool run(Duration limit);  // until both are closed and have read everything; false when the limit came first
  bool run_until(const std::function<bool()>&, Duration limit);
  void inject(Packet p, bool to_server) { route(std::move(p), to_server, true); }  // behind the middle, no weather

  End client, server;
  Weather near, far;  // client to middle and back, middle to server and back
  Time now{0};
  size_t packets = 0, most_queued_bytes = 0;
  // Looks at every packet that reaches an end.
  std::function<void(const Packet&, bool to_server)> watch;

 private:
  struct Flying {
    Packet packet;
    bool to_server, behind;  // behind the middle
  };
  void route(Packet, bool to_server, bool sure);
  void fly(Packet, bool to_server, bool behind, const Weather&);
  void damage(Packet&);
  void pump();
  void apply(End&, bool is_client);
  bool step(Time until);

  Rng rng_;
  std::unique_ptr<Middle> middle_;
  std::multimap<Time, Flying> sky_;
  size_t lost_[2] = {0, 0};
};

// Deterministic bytes and a pair of configurations, IPv4 or IPv6, that differ by seed in everything that may differ.
std::vector<uint8_t> stream_bytes(Rng&, size_t n);
TcpPair client_pair(bool ipv6, uint16_t client_port = 40001, uint16_t server_port = 5000);
TcpConfig random_config(Rng&, const TcpPair&);

}  // namespace gauntlet
