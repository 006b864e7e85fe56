// Two real TCP endpoints with a box between them, in virtual time, through a path that loses, doubles and reorders in
// front of the box and behind it: the declared bytes arrive, both ways, whatever the seed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "middleboxes/registry.hh"
#include "virtual/world.hh"

namespace gauntlet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ChainMiddle final : public Middle {
 public:
  ChainMiddle(const std::vector<Chain::Link>& links, uint64_t seed) : chain_(links, seed) {}
  void packet(Packet p, bool to_server, Time now, const Out& out) override {
    Sink sink(out);
    chain_.packet(std::move(p), to_server ? Direction::to_server : Direction::to_client, now, sink);
  }
  std::optional<Time> next_tick() const override { return chain_.next_tick(); }
  void tick(Time now, const Out& out) override {
    Sink sink(out);
    chain_.tick(now, sink);
  }

 private:
  struct Sink final : Emit {
    explicit Sink(const Out& o) : out(o) {}
    void send(Packet p, Direction toward) override { out(std::move(p), toward == Direction::to_server); }
    const Out& out;
  };
  Chain chain_;
};

// What a box does to a stream, for those that do something; every other box must deliver what was sent.
struct Row {
  const char* spec;
  bool nat = false;  // the server sees another client
};
const Row kRows[] = {
    {"pass"},
    {"strip:kind=30"},
    {"strip:kind=5"},
    {"strip:kind=8,mode=nop"},
    {"strip:kind=3"},
    {"seq:dir=both"},
    {"seq:dir=both,sack=no"},
    {"split:size=200"},
    {"split:parts=3,options=first"},
    {"coalesce"},
    {"nat:pool=203.0.113.4+2001:db8:ff::/64", true},
    {"ftp:to=203.0.113.4"},
    {"syn-proxy"},
    {"syn-proxy:wscale=2,mss=900"},
    {"split-tcp"},
    {"split-tcp:accept=late,buffer=4KiB"},
    {"pep"},
    {"pep:dir=c2s"},
    {"pep:dir=s2c,after=5"},
    {"normaliser"},
    {"normaliser:holes=drop"},
    {"normaliser:copy=sender"},
    {"hole"},
    {"hole:dir=s2c"},
    {"ack-unseen"},
    {"ack-unseen:mode=correct"},
    {"inwindow"},
    {"tfo-strip"},
    {"blackhole:after=5,lasts=3s"},
};

class Streams : public testing::TestWithParam<Row> {};

void one_round(const Row& row, uint64_t seed) {
  SCOPED_TRACE(testing::Message() << row.spec << " seed " << seed);
  Rng rng(seed);
  const TcpPair pair = client_pair(rng.chance(0.4));
  const TcpConfig client = random_config(rng, pair);
  TcpConfig server = random_config(rng, pair.swapped());
  if (row.nat) server.pair = {};
  World w(client, server, seed, std::make_unique<ChainMiddle>(std::vector{link_of(row.spec)}, seed));
  for (Weather* weather : {&w.near, &w.far}) {
    weather->loss = rng.chance(0.4) ? 0 : 0.01 * static_cast<double>(rng.below(10));
    weather->duplicate = rng.chance(0.6) ? 0 : 0.1;
    weather->reorder = rng.chance(0.6) ? 0 : 0.2;
    weather->delay = milliseconds(1 + rng.below(20));
  }
  for (End* e : {&w.client, &w.server}) {
    e->to_send = stream_bytes(rng, rng.chance(0.1) ? 0 : rng.below(40000));
    if (rng.chance(0.3)) {
      e->read_step = 1 + rng.below(5000);
      e->read_pause = milliseconds(rng.below(40));
    }
  }
  w.start();
  ASSERT_TRUE(w.run(seconds(6000))) << name_of(w.client.tcp.state()) << " " << name_of(w.server.tcp.state()) << ", got "
                                    << w.server.got.size() << " of " << w.client.to_send.size() << " and "
                                    << w.client.got.size() << " of " << w.server.to_send.size();
  ASSERT_TRUE(w.server.got == w.client.to_send) << w.server.got.size() << " of " << w.client.to_send.size();
  ASSERT_TRUE(w.client.got == w.server.to_send) << w.client.got.size() << " of " << w.server.to_send.size();
  ASSERT_EQ(w.client.tcp.error(), TcpError::none);
  ASSERT_EQ(w.server.tcp.error(), TcpError::none);
}

TEST_P(Streams, AllBytesArriveBothWays) {
  for (uint64_t seed = 1; seed <= 50 && !HasFailure(); ++seed) one_round(GetParam(), seed);
}

std::string row_name(const testing::TestParamInfo<Row>& row) {
  std::string name = std::to_string(row.index) + "_" + row.param.spec;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Boxes, Streams, testing::ValuesIn(kRows), row_name);

}  // namespace
}  // namespace gauntlet
