// What comes in while nobody reads, on real sockets.
#include "probe/inlet.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "lab.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// A TCP connection of this namespace with itself, over the loopback interface.
struct OwnConnection {
  OwnConnection() {
    const Fd listener(check("open a socket", ::socket(AF_INET, SOCK_STREAM, 0)));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof to;
    check("bind", ::bind(listener.get(), reinterpret_cast<sockaddr*>(&to), size));
    check("listen", ::listen(listener.get(), 1));
    check("ask for the port", ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&to), &size));
    client = Fd(check("open a socket", ::socket(AF_INET, SOCK_STREAM, 0)));
    check("connect", ::connect(client.get(), reinterpret_cast<sockaddr*>(&to), size));
    server = Fd(check("accept", ::accept(listener.get(), nullptr, nullptr)));
  }
  void one_segment() {
    char byte = 'x';
    check_size("send", ::send(client.get(), &byte, 1, 0));
    check_size("receive", ::recv(server.get(), &byte, 1, 0));
  }
  Fd client, server;
};

// SO_RXQ_OVFL counts as well, and kills who reads the first segment behind a loss: docs/findings.md, 20.
void loses_and_reads_on(bool wire) {
  const IpAddress here = *parse_ip_address("127.0.0.1");
  const NetNamespace n = NetNamespace::fresh();
  ip(n, "link set lo up");
  n.run([&] {
    Inlet inlet = wire ? Inlet::of_wire(here, false) : Inlet::of_host(here);
    OwnConnection connection;
    EXPECT_EQ(inlet.overruns(), 0u);
    constexpr int kMost = 200000;
    int sent = 0;
    while (inlet.overruns() == 0 && ++sent < kMost) connection.one_segment();
    ASSERT_LT(sent, kMost) << "the queue has no end";
    int came = 0;
    while (inlet.next()) ++came;
    EXPECT_GT(came, 100);
    const uint64_t lost = inlet.overruns();
    for (int i = 0; i < 10; ++i) connection.one_segment();
    for (came = 0; inlet.next();) ++came;
    EXPECT_GE(came, 10);
    EXPECT_EQ(inlet.overruns(), lost);
  });
}

TEST(Inlet, CountsWhatItLosesOfTheWireAndReadsOn) {
  REQUIRE_NAMESPACES();
  loses_and_reads_on(true);
}

TEST(Inlet, CountsWhatItLosesOfTheHostAndReadsOn) {
  REQUIRE_NAMESPACES();
  loses_and_reads_on(false);
}

}  // namespace
}  // namespace gauntlet
