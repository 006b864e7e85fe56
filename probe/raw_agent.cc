#include <fmt/core.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "probe/agent.hh"
#include "probe/craft.hh"
#include "probe/raw_transport.hh"
#include "util/error.hh"
#include "wire/layout.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);  // for a client to prove itself
constexpr Duration kTurn = std::chrono::milliseconds(2);

// An IPv4 client of a socket for both families comes as ::ffff:a.b.c.d.
IpAddress plain_address(const sockaddr_in6& s) {
  const auto* b = reinterpret_cast<const uint8_t*>(&s.sin6_addr);
  return IN6_IS_ADDR_V4MAPPED(&s.sin6_addr) ? ip_address({b + 12, 4}) : ip_address({b, 16});
}

IpAddress name_of_socket(int fd, bool peer) {
  sockaddr_in6 s{};
  socklen_t size = sizeof s;
  auto* a = reinterpret_cast<sockaddr*>(&s);
  check("read an address", peer ? ::getpeername(fd, a, &size) : ::getsockname(fd, a, &size));
  return plain_address(s);
}

std::string new_nonce() {
  std::vector<uint8_t> bytes(16);
  check_size("read random numbers", ::getrandom(bytes.data(), bytes.size(), 0));
  return hex_of(bytes);
}

bool may_send(ConstBytes packet, const IpAddress& us, const IpAddress& peer) {
  const Layout l = layout_of(packet);
  return l.version != 0 && ip_address(source_address(packet, l)) == us &&
         ip_address(destination_address(packet, l)) == peer;
}

void serve_session(Fd fd, const std::string& secret) {
  const IpAddress us = name_of_socket(fd.get(), false), peer = name_of_socket(fd.get(), true);
  LineSocket line(std::move(fd));
  const std::string nonce = new_nonce(), proof = "auth " + agent_proof(secret, nonce);
  line.say("gauntlet-agent 1 " + nonce);
  std::string said;
  if (!line.flush() || !line.next(said, kPatience) || said.size() != proof.size() ||
      CRYPTO_memcmp(said.data(), proof.data(), proof.size()) != 0)
    return;
  RawTransport transport(us, peer);
  line.say(fmt::format("ok {} {}", to_text(us), to_text(peer)));
  const Time end = transport.now() + kSessionTime;
  uint32_t sent = 0;
  while (!line.gone() && transport.now() < end && line.flush()) {
    while (line.next(said, Time::zero())) {
      if (!said.starts_with("send ") || ++sent > kSessionPackets) return;
      try {
        const auto packet = bytes_of_hex(said.substr(5));
        if (may_send(packet, us, peer)) transport.send(packet);
      } catch (const UsageError&) {  // not hexadecimal: whoever writes that is no client of ours
        return;
      }
    }
    const auto arrival = transport.receive(transport.now() + kTurn);
    if (arrival) line.say("in " + hex_of(arrival->packet));
  }
}

}  // namespace

void run_agent(uint16_t port, const std::string& secret, bool once) {
  if (secret.size() < 8) throw UsageError("the agent's secret has fewer than 8 characters");
  Fd listener(check("open a socket", ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  const int on = 1, off = 0;
  check("reuse the port", ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  check("listen on both families", ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(port);
  check(fmt::format("bind port {}", port), ::bind(listener.get(), reinterpret_cast<sockaddr*>(&any), sizeof any));
  check("listen", ::listen(listener.get(), 4));
  fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", port);
  std::fflush(stdout);
  keep_net_raw_only();  // each session opens sockets of its own
  do {
    serve_session(Fd(check("accept a client", ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))), secret);
  } while (!once);
}

}  // namespace gauntlet
