// ICMP from strangers: random bytes, truncated and forged quotes, and thousands of them at once. Nothing is found that
// is not there, nothing falls over, and what is kept does not grow with what comes in.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "probe/trace.hh"
#include "virtual/route/route.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"
#include "wire/options.hh"

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

TraceRequest request_of(VirtualRoute& route) {
  TraceRequest request;
  request.source = route.client_address();
  request.destination = route.server_address();
  return request;
}

std::string findings_of(const TraceResult& r) {
  std::string told;
  for (const TraceFinding& f : r.report.findings) told += f.id + "\n";
  return told;
}

// A host too slow for what comes in: in front of every packet there wait as many of a stranger's, and reading one takes
// a while. Of every so many of ours it loses one, which is told with the next that is read, if at all.
class SlowReader : public ProbeTransport {
 public:
  struct Trouble {
    uint32_t waiting = 0;  // packets of a stranger's in front of each
    Duration reading{};    // one of them
    bool loses_capable = false, tells = false;
  };
  SlowReader(ProbeTransport& real, Trouble trouble) : real_(real), trouble_(trouble) {}
  Time now() override { return real_.now() + behind_; }
  void send(ConstBytes p) override {
    asked_ = behind_;
    real_.send(p);
  }
  std::optional<Arrival> receive(Time deadline) override {
    if (queue_.empty()) {
      auto a = real_.receive(deadline - asked_);
      if (!a) return a;
      if (trouble_.loses_capable && names_capable(a->packet)) {
        ++lost;
        return std::nullopt;
      }
      const Time came = a->at + asked_;
      for (uint32_t i = 0; i < trouble_.waiting; ++i) queue_.push_back({came, stranger_});
      queue_.push_back({came, std::move(a->packet)});
    }
    behind_ += trouble_.reading;
    Arrival next = std::move(queue_.front());
    queue_.pop_front();
    return next;
  }
  uint64_t overruns() const override { return trouble_.tells ? lost : 0; }
  uint16_t reserve_port(uint8_t proto) override { return real_.reserve_port(proto); }
  uint64_t random() override { return real_.random(); }
  uint64_t lost = 0;

 private:
  // An answer to a SYN with MP_CAPABLE, or a quote of one.
  static bool names_capable(ConstBytes p) {
    const uint8_t syn[] = {kOptMptcp, 4, 1};
    const uint8_t answer[] = {kOptMptcp, 12, 1};
    return std::search(p.begin(), p.end(), syn, std::end(syn)) != p.end() ||
           std::search(p.begin(), p.end(), answer, std::end(answer)) != p.end();
  }
  ProbeTransport& real_;
  Trouble trouble_;
  Duration behind_{}, asked_{};  // how far the host's time is ahead of the route's; when it sent last
  std::deque<Arrival> queue_;
  const std::vector<uint8_t> stranger_ = [] {
    const Packet error = icmp_error(route_address(false, 2), std::vector<uint8_t>(28, 0x45), 11, 0, 28, Filling::none);
    return std::vector<uint8_t>(error.bytes().begin(), error.bytes().end());
  }();
};

TEST(SlowHost, AnAnswerThatCameInTimeCountsHoweverLateItIsRead) {
  VirtualRoute route({.routers = 6});
  SlowReader slow(route.client(), {.waiting = 600, .reading = std::chrono::microseconds(20)});
  const TraceResult r = trace(slow, request_of(route));
  EXPECT_EQ(findings_of(r), "");
  EXPECT_EQ(r.report.hops.size(), 6u);
  for (const ProbeRun& run : r.seen.runs) EXPECT_LE(run.tries, 1) << run.name << ": all of it was answered at once";
}

TEST(SlowHost, WhatItLostItselfIsNoDrop) {
  for (const bool tells : {false, true}) {
    VirtualRoute route({.routers = 6});
    SlowReader slow(route.client(), {.loses_capable = true, .tells = tells});
    TraceRequest request = request_of(route);
    request.syn_only = true;
    const TraceResult r = trace(slow, request);
    EXPECT_GT(slow.lost, 0u);
    const bool told = std::ranges::any_of(r.report.notes, [](const auto& n) { return n.id == "probe.overrun"; });
    EXPECT_EQ(told, tells);
    // Who is not told takes it for the path: the drop must be found then, or this test shows nothing.
    EXPECT_EQ(findings_of(r), tells ? "" : "mptcp.mp_capable.syn.forward: dropped\n");
  }
}

}  // namespace
}  // namespace gauntlet
