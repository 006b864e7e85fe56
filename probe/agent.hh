// The other side of a path: an agent that tells what really arrived there and sends, on request, probes of its own
// back. One port, one session at a time, one line of text per message, and only for who knows the shared secret:
//   agent   gauntlet-agent 1 NONCE                     client  auth HMAC-SHA256(secret, NONCE), in hexadecimal
//   agent   ok AGENT-ADDRESS CLIENT-ADDRESS            addresses as the agent sees them: a NAT shows here
//   client  send HEX                                   one IP packet from the agent's address to the client's, nothing
//   else agent   in HEX                                     every packet from the client's address, every ICMP error
// A session ends after kSessionPackets sent or kSessionTime.
#pragma once
#include <chrono>
#include <deque>
#include <string>

#include "probe/address.hh"
#include "probe/transport.hh"
#include "util/fd.hh"

namespace gauntlet {

inline constexpr uint32_t kSessionPackets = 20000;
inline constexpr Duration kSessionTime = std::chrono::seconds(120);

// Lines over a socket, read without blocking.
class LineSocket {
 public:
  explicit LineSocket(Fd fd) : fd_(std::move(fd)) {}
  void say(const std::string& line);         // kept until flush()
  bool flush();                              // false: the peer is gone
  bool next(std::string& line, Time limit);  // waits at most `limit`; false: nothing, or gone() is true
  bool gone() const { return gone_; }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::string in_, out_;
  bool gone_ = false;
};

std::string agent_proof(const std::string& secret, const std::string& nonce);

// Serves sessions for ever, or one with `once`. Throws EnvironmentError without the privilege for raw sockets.
void run_agent(uint16_t port, const std::string& secret, bool once);

// An agent as a transport: what is sent leaves there, what is received came in there.
class RemoteTransport : public ProbeTransport {
 public:
  // Throws EnvironmentError when there is no agent, or the secret is wrong.
  RemoteTransport(const IpAddress& agent, uint16_t port, const std::string& secret);
  IpAddress agent_address() const { return agent_; }
  IpAddress our_address() const { return us_; }  // as the agent sees it

  Time now() override;
  void send(ConstBytes packet) override;
  std::optional<Arrival> receive(Time deadline) override;
  uint16_t reserve_port(uint8_t proto) override;
  uint64_t random() override;

 private:
  LineSocket line_;
  IpAddress agent_, us_;
};

}  // namespace gauntlet
