// ICMP from strangers: random bytes, truncated and forged quotes, and thousands of them at once. Nothing is found that
// is not there, nothing falls over, and what is kept does not grow with what comes in.
#include <gtest/gtest.h>

#include "probe/trace.hh"
#include "virtual/route/route.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

enum class Stranger {
  noise,      // no packet at all
  off_path,   // knows addresses, protocols and the server's port, and guesses the rest
  truncated,  // real answers once more, without their end
  on_path,    // real answers with bytes of the quote turned over: no claim about what is found then
};

// What comes in, with so many packets of the stranger's before each of ours.
class Crowd : public ProbeTransport {
 public:
  Crowd(ProbeTransport& real, Stranger who, uint32_t burst, uint64_t seed)
      : real_(real), who_(who), burst_(burst), rng_(seed) {}
  Time now() override { return real_.now(); }
  void send(ConstBytes p) override {
    if (last_.size() < 64)
      last_.emplace_back(p.begin(), p.end());
    else
      last_[rng_.below(last_.size())].assign(p.begin(), p.end());
    real_.send(p);
  }
  std::optional<Arrival> receive(Time deadline) override {
    if (!last_.empty() && left_ > 0) {
      --left_;
      ++forged;
      return Arrival{real_.now(), forge()};
    }
    auto a = real_.receive(deadline);
    left_ = burst_;
    if (a) heard_ = a->packet;
    return a;
  }
  uint16_t reserve_port(uint8_t proto) override { return real_.reserve_port(proto); }
  uint64_t random() override { return real_.random(); }
  uint64_t forged = 0;

 private:
  std::vector<uint8_t> noise(size_t size) {
    std::vector<uint8_t> p(size);
    for (uint8_t& b : p) b = static_cast<uint8_t>(rng_.next());
    return p;
  }
  std::vector<uint8_t> forge() {
    if (who_ == Stranger::noise) {
      std::vector<uint8_t> p = noise(rng_.below(120));
      if (!p.empty() && rng_.chance(0.8)) p[0] = rng_.chance(0.5) ? 0x45 : 0x60;  // looks like IP
      return p;
    }
    if (who_ != Stranger::off_path && !heard_.empty()) {
      std::vector<uint8_t> p = heard_;
      if (who_ == Stranger::truncated) {
        p.resize(rng_.below(p.size()));
      } else {
        for (int i = 0; i < 4; ++i) p[rng_.below(p.size())] ^= static_cast<uint8_t>(rng_.next());
      }
      return p;
    }
    std::vector<uint8_t> quoted = last_[rng_.below(last_.size())];
    const Layout l = layout_of(quoted);
    const size_t l4 = l.l4;
    if (l.version == 4) store16(&quoted[4], static_cast<uint16_t>(rng_.next()));
    if (l.version == 6) store32(&quoted[0], 0x60000000u | (static_cast<uint32_t>(rng_.next()) & 0xfffff));
    store16(&quoted[l4], static_cast<uint16_t>(rng_.next()));  // the port it left from
    for (size_t i = l4 + 4; i < quoted.size(); ++i) quoted[i] = static_cast<uint8_t>(rng_.next());
    const bool v6 = l.version == 6;
    const Packet error =
        icmp_error(route_address(v6, static_cast<int>(1 + rng_.below(20))), quoted, v6 ? 3 : 11, 0,
                   l4 + rng_.below(quoted.size() - l4 + 1), rng_.chance(0.3) ? drawn_filling(rng_) : Filling::none);
    const ConstBytes bytes = error.bytes();
    return {bytes.begin(), bytes.end()};
  }

  ProbeTransport& real_;
  Stranger who_;
  uint32_t burst_, left_ = 0;
  Rng rng_;
  std::vector<std::vector<uint8_t>> last_;
  std::vector<uint8_t> heard_;
};

size_t kept_by(const Observation& o) {
  size_t n = 0;
  for (const ProbeRun& r : o.runs) n += r.quotes.size() + r.replies.size();
  return n;
}

class Hostile : public testing::TestWithParam<Stranger> {};

TEST_P(Hostile, NothingIsFoundAndLittleIsKept) {
  for (const bool v6 : {false, true})
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      RouteConfig config{.routers = static_cast<int>(3 + seed), .v6 = v6, .seed = seed};
      VirtualRoute route(config);
      Crowd crowd(route.client(), GetParam(), 20, seed);
      TraceRequest request;
      request.source = route.client_address();
      request.destination = route.server_address();
      const TraceResult r = trace(crowd, request);
      EXPECT_GT(crowd.forged, 2000u);
      EXPECT_LE(kept_by(r.seen), r.seen.runs.size() * (4u * 63 + 16));
      if (GetParam() == Stranger::on_path) continue;
      std::string told;
      for (const TraceFinding& f : r.report.findings) told += f.sentence + "\n";
      EXPECT_EQ(told, "") << (v6 ? "IPv6" : "IPv4") << " seed " << seed;
    }
}

std::string name_of_stranger(const testing::TestParamInfo<Stranger>& info) {
  static constexpr const char* kNames[] = {"Noise", "OffPath", "Truncated", "OnPath"};
  return kNames[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(All, Hostile,
                         testing::Values(Stranger::noise, Stranger::off_path, Stranger::truncated, Stranger::on_path),
                         name_of_stranger);

// The same probe's true answer, a hundred thousand times over and a little different each time.
TEST(HostileFlood, WhatIsKeptIsBounded) {
  RouteConfig config{.routers = 4};
  VirtualRoute route(config);
  Crowd crowd(route.client(), Stranger::on_path, 400, 7);
  TraceRequest request;
  request.source = route.client_address();
  request.destination = route.server_address();
  request.syn_only = true;
  const TraceResult r = trace(crowd, request);
  EXPECT_GT(crowd.forged, 10000u);
  EXPECT_LE(kept_by(r.seen), r.seen.runs.size() * (4u * 63 + 16));
}

}  // namespace
}  // namespace gauntlet
