// The agent's port: who is let in, how many at once, and whose turn it is.
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "probe/agent.hh"
#include "probe/agent_session.hh"
#include "probe/raw_transport.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr Duration kTurn = std::chrono::milliseconds(2);  // packets of a session are looked for so often
constexpr long kMostStrangers = 32, kMostClients = 4;     // connections before and after the proof

// An IPv4 client of a socket for both families comes as ::ffff:a.b.c.d.
IpAddress plain_address(const sockaddr_in6& s) {
  const auto* b = reinterpret_cast<const uint8_t*>(&s.sin6_addr);
  return IN6_IS_ADDR_V4MAPPED(&s.sin6_addr) ? ip_address({b + 12, 4}) : ip_address({b, 16});
}

// nullopt: gone already.
std::optional<AgentLine> ends_of(int fd) {
  sockaddr_in6 here{}, there{};
  socklen_t size = sizeof here, other = sizeof there;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size) < 0 ||
      ::getpeername(fd, reinterpret_cast<sockaddr*>(&there), &other) < 0)
    return std::nullopt;
  return AgentLine{plain_address(here), plain_address(there), ntohs(here.sin6_port), ntohs(there.sin6_port)};
}

Time clock() { return std::chrono::steady_clock::now().time_since_epoch(); }

Fd listener_on(uint16_t port) {
  Fd listener(check("open a socket", ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  const int on = 1, off = 0;
  check("reuse the port", ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  check("listen on both families", ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(port);
  check(fmt::format("bind port {}", port), ::bind(listener.get(), reinterpret_cast<sockaddr*>(&any), sizeof any));
  check("listen", ::listen(listener.get(), 64));
  return listener;
}

class Agent {
 public:
  Agent(Fd listener, std::string secret) : listener_(std::move(listener)), secret_(std::move(secret)) {}

  void turn() {
    wait();
    if (const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); fd >= 0)
      admit(Fd(fd));
    const auto open = [&](const IpAddress& us, const IpAddress& peer) -> std::unique_ptr<ProbeTransport> {
      if (clients() >= kMostClients) return nullptr;
      return std::make_unique<RawTransport>(us, peer, RawTransport::Sees::wire);
    };
    const auto over = [&](auto& session) {
      try {
        if (session->step(clock(), secret_, open)) return false;
      } catch (const SystemError&) {  // a packet the kernel does not take, no descriptor left: this client's affair
      }
      served_ = served_ || session->proven();
      return true;
    };
    sessions_.erase(std::remove_if(sessions_.begin(), sessions_.end(), over), sessions_.end());
  }
  bool served() const { return served_; }

 private:
  long clients() const {
    return std::count_if(sessions_.begin(), sessions_.end(), [](const auto& s) { return s->proven(); });
  }

  // The oldest stranger of the address that has most of them makes room: who opens many gets in his own way first.
  void admit(Fd fd) {
    const auto ends = ends_of(fd.get());
    if (!ends) return;
    const auto strangers_of = [&](const IpAddress& a) {
      return std::count_if(sessions_.begin(), sessions_.end(),
                           [&](const auto& s) { return !s->proven() && s->peer() == a; });
    };
    if (static_cast<long>(sessions_.size()) - clients() >= kMostStrangers) {
      auto worst = sessions_.end();
      for (auto s = sessions_.begin(); s != sessions_.end(); ++s)
        if (!(*s)->proven() &&
            (worst == sessions_.end() || strangers_of((*s)->peer()) > strangers_of((*worst)->peer())))
          worst = s;
      sessions_.erase(worst);
    }
    sessions_.push_back(std::make_unique<AgentSession>(std::move(fd), *ends, agent_nonce(), clock()));
  }

  void wait() {
    const Time now = clock();
    Time until = Time::max();
    std::vector<pollfd> all{{listener_.get(), POLLIN, 0}};
    for (const auto& s : sessions_) {
      until = std::min(until, s->proven() ? now + kTurn : s->ends());
      if (s->listens(now)) all.push_back({s->fd(), POLLIN, 0});
    }
    const Duration left = std::max(Duration::zero(), until - now);
    const timespec limit{left.count() / 1000000000, left.count() % 1000000000};
    ::ppoll(all.data(), all.size(), sessions_.empty() ? nullptr : &limit, nullptr);
  }

  Fd listener_;
  std::string secret_;
  std::vector<std::unique_ptr<AgentSession>> sessions_;  // the oldest first
  bool served_ = false;
};

}  // namespace

void run_agent(uint16_t port, const std::string& secret, bool once) {
  if (secret.size() < 8) throw UsageError("the agent's secret has fewer than 8 characters");
  const IpAddress here = ip_address(std::array<uint8_t, 4>{127, 0, 0, 1});
  RawTransport(here, here, RawTransport::Sees::wire);  // says so now when it may not, not to the first client
  Agent agent(listener_on(port), secret);
  fmt::print("{{\"event\":\"listening\",\"port\":{}}}\n", port);
  std::fflush(stdout);
  keep_net_raw_only();  // each session opens sockets of its own
  while (!once || !agent.served()) agent.turn();
}

}  // namespace gauntlet
