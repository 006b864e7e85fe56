#include "probe/agent_session.hh"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "probe/craft.hh"
#include "probe/icmp_quote.hh"
#include "util/error.hh"
#include "wire/layout.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr int kAtOnce = 64;  // lines, or arrivals, before it is somebody else's turn

bool may_send(ConstBytes packet, const IpAddress& us, const IpAddress& peer) {
  const Layout l = layout_of(packet);
  return l.version != 0 && ip_address(source_address(packet, l)) == us &&
         ip_address(destination_address(packet, l)) == peer;
}

}  // namespace

std::string agent_proof(const std::string& secret, AgentRole role, const AgentNonces& nonces) {
  return hmac_sha256(
      secret, fmt::format("{} {} {}", role == AgentRole::agent ? "agent" : "client", nonces.agent, nonces.client));
}

std::string agent_nonce() {
  std::vector<uint8_t> bytes(16);
  check_size("read random numbers", ::getrandom(bytes.data(), bytes.size(), 0));
  return hex_of(bytes);
}

bool same_proof(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hmac_sha256(const std::string& secret, const std::string& text) {
  std::vector<uint8_t> mac(32);
  unsigned size = 32;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return hex_of(mac);
}

AgentSession::AgentSession(Fd client, const AgentLine& ends, const std::string& nonce, Time now, AgentBounds bounds)
    : line_(std::move(client), kLongestProof),
      ends_(ends),
      nonce_(nonce),
      born_(now),
      bounds_(bounds),
      budget_(bounds.rate) {
  line_.say("gauntlet-agent 2 " + nonce);
}

bool AgentSession::step(Time now, const std::string& secret, const Open& open) {
  if (now >= ends() || !line_.flush(Duration::zero())) return false;
  if (!proven()) return prove(secret, open);
  return obey(now) && tell(now) && line_.flush(Duration::zero());
}

// One line, right or over: whoever guesses does not get a second try at the same nonce.
bool AgentSession::prove(const std::string& secret, const Open& open) {
  std::string said;
  if (!line_.next(said, Time::zero())) return !line_.gone();
  const size_t nonce = said.find(' ') + 1, space = said.find(' ', nonce);
  if (!said.starts_with("auth ") || space == std::string::npos) return false;
  const AgentNonces nonces{nonce_, said.substr(nonce, space - nonce)};
  if (!same_proof(said.substr(space + 1), agent_proof(secret, AgentRole::client, nonces))) return false;
  transport_ = open(ends_.us, ends_.peer);
  line_.say(proven() ? fmt::format("ok {} {} {}", agent_proof(secret, AgentRole::agent, nonces), to_text(ends_.us),
                                   to_text(ends_.peer))
                     : "busy");
  line_.allow(LineSocket::kLongestPacket);
  return line_.flush(Duration::zero()) && proven();
}

bool AgentSession::listens(Time now) { return !proven() || budget_.free_at(now) <= now; }

bool AgentSession::obey(Time now) {
  std::string said;
  for (int n = 0; n < kAtOnce && listens(now) && line_.next(said, Time::zero()); ++n) {
    if (!said.starts_with("send ") || sent_ >= bounds_.packets) return false;
    try {
      const auto packet = bytes_of_hex(said.substr(5));
      ++sent_;
      budget_.spend(now);
      if (may_send(packet, ends_.us, ends_.peer)) transport_->send(packet);
    } catch (const UsageError&) {  // not hexadecimal: whoever writes that is no client of ours
      return false;
    }
  }
  return !line_.gone();
}

bool AgentSession::tell(Time now) {
  for (int n = 0; n < kAtOnce; ++n) {
    const auto arrival = transport_->receive(now);
    if (!arrival) break;
    if (line_.unsent() < bounds_.unsent && worth_telling(arrival->packet)) line_.say("in " + hex_of(arrival->packet));
  }
  return true;
}

// What is told is acknowledged on this very line: that would be told again. Of others' packets only errors, which may
// quote what we sent.
bool AgentSession::worth_telling(ConstBytes packet) const {
  const Layout l = layout_of(packet);
  if (l.version == 0) return false;
  if (ip_address(source_address(packet, l)) != ends_.peer) return read_quote(packet).has_value();
  if (!l.tcp) return true;
  const TcpView t(packet, l);
  return t.source() != ends_.peer_port || t.destination() != ends_.our_port;
}

}  // namespace gauntlet
