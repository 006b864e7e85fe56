// The parts of the endpoint that need no socket: schedule, counters, socket tables, kernel structures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/counters.hh"
#include "io/endpoint_linger.hh"
#include "io/endpoint_schedule.hh"
#include "io/mptcp_info.hh"

namespace gauntlet {
namespace {

EndpointPlan plan_of(EndpointLoad load, bool server, uint64_t up, uint64_t down) {
  EndpointPlan p;
  p.load = load;
  p.server = server;
  p.up = up;
  p.down = down;
  return p;
}

TEST(Schedule, PacedWritesOncePerTick) {
  SendSchedule s(plan_of(EndpointLoad::paced, false, 2500, 0));
  EXPECT_EQ(s.next(0), 0u);
  s.tick();
  EXPECT_EQ(s.next(0), 1000u);
  s.tick();      // a late tick gives no second write
  s.wrote(400);  // a partial write is finished first
  EXPECT_EQ(s.next(0), 600u);
  s.wrote(600);
  EXPECT_EQ(s.next(0), 0u);
  s.tick();
  s.wrote(1000);
  s.tick();
  EXPECT_EQ(s.next(0), 500u);
  s.wrote(500);
  EXPECT_TRUE(s.done());
}

TEST(Schedule, BulkWritesWhatThereIs) {
  SendSchedule s(plan_of(EndpointLoad::bulk, true, 0, 100'000));
  EXPECT_EQ(s.next(0), 65536u);
  s.wrote(65536);
  EXPECT_EQ(s.next(0), 34464u);
}

TEST(Schedule, PingpongTakesTurns) {
  SendSchedule client(plan_of(EndpointLoad::pingpong, false, 2500, 1500)),
      server(plan_of(EndpointLoad::pingpong, true, 2500, 1500));
  EXPECT_EQ(server.next(0), 0u);
  EXPECT_EQ(client.next(0), 1000u);
  client.wrote(1000);
  EXPECT_EQ(client.next(0), 0u);  // until the answer is there, whole
  EXPECT_EQ(client.next(999), 0u);
  EXPECT_EQ(server.next(999), 0u);
  EXPECT_EQ(server.next(1000), 1000u);
  server.wrote(1000);
  EXPECT_EQ(client.next(1000), 1000u);
  client.wrote(1000);
  EXPECT_EQ(server.next(2000), 500u);  // its last turn is short
  server.wrote(500);
  EXPECT_EQ(client.next(1500), 500u);  // all is heard: the rest goes
  client.wrote(500);
  EXPECT_TRUE(client.done() && server.done());
}

TEST(Schedule, OneEndSendsAPreambleWhileBothWait) {
  for (const EndpointLoad load : {EndpointLoad::paced, EndpointLoad::bulk, EndpointLoad::pingpong}) {
    EndpointPlan p = plan_of(load, false, 5000, 5000);
    p.subflows = 2;
    SendSchedule client(p);
    EXPECT_EQ(client.next(0), 1000u);
    client.wrote(1000);
    client.tick();
    EXPECT_EQ(client.next(0), 0u);
    p.server = true;
    EXPECT_EQ(SendSchedule(p).next(0), 0u);
    p.up = 0;  // then the server has to
    EXPECT_EQ(SendSchedule(p).next(0), 1000u);
    p.mptcp = false;
    EXPECT_FALSE(waits_for_subflows(p));
    client.open();
    client.tick();
    const size_t then = load == EndpointLoad::paced ? 1000 : load == EndpointLoad::bulk ? 4000 : 0;
    EXPECT_EQ(client.next(0), then);
  }
}

TEST(Counters, NamesAreTakenFromTheFile) {
  Counters c;
  add_counters("TcpExt: A B C\nTcpExt: 1 2 3\nIpExt: A\nIpExt: 9\nMPTcpExt: New Gauge\nMPTcpExt: 7 -1\n", "TcpExt:", c);
  EXPECT_EQ(c, (Counters{{"A", 1}, {"B", 2}, {"C", 3}}));
  add_counters("TcpExt: A\nTcpExt: 1\nMPTcpExt: New Gauge\nMPTcpExt: 7 -1\n", "MPTcpExt:", c);
  EXPECT_EQ(c.at("New"), 7);
  EXPECT_EQ(c.at("Gauge"), -1);
  const Counters d = difference({{"A", 1}, {"Gone", 4}}, c);
  EXPECT_EQ(d.at("A"), 0);
  EXPECT_EQ(d.at("New"), 7);  // not there before: was 0
  EXPECT_EQ(d.count("Gone"), 0u);
}

TEST(Counters, ThisKernelHasSome) { EXPECT_GT(read_counters().count("TCPTimeouts"), 0u); }

TEST(Lingering, CountsSocketsOfThePortOnly) {
  const char* table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"  // listener
      "   1: 0100007F:1388 0100007F:8BC8 01 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
      "   2: 0100007F:8BC8 0100007F:1388 04 00000000:00000000 00:00000000 00000000     0        0 3 1\n"  // FIN_WAIT1
      "   3: 0100007F:8BC9 0100007F:1388 06 00000000:00000000 03:00000EA8 00000000     0        0 0 3\n"  // TIME_WAIT
      "   4: 0100007F:1389 0100007F:8BC8 01 00000000:00000000 00:00000000 00000000     0        0 4 1\n";
  EXPECT_EQ(count_sockets(table, 5000), 2u);
  EXPECT_EQ(count_sockets(table, 5001), 1u);
  EXPECT_EQ(count_sockets(table, 5002), 0u);
  EXPECT_EQ(count_sockets("", 5000), 0u);
  const char* protocols =
      "protocol  size sockets  memory press maxhdr  slab module     cl co di\n"
      "MPTCPv6   2064      1       0   no       0   yes  kernel      y  n\n"
      "MPTCP     1936      3       0   no       0   yes  kernel      y  n\n"
      "TCP       2432      9       0   no     320   yes  kernel      y  y\n";
  EXPECT_EQ(count_mptcp(protocols), 4u);
  EXPECT_EQ(count_mptcp("TCP 1 1\n"), 0u);
}

TEST(KernelStructures, FieldsThatWereNotFilledAreNotThere) {
  std::vector<uint8_t> bytes(96, 0);
  bytes[0] = 3;  // subflows
  bytes[12] = 0x78, bytes[13] = 0x56, bytes[14] = 0x34, bytes[15] = 0x12;
  bytes[80] = 4;
  const Json all = decode(mptcp_info_fields(), bytes);
  EXPECT_EQ(all["mptcpi_subflows"], 3);
  EXPECT_EQ(all["mptcpi_token"], 0x12345678);
  EXPECT_EQ(all["mptcpi_subflows_total"], 4);
  const Json old = decode(mptcp_info_fields(), std::span(bytes).first(43));  // Linux 5.17
  EXPECT_TRUE(old.contains("mptcpi_csum_enabled"));
  EXPECT_FALSE(old.contains("mptcpi_bytes_sent"));
  EXPECT_FALSE(old.contains("mptcpi_subflows_total"));
  std::vector<uint8_t> tcp(8, 0);
  tcp[0] = 1;
  tcp[6] = 0x97;  // snd_wscale 7, rcv_wscale 9
  tcp[7] = 0x05;  // app limited, fastopen_client_fail 2
  const Json t = decode(tcp_info_fields(), tcp);
  EXPECT_EQ(t["tcpi_state"], 1);
  EXPECT_EQ(t["tcpi_snd_wscale"], 7);
  EXPECT_EQ(t["tcpi_rcv_wscale"], 9);
  EXPECT_EQ(t["tcpi_delivery_rate_app_limited"], 1);
  EXPECT_EQ(t["tcpi_fastopen_client_fail"], 2);
  EXPECT_FALSE(t.contains("tcpi_rto"));
}

}  // namespace
}  // namespace gauntlet
