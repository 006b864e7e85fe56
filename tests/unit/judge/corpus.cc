// Every box of the catalogue over a hand-made conversation: the diff finds its edit, and nothing the box does not
// declare.
#include <gmock/gmock.h>

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "judge/bench.hh"
#include "middleboxes/registry.hh"
#include "path/chain.hh"
#include "talk.hh"
#include "util/box_schema.hh"

namespace gauntlet::test {
namespace {

struct Labelled {
  const char* spec;
  std::vector<std::string> kinds;  // each of these must be found
};

const Labelled kCorpus[] = {
    {"pass", {}},
    {"strip:kind=30,when=syn", {"removed"}},
    {"strip:kind=30,when=synack,mode=nop", {"nopped"}},
    {"strip:kind=30,when=nonsyn,mode=eol", {"eoled"}},
    {"strip:kind=30,mode=eol,rest=zero,when=syn", {"eoled"}},
    {"strip:kind=30,subtype=dss,dir=c2s", {"removed"}},
    {"strip:kind=2", {"removed"}},
    {"seq:dir=c2s", {"isn_shift"}},
    {"seq:dir=both", {"isn_shift"}},
    {"seq:dir=both,ack=no", {"isn_shift"}},
    {"split:dir=c2s", {"split", "copied_to_pieces"}},
    {"split:options=first,size=300", {"split"}},
    {"split:options=last,parts=3", {"split"}},
    {"coalesce:dir=c2s", {"merged", "lost_in_merge"}},
    {"coalesce:options=last,max=3000,segments=3", {"merged"}},
    {"coalesce:options=none,dir=s2c", {"merged", "lost_in_merge"}},
    {"nat:pool=203.0.113.9", {"addr_rewritten", "port_rewritten"}},
    {"nat:pool=203.0.113.9,ports=keep", {"addr_rewritten"}},
    {"edit:xor=01,offset=2500,dir=c2s", {"changed"}},
    {"edit:find=c2s,replace=C2S,times=3,dir=c2s", {"changed"}},
    {"edit:find=c2s,replace=client,times=1,dir=c2s", {"inserted"}},
    {"edit:find=s2c,replace=s,times=4,dir=s2c", {"deleted"}},
};

struct Wire final : Emit {
  Scene* scene = nullptr;
  Time now{};
  void send(Packet p, Direction toward) override {
    auto& out = toward == Direction::to_server ? scene->server : scene->client;
    out.push_back({now += std::chrono::microseconds(10), {p.bytes().begin(), p.bytes().end()}});
  }
};

// The conversation through the box: data of a subflow come in bursts, so that there is something to merge, and some are
// sent again.
void through(const char* spec, std::vector<DeclaredEdit>& declares, Scene& scene) {
  const BoxText text = parse_box_text(spec);
  const BoxEntry* entry = find_box(text.name);
  if (!entry) throw std::runtime_error(text.name);
  const Params params = check_params(entry->schema, text.written);
  declares = entry->schema.declares(params);
  Chain chain({{entry, params}}, 7);
  Talk talk;
  talk.handshake();
  for (uint64_t at = 0; at < 9000; at += 1500) {
    for (const Way way : kWays) talk.data(way, at, 500).data(way, at + 500, 500).data(way, at + 1000, 500);
    talk.acks(Way::s2c).acks(Way::c2s);
    if (at == 3000) talk.log.push_back(talk.log[talk.log.size() - 6]);  // a retransmission
  }
  talk.data_fin(Way::c2s, 9000).data_fin(Way::s2c, 9000).fin();
  Wire wire;
  wire.scene = &scene;
  Time now = std::chrono::seconds(1'700'000'000);
  Raw arrived;  // the last packet the server got
  for (const Sent& s : talk.log) {
    now += std::chrono::milliseconds(1);
    while (chain.next_tick() && *chain.next_tick() <= now) {
      wire.now = *chain.next_tick();
      chain.tick(*chain.next_tick(), wire);
    }
    Tcp sent = s.tcp;
    if (s.way == Way::s2c && !scene.server.empty()) {  // the server answers whom it saw
      const Raw& seen = arrived;
      sent.destination = fmt::format("{}.{}.{}.{}", seen[12], seen[13], seen[14], seen[15]);
      sent.dport = load16(&seen[20]);
    }
    const Raw bytes = sent.bytes();
    (s.way == Way::c2s ? scene.client : scene.server).push_back({now, bytes});
    wire.now = now;
    const size_t before = scene.server.size();
    chain.packet(Packet(bytes), s.way == Way::c2s ? Direction::to_server : Direction::to_client, now, wire);
    if (s.way == Way::c2s && scene.server.size() > before) arrived = scene.server.back().bytes;
  }
  wire.now = now;
  chain.flush(wire);
}

TEST(Corpus, EveryBoxShowsWhatItDeclaresAndNothingElse) {
  for (const Labelled& l : kCorpus) {
    std::vector<DeclaredEdit> declares;
    Scene scene;
    through(l.spec, declares, scene);
    const Diff diff = scene.diff();
    for (const Difference& d : diff.differences) {
      EXPECT_TRUE(declared_by(declares, d)) << l.spec << ": " << to_json(d).dump();
    }
    for (const std::string& kind : l.kinds) {
      const bool found = std::any_of(diff.differences.begin(), diff.differences.end(),
                                     [&](const Difference& d) { return d.kind == kind; });
      EXPECT_TRUE(found) << l.spec << " shows no " << kind << ": " << ::testing::PrintToString(kinds(diff));
    }
    EXPECT_TRUE(!l.kinds.empty() || diff.differences.empty()) << l.spec;
  }
}

}  // namespace
}  // namespace gauntlet::test
