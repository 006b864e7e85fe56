#include "probe/agent_session.hh"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "probe/craft.hh"
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

std::string agent_proof(const std::string& secret, const std::string& nonce) {
  std::vector<uint8_t> mac(32);
  unsigned size = 32;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size(), mac.data(), &size);
  return hex_of(mac);
}

AgentSession::AgentSession(Fd client, const IpAddress& us, const IpAddress& peer, const std::string& nonce, Time now,
                           AgentBounds bounds)
    : line_(std::move(client), kLongestProof),
      us_(us),
      peer_(peer),
      nonce_(nonce),
      born_(now),
      bounds_(bounds),
      budget_(bounds.rate) {
  line_.say("gauntlet-agent 1 " + nonce);
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
  const std::string proof = "auth " + agent_proof(secret, nonce_);
  if (said.size() != proof.size() || CRYPTO_memcmp(said.data(), proof.data(), proof.size()) != 0) return false;
  transport_ = open(us_, peer_);
  line_.say(proven() ? fmt::format("ok {} {}", to_text(us_), to_text(peer_)) : "busy");
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
      if (may_send(packet, us_, peer_)) transport_->send(packet);
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
    if (line_.unsent() < bounds_.unsent) line_.say("in " + hex_of(arrival->packet));
  }
  return true;
}

}  // namespace gauntlet
