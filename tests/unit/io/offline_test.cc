// `gauntlet box --read --write` against `gauntlet box --queue`: packets recorded in front of a live chain, given to the
// same chain offline, come out byte for byte as the live one sent them. One thing the router does by itself in between:
// it lowers the TTL before the hook. Some chains are chosen, others drawn from all boxes that can be compared so.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "capture/capture.hh"
#include "lab.hh"
#include "middleboxes/registry.hh"
#include "path/ip_edit.hh"
#include "unit/middleboxes/stream_specs.hh"
#include "util/json.hh"
#include "util/process.hh"
#include "util/rng.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using std::chrono::seconds;
using Packets = std::vector<std::vector<uint8_t>>;

struct Row {
  std::vector<std::string> specs;
  const char* proto;
  bool drawn = false, ipv6 = false;
  int port = 5000;     // that the client connects to; the server has 5000
  bool joins = false;  // MPTCP: the client has a second address, and a subflow from it
};
const Row kRows[] = {
    {{"pass"}, "tcp"},
    {{"strip:kind=8,mode=nop", "seq:dir=both", "optorder:order=shuffle"}, "tcp"},
    {{"split:size=300,options=first", "timestamps", "kind:kind=8,when=data,nth=3"}, "tcp"},
    {{"edit:find=0000000000001024,replace=edited0000001024,dir=c2s", "badcsum:when=data,nth=2,dir=s2c", "tos:dscp=10"},
     "tcp"},
    {{"coalesce:hold=60ms", "mss:max=1000"}, "tcp"},
    {{"duplicate:when=data,nth=2", "loss:rate=0.1,when=ack", "window:max=500,when=nonsyn"}, "tcp"},
    {{"seq:dir=both", "aware:xor=ff,nth=2,dir=c2s", "optorder:order=last"}, "mptcp"},
    {{"nat:pool=203.0.113.9", "seq:dir=both"}, "tcp"},
    {{"prefixnat:inside=192.0.2.0/24,outside=203.0.113.0/24", "ttl:set=99"}, "tcp"},
    {{"swap:first=0,second=3,when=data,nth=2", "flags:reserved=5,when=ack"}, "tcp"},
    {{"rst:after=4"}, "tcp"},
    {{"strip:kind=8,mode=nop", "seq:dir=both", "tos:ecn=ce"}, "tcp", false, true},
    {{"split:size=300,options=first", "ttl:set=99", "mss:max=1000"}, "tcp", false, true},
    // Acting by the clock. Recording and queue do not read it at the same moment, so what these do must not hang on
    // less than the milliseconds that lie between two steps of the transfer.
    {{"blackhole:after=3,lasts=1s"}, "tcp"},
    {{"blackhole:after=3,lasts=1s,back=no"}, "tcp", false, true},
    {{"delay:time=30ms"}, "tcp"},
    {{"delay:time=20ms,jitter=10ms"}, "tcp", false, true},
    {{"pep"}, "tcp"},
    {{"pep:dir=c2s,lose=4"}, "tcp", false, true},
    {{"police:kbit=1,burst=1500,when=data,nth=2,count=2"}, "tcp"},  // a full segment, then nothing for the next
    {{"police:kbit=1,burst=1500,when=data,nth=2,count=2"}, "tcp", false, true},
    {{"rate:kbit=500,burst=2000"}, "tcp"},
    {{"rate:kbit=500,burst=2000"}, "tcp", false, true},
    {{"reorder:gap=1,when=data,nth=2"}, "tcp"},
    {{"reorder:gap=3,when=data,hold=40ms"}, "tcp", false, true},
    {{"syn-proxy"}, "tcp"},
    {{"syn-proxy:wscale=3", "ttl:set=99"}, "tcp", false, true},
    // Its timestamps are milliseconds of that clock: without them its segments can be compared.
    {{"strip:kind=8", "split-tcp", "strip:kind=8"}, "tcp"},
    {{"strip:kind=8", "split-tcp:accept=late", "strip:kind=8"}, "tcp", false, true},
    {{"dnat:port=5000"}, "tcp", false, false, 6000},
    {{"dnat:port=5000", "seq:dir=both"}, "tcp", false, true, 6000},
    {{"lb"}, "mptcp", false, false, 5000, true},
    {{"lb:other=plain"}, "mptcp", false, true, 5000, true},
    // Full segments have room for what is added once the ends agree on smaller ones.
    {{"mss:max=1000", "addopt:option=fd0401f2"}, "tcp"},
    {{"mss:max=1000", "addopt:option=fd0401f2,when=data"}, "tcp", false, true},
    {{"mss:max=1000", "dupopt:kind=8"}, "tcp"},
    {{"dupopt:kind=8,when=data", "mss:max=1000"}, "tcp", false, true},
};

// What a drawn chain may not hold. Boxes that break the stream are not in the list that is drawn from.
const std::set<std::string> kNotDrawn = {
    // act by the clock, which differs from the recording's by what the queue takes: chosen above
    "blackhole", "coalesce", "delay", "pep", "police", "rate", "reorder", "split-tcp", "syn-proxy",
    // lead elsewhere, or act on joins: chosen above
    "dnat", "lb", "nat", "prefixnat",
    // make full segments longer than the links carry: chosen above, with smaller ones
    "addopt", "dupopt"};

// Chains of two and three boxes, one for each seed.
std::vector<Row> drawn_rows(uint64_t seeds) {
  std::vector<std::string> specs;
  for (const std::string& spec : kKeepStreams) {
    if (!kNotDrawn.contains(spec.substr(0, spec.find(':')))) specs.push_back(spec);
  }
  std::vector<Row> rows;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    Rng rng(seed);
    Row row{{}, "tcp", true};
    for (size_t n = 2 + rng.below(2); row.specs.size() < n;) row.specs.push_back(specs[rng.below(specs.size())]);
    rows.push_back(std::move(row));
  }
  return rows;
}

// Everything on one processor, so that what was captured first was also queued first.
void stay_on_one_cpu() {
  cpu_set_t all, one;
  CPU_ZERO(&one);
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
}

Child start(const NetNamespace& where, std::vector<std::string> words) {
  Spawn s;
  s.arguments = {GAUNTLET_BINARY};
  s.arguments.insert(s.arguments.end(), words.begin(), words.end());
  s.in = s.out = s.err = Stream::pipe;
  s.net_namespace = where.fd();
  return Child(s);
}

std::string line_of(const Fd& from) {
  std::string line;
  for (char c; ::read(from.get(), &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

struct Recorded {
  Time time;
  std::vector<uint8_t> bytes;
};

constexpr std::array<uint8_t, 4> kServer4 = {198, 51, 100, 1};
constexpr std::array<uint8_t, 16> kServer6 = {0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// TCP from (or to) the server's address, in order.
std::vector<Recorded> recorded(const std::string& file, bool from_server) {
  std::vector<Recorded> all;
  CaptureReader reader(file);
  for (Frame frame; reader.next(frame);) {
    const ConstBytes ip = frame.ip();
    const Layout l = layout_of(ip);
    if (!l.tcp) continue;
    const ConstBytes source = source_address(ip, l),
                     server = l.version == 4 ? ConstBytes(kServer4) : ConstBytes(kServer6);
    if (std::ranges::equal(source, server) == from_server) all.push_back({frame.time, {ip.begin(), ip.end()}});
  }
  return all;
}

// Hexadecimal, a line each, so that a difference can be read; flow by flow, because across flows the live path promises
// no order: of what it received at once the verdicts go first, then what it injects.
std::vector<std::string> bytes_of(std::vector<Recorded> all) {
  std::ranges::stable_sort(all, {}, [](const Recorded& r) { return load32(&r.bytes[layout_of(r.bytes).l4]); });
  std::vector<std::string> lines;
  for (const Recorded& r : all) {
    std::string& line = lines.emplace_back();
    for (const uint8_t byte : r.bytes) line += fmt::format("{:02x}", byte);
  }
  return lines;
}
// Both the same; else the first packets that differ.
void expect_same(const std::vector<Recorded>& offline, const std::vector<Recorded>& live) {
  const std::vector<std::string> a = bytes_of(offline), b = bytes_of(live);
  const auto [x, y] = std::ranges::mismatch(a, b);
  EXPECT_TRUE(x == a.end() && y == b.end())
      << "packet " << x - a.begin() + 1 << " of " << a.size() << " offline, " << b.size() << " live\n"
      << (x == a.end() ? "nothing" : *x) << "\n"
      << (y == b.end() ? "nothing" : *y);
}

// What the hook sees of a packet that came in (RFC 1812 5.3.1, RFC 8200 3).
void forwarded(std::vector<uint8_t>& p) {
  const Layout l = layout_of(p);
  --p[l.version == 4 ? 8 : 7];
  if (l.version == 4) store16(&p[10], ipv4_checksum(p, l));
}

void say_nothing_more(const NetNamespace& end) {
  for (const char* tool : {"iptables", "ip6tables"})
    EXPECT_TRUE(run_tool({tool, "-A", "OUTPUT", "-p", "tcp", "-j", "DROP"}, seconds(5), end.fd()).exit.ok());
}

class Offline : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    REQUIRE_NAMESPACES();
    stay_on_one_cpu();
    folder_ = (std::filesystem::temp_directory_path() / "gauntlet-offline-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  static std::string client_of(const Row& row) { return row.ipv6 ? "2001:db8:1::1" : "192.0.2.1"; }

  static std::string client_network(const Row& row) { return row.ipv6 ? "2001:db8:1::/64" : "192.0.2.0/24"; }

  // One transfer through the live chain, captured on both sides of the router.
  void live(const Row& row) {
    TestLab lab;
    ip(lab.router, "route add 203.0.113.0/24 via 192.0.2.1");  // what a NAT makes of the client
    if (row.joins) {
      const std::string second = row.ipv6 ? "2001:db8:1::9" : "192.0.2.9";
      ip(lab.client, "address add " + second + (row.ipv6 ? "/64 dev c0 nodad" : "/24 dev c0"));
      ip(lab.client, "mptcp endpoint add " + second + " dev c0 subflow");
    }
    Child capture = start(lab.router, {"capture", "r0", "r1", "--dir", folder_, "--control"});
    EXPECT_NE(line_of(capture.out()).find("ready"), std::string::npos);
    EXPECT_EQ(::write(capture.in().get(), "run live\n", 9), 9);
    EXPECT_NE(line_of(capture.out()).find("started"), std::string::npos);
    std::vector<std::string> words{"box"};
    words.insert(words.end(), row.specs.begin(), row.specs.end());
    for (const char* w : {"--queue", "3", "--client-side", "r0", "--seed", "7", "--add-rule", "FORWARD -p tcp"})
      words.emplace_back(w);
    Child box = start(lab.router, words);
    EXPECT_NE(line_of(box.err()).find("queue 3"), std::string::npos);
    const std::vector<std::string> both = {"--proto", row.proto,  "--up",    "9kB",  "--down",  "9kB",
                                           "--load",  "pingpong", "--write", "3000", "--stall", "9000"};
    const std::string from = client_of(row), to = row.ipv6 ? "2001:db8:2::1" : "198.51.100.1";
    std::vector<std::string> serve{"serve", "--bind", to, "--port", "5000", "--once"},
        connect{"connect", "--to", to, "--port", std::to_string(row.port), "--bind", from};
    serve.insert(serve.end(), both.begin(), both.end());
    connect.insert(connect.end(), both.begin(), both.end());
    Child server = start(lab.server, serve);
    EXPECT_NE(line_of(server.out()).find("listening"), std::string::npos);
    Child client = start(lab.client, connect);
    EXPECT_EQ(client.wait(seconds(40))->code, 0) << line_of(client.err());
    EXPECT_EQ(server.wait(seconds(40))->code, 0) << line_of(server.err());
    // On a busy machine a last SYN may still wait for the box, and a last reset would come when it is gone, and pass.
    say_nothing_more(lab.client);
    say_nothing_more(lab.server);
    box.signal(SIGTERM);
    const Json report = Json::parse(line_of(box.out()));
    EXPECT_EQ(box.wait(seconds(10))->code, 0) << line_of(box.err());
    hits_ = report["hits"];
    capture.signal(SIGTERM);
    EXPECT_EQ(capture.wait(seconds(10))->code, 0) << line_of(capture.err());
  }

  void offline(const Row& row, std::vector<Recorded> in) {
    std::ranges::stable_sort(in, {}, &Recorded::time);
    CaptureWriter file(folder_ + "/in.pcapng", "recorded", LinkType::raw);
    for (Recorded& r : in) {
      forwarded(r.bytes);
      file.frame(r.time, r.bytes);
    }
    file.close();
    std::vector<std::string> words{"box"};
    words.insert(words.end(), row.specs.begin(), row.specs.end());
    for (const std::string& w :
         {std::string("--read"), folder_ + "/in.pcapng", std::string("--write"), folder_ + "/out.pcapng",
          std::string("--dir-by"), "client=" + client_network(row), std::string("--seed"), std::string("7")})
      words.push_back(w);
    Child box = start(NetNamespace::current(), words);
    EXPECT_EQ(box.wait(seconds(20))->code, 0) << line_of(box.err());
  }

  std::string folder_;
  int hits_ = 0;
};

TEST_P(Offline, SendsWhatTheLiveChainSent) {
  const Row& row = GetParam();
  SCOPED_TRACE(testing::PrintToString(row.specs));
  live(row);
  ASSERT_FALSE(HasFailure());
  if (!row.drawn) {  // a drawn chain may find nothing to do
    EXPECT_EQ(hits_ > 0, row.specs[0] != "pass");
  }
  const std::string client_side = folder_ + "/live/r0.pcapng", server_side = folder_ + "/live/r1.pcapng";
  std::vector<Recorded> in = recorded(client_side, false);
  const std::vector<Recorded> down = recorded(server_side, true);
  in.insert(in.end(), down.begin(), down.end());
  EXPECT_GT(in.size(), 15u);
  offline(row, in);
  expect_same(recorded(folder_ + "/out.pcapng", false), recorded(server_side, false));
  expect_same(recorded(folder_ + "/out.pcapng", true), recorded(client_side, true));
}

// The rest of a TCP segment that was cut (IPv4, offset 8, 100 bytes): boxes that speak of IP act on it like on any
// packet, boxes that speak of TCP let it pass.
TEST(OfflineFragments, AFragmentAfterTheFirstReachesTheBoxes) {
  std::vector<uint8_t> came = {0x45, 0, 0, 100, 0, 0, 0, 1, 0x40, 6, 0x8e, 0x5d, 192, 0, 2, 1, 198, 51, 100, 1};
  for (int i = 0; i < 80; ++i) came.push_back(static_cast<uint8_t>(i));
  ASSERT_EQ(load16(&came[10]), ipv4_checksum(came, layout_of(came)));
  const auto with = [&](std::initializer_list<std::pair<size_t, uint8_t>> bytes) {
    std::vector<uint8_t> p = came;
    for (const auto& [at, value] : bytes) p[at] = value;
    return Packets{p};
  };
  const std::pair<const char*, Packets> rows[] = {
      {"prefixnat:inside=192.0.2.0/29,outside=203.0.113.8/29",
       with({{10, 0x14}, {11, 0x55}, {12, 203}, {14, 113}, {15, 9}})},
      {"ttl:set=200", with({{8, 200}, {10, 0x06}})},
      {"tos:ecn=ce", with({{1, 3}, {11, 0x5a}})},
      {"drop", {}},
      {"pmtu:size=99", {}},
      {"pmtu:size=100", {came}},
      {"drop:kind=30", {came}},
      {"nat:pool=203.0.113.9", {came}},
      {"seq:dir=both", {came}},
      {"edit:xor=ff,when=any", {came}},
      {"icmp:count=0,when=any", {came}},
      {"split-tcp", {came}},
      {"inwindow", {came}},
  };
  std::string folder = (std::filesystem::temp_directory_path() / "gauntlet-fragments-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string in = folder + "/in.pcapng", out = folder + "/out.pcapng";
  CaptureWriter file(in, "by hand", LinkType::raw);
  file.frame(Time(1'000'000'000), came);
  file.close();
  for (const auto& [spec, wanted] : rows) {
    SCOPED_TRACE(spec);
    const Output o = run_tool(
        {GAUNTLET_BINARY, "box", spec, "--read", in, "--write", out, "--dir-by", "client=192.0.2.1"}, seconds(20));
    EXPECT_TRUE(o.exit.ok()) << o.err;
    EXPECT_EQ(Json::parse(o.out)["passed_by"], 0);
    EXPECT_EQ(Json::parse(o.out)["boxes"][0]["seen"]["fragments"], 1);
    Packets got;
    CaptureReader reader(out);
    for (Frame frame; reader.next(frame);) got.emplace_back(frame.ip().begin(), frame.ip().end());
    EXPECT_EQ(got, wanted);
  }
  std::filesystem::remove_all(folder);
}

std::string row_name(const testing::TestParamInfo<Row>& row) {
  return std::to_string(row.index) + "_" + row.param.proto;
}
INSTANTIATE_TEST_SUITE_P(Chains, Offline, testing::ValuesIn(kRows), row_name);
INSTANTIATE_TEST_SUITE_P(DrawnChains, Offline, testing::ValuesIn(drawn_rows(12)), row_name);

}  // namespace
}  // namespace gauntlet
