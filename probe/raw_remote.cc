#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "probe/agent.hh"
#include "probe/agent_session.hh"
#include "probe/craft.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr Duration kPatience = std::chrono::seconds(3);

Fd connected(const IpAddress& to, uint16_t port) {
  sockaddr_storage s{};
  socklen_t size = 0;
  if (to.version == 4) {
    auto* a = reinterpret_cast<sockaddr_in*>(&s);
    a->sin_family = AF_INET;
    a->sin_port = htons(port);
    std::copy_n(to.storage.begin(), 4, reinterpret_cast<uint8_t*>(&a->sin_addr));
    size = sizeof *a;
  } else {
    auto* a = reinterpret_cast<sockaddr_in6*>(&s);
    a->sin6_family = AF_INET6;
    a->sin6_port = htons(port);
    std::copy_n(to.storage.begin(), 16, reinterpret_cast<uint8_t*>(&a->sin6_addr));
    size = sizeof *a;
  }
  Fd fd(check("open a socket", ::socket(s.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  const timeval limit{3, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // of connect, too
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&s), size) < 0)
    throw EnvironmentError(
        fmt::format("no agent at {} port {}: start `gauntlet serve --agent` there", to_text(to), port));
  return fd;
}

}  // namespace

RemoteTransport::RemoteTransport(const IpAddress& agent, uint16_t port, const std::string& secret)
    : line_(connected(agent, port)) {
  const std::string hello = "gauntlet-agent 2 ";
  std::string line;
  if (!line_.next(line, kPatience) || !line.starts_with(hello))
    throw EnvironmentError(
        fmt::format("what answers at {} port {} is no agent, or one of another version", to_text(agent), port));
  const AgentNonces nonces{line.substr(hello.size()), agent_nonce()};
  line_.say(fmt::format("auth {} {}", nonces.client, agent_proof(secret, AgentRole::client, nonces)));
  line_.flush(kPatience);
  const bool answered = line_.next(line, kPatience);
  if (answered && line == "busy")
    throw EnvironmentError("the agent serves as many as it can: try again in two minutes");
  if (!answered || !line.starts_with("ok "))
    throw EnvironmentError("the agent refuses: another secret, or it may not open raw sockets");
  std::istringstream words(line.substr(3));
  std::string proof, here, there;
  words >> proof >> here >> there;
  if (!same_proof(proof, agent_proof(secret, AgentRole::agent, nonces)))
    throw EnvironmentError(fmt::format("what answers at {} port {} does not know the secret itself: it is not believed",
                                       to_text(agent), port));
  const auto a = parse_ip_address(here), b = parse_ip_address(there);
  if (!a || !b) throw EnvironmentError("the agent does not say its addresses");
  agent_ = *a;
  us_ = *b;
}

Time RemoteTransport::now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

void RemoteTransport::send(ConstBytes packet) { line_.say("send " + hex_of({packet.begin(), packet.end()})); }

void RemoteTransport::flush() { line_.flush(kPatience); }

std::optional<Arrival> RemoteTransport::receive(Time deadline) {
  flush();
  std::string line;
  if (!line_.next(line, std::max(Time::zero(), deadline - now()))) {
    if (gone()) std::this_thread::sleep_for(std::max(Time::zero(), deadline - now()));  // whoever waits, waits
    return std::nullopt;
  }
  if (!line.starts_with("in ")) return std::nullopt;
  try {
    return Arrival{now(), bytes_of_hex(line.substr(3))};
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

uint16_t RemoteTransport::reserve_port(uint8_t) { return static_cast<uint16_t>(random() | 0x8000); }

uint64_t RemoteTransport::random() {
  uint64_t v = 0;
  check_size("read random numbers", ::getrandom(&v, sizeof v, 0));
  return v;
}

}  // namespace gauntlet
