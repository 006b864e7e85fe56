// One client of the agent: a stranger until it proves that it knows the secret, then somebody who may have a bounded
// number of packets sent to itself and is told what arrives. Knows no clock and opens no socket.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "probe/address.hh"
#include "probe/line_socket.hh"
#include "probe/paced_transport.hh"

namespace gauntlet {

inline constexpr size_t kLongestProof = 128;                     // bytes of a stranger's line
inline constexpr Duration kProofTime = std::chrono::seconds(5);  // for a stranger to prove itself

struct AgentBounds {
  uint32_t packets = 20000;                   // sent in one session
  uint32_t rate = 2000;                       // in any second of it
  Duration time = std::chrono::seconds(120);  // it lasts at most
  size_t unsent = 1 << 20;                    // bytes kept for a client that does not read; more is not told
};

// Both sides' nonces, and what is proved with them.
struct AgentNonces {
  std::string agent, client;
};
enum class AgentRole : uint8_t { agent, client };
// HMAC-SHA256 of the secret over "ROLE AGENT-NONCE CLIENT-NONCE", in hexadecimal.
std::string agent_proof(const std::string& secret, AgentRole role, const AgentNonces& nonces);
std::string hmac_sha256(const std::string& secret, const std::string& text);  // in hexadecimal
std::string agent_nonce();                                                    // sixteen random bytes, in hexadecimal
// In a time that does not tell how much is right.
bool same_proof(const std::string& a, const std::string& b);

// The ends of a session's line, as the agent sees them.
struct AgentLine {
  IpAddress us, peer;
  uint16_t our_port = 0, peer_port = 0;
};

class AgentSession {
 public:
  // Where a proven client's packets leave and come in; nullptr: there is no room for one more.
  using Open = std::function<std::unique_ptr<ProbeTransport>(const IpAddress& us, const IpAddress& peer)>;

  AgentSession(Fd client, const AgentLine& ends, const std::string& nonce, Time now, AgentBounds bounds = {});
  bool step(Time now, const std::string& secret, const Open& open);  // does what can be done now; false: it is over
  bool proven() const { return transport_ != nullptr; }
  bool listens(Time now);  // false: its share of this second is used up
  const IpAddress& peer() const { return ends_.peer; }
  int fd() const { return line_.fd(); }
  Time ends() const { return born_ + (proven() ? bounds_.time : kProofTime); }

 private:
  bool prove(const std::string& secret, const Open& open);
  bool obey(Time now);
  bool tell(Time now);
  bool worth_telling(ConstBytes packet) const;

  LineSocket line_;
  AgentLine ends_;
  std::string nonce_;
  Time born_;
  AgentBounds bounds_;
  SendBudget budget_;
  uint32_t sent_ = 0;
  std::unique_ptr<ProbeTransport> transport_;
};

}  // namespace gauntlet
