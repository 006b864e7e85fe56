// The other side of a path: an agent that tells what really arrived there and sends, on request, probes of its own
// back. One port, one line of text per message, and only for who knows the shared secret:
//   agent   gauntlet-agent 2 NONCE                     client  auth NONCE PROOF
//   agent   ok PROOF AGENT-ADDRESS CLIENT-ADDRESS      addresses as the agent sees them: a NAT shows here
//        or busy                                       as many as it serves at once are being served
//   client  send HEX                                   one IP packet from the agent's address to the client's, nothing
//                                                      else
//   agent   in HEX                                     every packet from the client's address but those of this line
//                                                      itself, and every ICMP error
// Each proves with HMAC-SHA256 over both nonces and its own role that it knows the secret (agent_proof). What is said
// then is neither encrypted nor signed: who sits on the path reads and changes it, as he does the packets themselves.
// What a stranger costs: one line of kLongestProof bytes, for kProofTime. What a client costs: AgentBounds.
#pragma once
#include <chrono>
#include <string>

#include "probe/address.hh"
#include "probe/line_socket.hh"
#include "probe/transport.hh"

namespace gauntlet {

// Serves sessions for ever, or until the first that proved itself has ended, with `once`. Throws EnvironmentError
// without the privilege for raw sockets.
void run_agent(uint16_t port, const std::string& secret, bool once);

// An agent as a transport: what is sent leaves there, what is received came in there.
class RemoteTransport : public ProbeTransport {
 public:
  // Throws EnvironmentError when there is no agent, it has no time, or one of both does not know the secret.
  RemoteTransport(const IpAddress& agent, uint16_t port, const std::string& secret);
  IpAddress agent_address() const { return agent_; }
  IpAddress our_address() const { return us_; }  // as the agent sees it

  Time now() override;
  void send(ConstBytes packet) override;
  void flush() override;
  std::optional<Arrival> receive(Time deadline) override;
  bool gone() const override { return line_.gone(); }
  uint16_t reserve_port(uint8_t proto) override;
  uint64_t random() override;

 private:
  LineSocket line_;
  IpAddress agent_, us_;
};

}  // namespace gauntlet
