#include "endpoint_pair.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "lab.hh"
#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

// True once every interface of the namespace is operational: the first SYN would wait a second otherwise.
bool links_up(const NetNamespace& where) {
  const Output o = run_tool({"ip", "-o", "link", "show", "up"}, std::chrono::seconds(10), where.fd());
  size_t up = 0;
  for (size_t at = 0; (at = o.out.find("state UP", at)) != std::string::npos; ++at) ++up;
  return up >= 2;
}

void write_text(int fd, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) return;
    done += static_cast<size_t>(n);
  }
}

}  // namespace

TwoPaths::TwoPaths() : client(NetNamespace::fresh()), server(NetNamespace::fresh()) {
  const std::string there = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(server.fd());
  for (const NetNamespace* where : {&client, &server}) ip(*where, "link set lo up");
  for (int path = 1; path <= 2; ++path) {
    const std::string n = std::to_string(path), c = "c" + n, s = "s" + n;
    // Different interface indexes: with equal ones link-watch takes a second.
    ip(client, "link add " + c + " index " + std::to_string(10 * path) + " type veth peer name " + s + " index " +
                   std::to_string(10 * path + 1));
    ip(client, "link set " + s + " netns " + there);
    ip(client, "addr add 192.0.2." + std::to_string(path == 1 ? 1 : 33) + "/27 dev " + c);
    ip(server, "addr add 192.0.2." + std::to_string(path == 1 ? 2 : 34) + "/27 dev " + s);
    ip(client, "addr add 2001:db8:" + n + "::1/64 nodad dev " + c);
    ip(server, "addr add 2001:db8:" + n + "::2/64 nodad dev " + s);
    ip(client, "link set " + c + " up");
    ip(server, "link set " + s + " up");
  }
  // The join goes from the second address to the server's first: by the second path, and so do the answers.
  ip(client, "route add 192.0.2.2/32 dev c2 src 192.0.2.33 table 2");
  ip(client, "rule add from 192.0.2.33 table 2");
  ip(client, "-6 route add 2001:db8:1::2/128 via 2001:db8:2::2 dev c2 table 2");
  ip(client, "-6 rule add from 2001:db8:2::1 table 2");
  for (const NetNamespace* where : {&client, &server}) {
    ip(*where, "mptcp limits set subflow 4 add_addr_accepted 4");
    run_tool({"sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=0", "net.mptcp.close_timeout=2"},
             std::chrono::seconds(10), where->fd());
  }
  ip(client, "mptcp endpoint add 192.0.2.33 dev c2 subflow");
  ip(client, "mptcp endpoint add 2001:db8:2::1 dev c2 subflow");
  for (int i = 0; i < 200 && !(links_up(client) && links_up(server)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

InChild::InChild(const NetNamespace& where, const std::function<std::string(int)>& what) {
  int ends[2];
  check("make a pipe", ::pipe(ends));
  pid_ = check("fork", ::fork());
  if (pid_ > 0) {
    ::close(ends[1]);
    pipe_ = Fd(ends[0]);
    return;
  }
  ::alarm(60);  // whatever happens to the test
  try {
    where.run([&] { write_text(ends[1], what(ends[1])); });
  } catch (const std::exception& e) {
    write_text(ends[1], Json{{"exception", e.what()}}.dump() + "\n");
  }
  ::_exit(0);
}

InChild::~InChild() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string InChild::line() {
  size_t end = 0;
  while ((end = pending_.find('\n')) == std::string::npos) {
    char part[4096];
    const ssize_t n = ::read(pipe_.get(), part, sizeof part);
    if (n <= 0) return std::exchange(pending_, "");
    pending_.append(part, static_cast<size_t>(n));
  }
  const std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

std::string InChild::rest() {
  std::string all = std::exchange(pending_, "");
  char part[4096];
  for (ssize_t n = 0; (n = ::read(pipe_.get(), part, sizeof part)) > 0;) all.append(part, static_cast<size_t>(n));
  return all;
}

void InChild::signal(int number) const { ::kill(pid_, number); }

Endpoint::Endpoint(const NetNamespace& where, const EndpointPlan& plan)
    : child_(where, [&plan](int out) {
        return run_endpoint(plan, [out](uint16_t port) { write_text(out, std::to_string(port) + "\n"); }).dump() + "\n";
      }) {}

uint16_t Endpoint::wait_until_listening() { return static_cast<uint16_t>(std::stoi(child_.line())); }

Json Endpoint::report() { return Json::parse(child_.line(), nullptr, false); }

EndpointPlan server_plan() {
  EndpointPlan p;
  p.server = true;
  p.bind = "192.0.2.2";
  p.port = 5000;
  p.up = p.down = 50'000;
  p.tag = 0x2a;
  p.stall = std::chrono::seconds(3);
  p.limit = std::chrono::seconds(15);
  p.linger_limit = std::chrono::seconds(5);
  return p;
}

EndpointPlan client_of(EndpointPlan server) {
  server.to = std::exchange(server.bind, "");
  server.server = false;
  server.received.clear();
  return server;
}

Reports run_pair(const TwoPaths& net, const EndpointPlan& server) { return run_pair(net, server, client_of(server)); }

Reports run_pair(const TwoPaths& net, const EndpointPlan& server, const EndpointPlan& client) {
  Endpoint s(net.server, server);
  s.wait_until_listening();
  Endpoint c(net.client, client);
  Reports r;
  r.client = c.report();
  r.server = s.report();
  return r;
}

}  // namespace gauntlet
