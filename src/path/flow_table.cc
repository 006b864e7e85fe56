#include "path/flow_table.hh"

#include <algorithm>
#include <vector>

#include "path/classify.hh"
#include "path/connections.hh"
#include "path/flow_key.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"

namespace gauntlet {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;

struct Flow {
  FlowKey key;
  uint32_t hash = 0;
  uint32_t older = kNobody, newer = kNobody;  // by last packet
  uint32_t connection = Connections::kNone;
  uint32_t nth[2] = {0, 0};
  Direction opener = Direction::to_server;  // which way its first SYN went
  bool synack = false, third = false, ended = false;
  FlowFacts facts;
  // The last SYN that asked for another connection while this one lived. Most are answered by an acknowledgement or a
  // reset (RFC 9293 3.10.7.4, 3.5.1); a SYN/ACK means that the one it went to has forgotten this connection.
  struct {
    bool there = false;
    Direction toward = Direction::to_server;
    uint32_t seq = 0;
    Role role = Role::none;
  } stray;
};

size_t way(Direction d) { return static_cast<size_t>(d); }

Role role_of(const Glance& g) { return !g.join.empty() ? Role::join : !g.capable.empty() ? Role::capable : Role::tcp; }

}  // namespace

struct FlowTable::Table {
  explicit Table(size_t most) : limit(std::max<size_t>(most, 1)), slots(64, kNobody) { flows.reserve(limit); }

  size_t limit;
  std::vector<Flow> flows;  // reserved whole, so it never moves: Seen points at the facts. Pages are touched as used
  std::vector<uint32_t> slots;  // open addressing, linear probing, a power of two, at most half full
  uint32_t oldest = kNobody, newest = kNobody;
  uint64_t serial = 0;
  Connections connections;
  Counts counts;

  size_t home(uint32_t hash) const { return hash & (slots.size() - 1); }
  uint32_t find(const FlowKey& key, uint32_t hash) const {
    for (size_t i = home(hash);; i = (i + 1) & (slots.size() - 1)) {
      const uint32_t id = slots[i];
      if (id == kNobody || (flows[id].hash == hash && flows[id].key == key)) return id;
    }
  }
  void put(uint32_t id) {
    size_t i = home(flows[id].hash);
    while (slots[i] != kNobody) i = (i + 1) & (slots.size() - 1);
    slots[i] = id;
  }
  void grow() {
    slots.assign(slots.size() * 2, kNobody);
    for (uint32_t id = 0; id < flows.size(); ++id) put(id);
  }
  void take_out(uint32_t id);
  void unlink(Flow& f);
  void make_newest(uint32_t id);
  uint32_t make(const FlowKey& key, uint32_t hash);
  void begin(Flow& f, Direction toward);
  bool begins(const Flow& f, uint32_t seq, Direction toward) const;
  void begin_unseen(Flow& f, Direction toward);
  bool is_stray(Flow& f, uint32_t seq, const Glance& g, Direction toward);
  void see_tcp(ConstBytes packet, Seen& s);
  void see_handshake(Flow& f, TcpView tcp, const Glance& g, Direction toward, bool fresh);
  void see_other(ConstBytes packet, Seen& s);
};

// Closes the gap behind a removed entry, so that probing never needs tombstones (Knuth 6.4, algorithm R).
void FlowTable::Table::take_out(uint32_t id) {
  const size_t mask = slots.size() - 1;
  size_t gap = home(flows[id].hash);
  while (slots[gap] != id) gap = (gap + 1) & mask;
  for (size_t i = (gap + 1) & mask; slots[i] != kNobody; i = (i + 1) & mask) {
    const size_t wants = home(flows[slots[i]].hash);
    if (((i - wants) & mask) < ((i - gap) & mask)) continue;
    slots[gap] = slots[i];
    gap = i;
  }
  slots[gap] = kNobody;
}

void FlowTable::Table::unlink(Flow& f) {
  (f.older == kNobody ? oldest : flows[f.older].newer) = f.newer;
  (f.newer == kNobody ? newest : flows[f.newer].older) = f.older;
}

void FlowTable::Table::make_newest(uint32_t id) {
  Flow& f = flows[id];
  f.older = newest;
  f.newer = kNobody;
  (newest == kNobody ? oldest : flows[newest].newer) = id;
  newest = id;
}

// A flow's life begins: nothing of an earlier one with the same addresses and ports holds.
void FlowTable::Table::begin(Flow& f, Direction toward) {
  connections.leave(f.connection);
  f.connection = Connections::kNone;
  f.nth[0] = f.nth[1] = 0;
  f.opener = toward;
  f.synack = f.third = f.ended = false;
  f.facts = {};
  f.facts.serial = ++serial;
  f.stray = {};
  ++counts.flows;
}

// The same ports again: a SYN with another sequence number once the old connection ended, or never came to be. The
// second SYN of a simultaneous open (RFC 9293 3.5) is of the same connection.
bool FlowTable::Table::begins(const Flow& f, uint32_t seq, Direction toward) const {
  const bool* known = f.facts.isn_known;
  if (known[way(toward)] && f.facts.isn[way(toward)] == seq) return false;
  if (f.ended) return true;
  return !f.synack && (known[way(toward)] || !known[way(opposite(toward))]);
}

// As begin(), with the SYN that went the other way some time ago.
void FlowTable::Table::begin_unseen(Flow& f, Direction toward) {
  const auto syn = f.stray;
  const uint64_t before = f.facts.serial;
  begin(f, toward);
  f.facts.heir_of = before;
  f.facts.isn[way(toward)] = syn.seq;
  f.facts.isn_known[way(toward)] = true;
  f.facts.role = syn.role;
}

// Is this SYN or SYN/ACK of another connection than the one the flow is known for?
bool FlowTable::Table::is_stray(Flow& f, uint32_t seq, const Glance& g, Direction toward) {
  if (!f.facts.isn_known[way(toward)] || f.facts.isn[way(toward)] == seq) return false;
  if (g.classes & kClassSyn) {
    f.stray = {true, toward, seq, role_of(g)};
    return true;
  }
  if (f.stray.there && f.stray.toward != toward) return begin_unseen(f, f.stray.toward), false;
  return f.third;  // until then it is another answer to the same SYN, by a server that keeps no state (RFC 4987 3.6)
}

uint32_t FlowTable::Table::make(const FlowKey& key, uint32_t hash) {
  uint32_t id = static_cast<uint32_t>(flows.size());
  if (flows.size() < limit) {
    flows.emplace_back();
  } else {
    id = oldest;
    unlink(flows[id]);
    take_out(id);
    ++counts.forgotten;
  }
  flows[id].key = key;
  flows[id].hash = hash;
  if (flows.size() * 2 > slots.size()) {
    grow();
  } else {
    put(id);
  }
  make_newest(id);
  return id;
}

void FlowTable::Table::see_handshake(Flow& f, TcpView tcp, const Glance& g, Direction toward, bool fresh) {
  if (!g.capable.empty() && (fresh || f.connection == Connections::kNone || !(g.classes & kClassSyn))) {
    f.connection = connections.capable(f.connection, toward, fresh, g.capable);
  }
  if (!(g.classes & (kClassSyn | kClassSynack))) return;
  f.facts.isn[way(toward)] = tcp.seq();
  f.facts.isn_known[way(toward)] = true;
  if (g.classes & kClassSynack) {
    f.synack = true;
    f.opener = opposite(toward);
  }
  if (!fresh) return;
  f.facts.role = role_of(g);
  if (!g.join.empty()) f.connection = connections.join(g.join);
}

void FlowTable::Table::see_tcp(ConstBytes packet, Seen& s) {
  ++counts.tcp;
  const TcpView tcp(packet, s.layout);
  const Glance g = glance(tcp);
  s.classes = g.classes;
  const FlowKey key = flow_key(packet, s.layout, s.toward);
  const uint32_t hash = key.hash();
  uint32_t id = find(key, hash);
  // Only of those that say something about the connection: most segments need no sum here.
  const bool says = (g.classes & (kClassSyn | kClassSynack | kClassMpc | kClassFin | kClassRst)) != 0;
  const bool sound = !says || l4_checksum_ok(packet, s.layout);
  const bool syn = sound && (g.classes & kClassSyn) != 0;
  bool fresh = false;  // this packet is the first SYN of the flow's life
  if (id == kNobody) {
    id = make(key, hash);
    begin(flows[id], s.toward);
    fresh = syn;
  } else if (id != newest) {
    unlink(flows[id]);
    make_newest(id);
  }
  Flow& f = flows[id];
  if (syn && !fresh && begins(f, tcp.seq(), s.toward)) {
    begin(f, s.toward);
    fresh = true;
  }
  if (says && sound) {
    s.stray = (g.classes & (kClassSyn | kClassSynack)) && is_stray(f, tcp.seq(), g, s.toward);
    if (!s.stray) see_handshake(f, tcp, g, s.toward, fresh);
    if (g.classes & (kClassFin | kClassRst)) f.ended = true;
  }
  if (f.synack && !f.third && s.toward == f.opener && tcp.has(kAck) &&
      !(g.classes & (kClassSyn | kClassSynack | kClassRst)) && l4_checksum_ok(packet, s.layout)) {
    f.third = true;
    f.stray = {};
    if (g.classes & kClassAck) s.classes |= kClassAck3;
  }
  s.flow = id;
  s.role = f.facts.role;
  s.nth = ++f.nth[way(s.toward)];
  s.facts = &f.facts;
  s.connection = connections.at(f.connection);
}

void FlowTable::Table::see_other(ConstBytes packet, Seen& s) {
  s.classes = kClassAny;
  const Layout& l = s.layout;
  if (l.version == 0) {
    ++counts.junk;
  } else if (!l.first) {
    ++counts.fragments;
  } else if (l.proto == kProtoTcp) {
    ++counts.junk;
  } else if (l.proto == kProtoUdp) {
    ++counts.udp;
  } else if (l.proto == kProtoIcmp || l.proto == kProtoIcmp6) {
    ++counts.icmp;
    const Quote q = quote_of(packet, l);
    if (!q.there || q.inner.proto != kProtoTcp || !q.inner.first || q.inner.l4 + 8u > q.size) return;
    const FlowKey key = flow_key(packet.subspan(q.offset), q.inner, opposite(s.toward));
    s.quoted = find(key, key.hash());
    if (s.quoted != kNoFlow) s.quoted_facts = &flows[s.quoted].facts;
  } else {
    ++counts.other;
  }
}

FlowTable::FlowTable(size_t limit) : table_(std::make_unique<Table>(limit)) {}
FlowTable::~FlowTable() = default;

Seen FlowTable::see(ConstBytes packet, Direction toward, Time now) {
  // The layout is made in its place: copied so soon after it was written, byte by byte, it would cost a quarter of all.
  Seen s{.toward = toward, .now = now, .layout = layout_of(packet)};
  if (s.layout.tcp) {
    table_->see_tcp(packet, s);
  } else {
    table_->see_other(packet, s);
  }
  return s;
}

const FlowTable::Counts& FlowTable::counts() const { return table_->counts; }

}  // namespace gauntlet
