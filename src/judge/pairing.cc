#include "judge/pairing.hh"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>

#include "util/rng.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

// What can be said of a flow besides its addresses, for flows whose options a box took away.
struct Likeness {
  std::optional<uint32_t> isn[2];
  std::optional<uint32_t> timestamp;   // TSval of the first SYN
  std::optional<uint64_t> opening[2];  // hash of the payload at stream offset 0
};

Likeness likeness_of(const Trace& t, const Flow& f) {
  Likeness l;
  for (const Way way : kWays) {
    const Half& half = f.half(way);
    if (half.isn_known) l.isn[index_of(way)] = half.isn;
    for (const FlowSegment& s : half.segments) {
      if (s.has(kSyn) && !s.has(kAck) && !l.timestamp) {
        const ConstBytes options = tcp_of(t, s).options();
        const Option o = find_option(options, kOptTimestamp);
        if (o.size == 10) l.timestamp = load32(options.data() + o.offset + 2);
      }
      if (s.length > 0 && s.first_byte() == 1 && !l.opening[index_of(way)]) {
        const ConstBytes p = payload_of(t, s);
        const size_t n =
            std::min<size_t>(s.length, 64);  // pieces of a split differ in length, rarely in their first bytes
        if (p.size() < n) continue;          // not captured
        l.opening[index_of(way)] = hash64(std::string_view(reinterpret_cast<const char*>(p.data()), n));
      }
    }
  }
  return l;
}

template <typename T>
int alike(const std::optional<T>& x, const std::optional<T>& y, int points) {
  return !x || !y ? 0 : *x == *y ? points : -1;
}

int score(const Likeness& x, const Likeness& y, const Flow& a, const Flow& b) {
  int s = alike(x.timestamp, y.timestamp, 6) + alike(x.isn[0], y.isn[0], 5) + alike(x.isn[1], y.isn[1], 5) +
          alike(x.opening[0], y.opening[0], 2) + alike(x.opening[1], y.opening[1], 2);
  if (a.server == b.server) s += 1;  // hints, no more
  if (a.client == b.client) s += 1;
  return s;
}

bool same_numbers(const Flow& x, const Flow& y) {
  for (const Way way : kWays) {
    const Half &p = x.half(way), &q = y.half(way);
    if (p.seen && q.seen && (!p.isn_known || !q.isn_known || p.isn != q.isn)) return false;
  }
  return true;
}

// Flows of one side under what identifies them. Each has several values, and a value may stand for several flows: in
// an attack, or where one program says the same to one server a thousand times, for all of them.
class Index {
 public:
  void add(uint64_t value, size_t flow) { runs_[value].flows.push_back(static_cast<uint32_t>(flow)); }

  // Those with this value from the first one on that has no mate; each with a mate is passed over once.
  template <typename Mated>
  std::span<const uint32_t> open(uint64_t value, Mated mated) {
    const auto it = runs_.find(value);
    if (it == runs_.end()) return {};
    Run& run = it->second;
    while (run.first < run.flows.size() && mated(run.flows[run.first])) ++run.first;
    return std::span(run.flows).subspan(run.first);
  }
  std::span<const uint32_t> all(uint64_t value) const {
    const auto it = runs_.find(value);
    return it == runs_.end() ? std::span<const uint32_t>() : std::span(it->second.flows);
  }

 private:
  struct Run {
    std::vector<uint32_t> flows;  // in order
    size_t first = 0;
  };
  std::unordered_map<uint64_t, Run> runs_;
};

template <typename T>
uint64_t value_of(const char* what, const T& x) {
  static_assert(std::has_unique_object_representations_v<T>);
  return hash64({reinterpret_cast<const char*>(&x), sizeof x}, hash64(what));
}
uint64_t value_of(const char* what, const FlowAddress& a) {
  const uint64_t host = hash64({reinterpret_cast<const char*>(a.bytes.data()), a.bytes.size()}, hash64(what));
  return value_of("port", host ^ a.port);
}

using Values = std::vector<uint64_t>;

Values keys_of(const Flow& f) {
  Values v;
  if (f.marks.server_key) v.push_back(value_of("server key", *f.marks.server_key));
  if (f.marks.client_key) v.push_back(value_of("client key", *f.marks.client_key));
  return v;
}

Values join_of(const Flow& f) {
  Values v;
  if (f.marks.join_syn) v.push_back(value_of("join", uint64_t{f.marks.token} << 32 | f.marks.client_nonce));
  if (f.marks.join_synack && f.marks.server_nonce != 0) v.push_back(value_of("nonce", f.marks.server_nonce));
  return v;
}

Values tuple_of(const Flow& f) {
  Values v;
  const uint64_t tuple = value_of("client", f.client) ^ value_of("server", f.server);
  for (const Way way : kWays) {
    const Half& half = f.half(way);
    if (half.seen && half.isn_known) v.push_back(value_of(name_of(way), tuple ^ uint64_t{half.isn} << 16));
  }
  return v;
}

Values traits_of(const Likeness& l, const Flow& f) {
  Values v;
  if (l.timestamp) v.push_back(value_of("time stamp", *l.timestamp));
  for (const Way way : kWays) {
    const size_t w = index_of(way);
    if (l.isn[w]) v.push_back(value_of(name_of(way), *l.isn[w]));
    if (l.opening[w]) v.push_back(value_of(way == Way::c2s ? "opening c2s" : "opening s2c", *l.opening[w]));
  }
  v.push_back(value_of("client", f.client));
  v.push_back(value_of("server", f.server));
  return v;
}

class Pairing {
 public:
  Pairing(const FlowSet& a, const FlowSet& b) : a_(a), b_(b), mate_a_(a.flows.size()), mate_b_(b.flows.size()) {}

  // Pairs, in order, flows that share one of their `values` and for which `same` holds.
  template <typename ValuesOf, typename Same>
  void pass(PairedBy by, ValuesOf values, Same same) {
    constexpr size_t kMost = 64;  // flows looked at that share a value and yet are not the same
    Index index;
    for (size_t j = 0; j < mate_b_.size(); ++j)
      for (const uint64_t v : mate_b_[j] ? Values() : values(b_.flows[j])) index.add(v, j);
    for (size_t i = 0; i < mate_a_.size(); ++i) {
      if (mate_a_[i]) continue;
      std::optional<size_t> first;
      for (const uint64_t v : values(a_.flows[i])) {
        const auto open = index.open(v, [&](uint32_t j) { return mate_b_[j].has_value(); });
        for (size_t k = 0; k < std::min(kMost, open.size()); ++k) {
          ++compared_;
          if (mate_b_[open[k]] || !same(a_.flows[i], b_.flows[open[k]])) continue;
          first = std::min<size_t>(open[k], first.value_or(SIZE_MAX));
          break;
        }
      }
      if (first) join(i, *first, by);
    }
  }
  // The rest by likeness, best first; equals in order of appearance. Flows that share nothing stay alone unless they
  // are the only ones left on both sides.
  void rest(const Trace& ta, const Trace& tb) {
    const std::vector<size_t> left_a = alone(mate_a_), left_b = alone(mate_b_);
    if (left_a.empty() || left_b.empty()) return;
    std::vector<Likeness> la, lb;
    for (const size_t i : left_a) la.push_back(likeness_of(ta, a_.flows[i]));
    for (const size_t j : left_b) lb.push_back(likeness_of(tb, b_.flows[j]));
    std::vector<Candidate> candidates = alike_flows(left_a, la, left_b, lb);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& x, const Candidate& y) { return x.score > y.score; });
    for (const Candidate& c : likeliest(std::move(candidates))) join(c.i, c.j, PairedBy::likeness);
    const auto last_a = alone(mate_a_), last_b = alone(mate_b_);
    if (last_a.size() == 1 && last_b.size() == 1) join(last_a[0], last_b[0], PairedBy::likeness);
  }
  std::vector<FlowPair> result() const {
    std::vector<FlowPair> pairs;
    for (size_t i = 0; i < mate_a_.size(); ++i)
      pairs.push_back(mate_a_[i] ? FlowPair{i, mate_a_[i]->first, mate_a_[i]->second}
                                 : FlowPair{i, {}, PairedBy::nothing});
    for (size_t j = 0; j < mate_b_.size(); ++j)
      if (!mate_b_[j]) pairs.push_back({{}, j, PairedBy::nothing});
    return pairs;
  }
  uint64_t compared() const { return compared_; }

 private:
  using Mates = std::vector<std::optional<std::pair<size_t, PairedBy>>>;
  struct Candidate {
    int score;
    uint32_t i, j;
  };

  // Flows with something in common that is worth more than what they differ in. Where many share a value only those of
  // about the same rank among them are compared: order is what is left to tell them apart.
  std::vector<Candidate> alike_flows(const std::vector<size_t>& left_a, const std::vector<Likeness>& la,
                                     const std::vector<size_t>& left_b, const std::vector<Likeness>& lb) {
    constexpr size_t kAll = 32, kNear = 4;
    Index index;
    for (size_t j = 0; j < left_b.size(); ++j)
      for (const uint64_t v : traits_of(lb[j], b_.flows[left_b[j]])) index.add(v, j);
    std::unordered_map<uint64_t, size_t> rank;  // how many flows of this side had the value before
    std::vector<Candidate> candidates;
    std::vector<uint32_t> near;
    for (size_t i = 0; i < left_a.size(); ++i) {
      near.clear();
      for (const uint64_t v : traits_of(la[i], a_.flows[left_a[i]])) {
        const auto all = index.all(v);
        const size_t at = rank[v]++;
        const size_t from = all.size() <= kAll ? 0 : std::min(all.size() - kNear, at < kNear ? 0 : at - kNear);
        const size_t to = all.size() <= kAll ? all.size() : std::min(all.size(), at + kNear + 1);
        for (size_t k = from; k < to; ++k) near.push_back(all[k]);
      }
      std::sort(near.begin(), near.end());
      near.erase(std::unique(near.begin(), near.end()), near.end());
      compared_ += near.size();
      for (const uint32_t j : near) {
        const int points = score(la[i], lb[j], a_.flows[left_a[i]], b_.flows[left_b[j]]);
        if (points > 0)
          candidates.push_back({points, static_cast<uint32_t>(left_a[i]), static_cast<uint32_t>(left_b[j])});
      }
    }
    return candidates;
  }
  // The pairs that candidates make, best first.
  std::vector<Candidate> taken(const std::vector<Candidate>& best_first) const {
    std::vector<bool> used_a(mate_a_.size(), false), used_b(mate_b_.size(), false);
    std::vector<Candidate> pairs;
    for (const Candidate& c : best_first) {
      if (used_a[c.i] || used_b[c.j]) continue;
      used_a[c.i] = used_b[c.j] = true;
      pairs.push_back(c);
    }
    return pairs;
  }
  // Of flows that are all alike order says which is which, but not which of them is on one side only: that one began
  // when none on the other side did. Where the clocks differ nothing begins near anything, and order is all there is.
  std::vector<Candidate> likeliest(std::vector<Candidate> candidates) const {
    constexpr Duration kNear = std::chrono::seconds(2);
    const auto apart = [&](const Candidate& c) {
      const Duration d = a_.flows[c.i].first - b_.flows[c.j].first;
      return d < Duration(0) ? -d : d;
    };
    const std::vector<Candidate> in_order = taken(candidates);
    std::vector<Candidate> near = candidates;
    std::erase_if(near, [&](const Candidate& c) { return apart(c) > kNear; });
    std::stable_sort(near.begin(), near.end(), [&](const Candidate& x, const Candidate& y) {
      return x.score != y.score ? x.score > y.score : apart(x) < apart(y);
    });
    std::vector<bool> has_a(mate_a_.size(), false), has_b(mate_b_.size(), false);
    for (const Candidate& c : taken(near)) has_a[c.i] = has_b[c.j] = true;
    std::erase_if(candidates, [&](const Candidate& c) { return !has_a[c.i] || !has_b[c.j]; });
    std::vector<Candidate> of_those = taken(candidates);
    return of_those.size() < in_order.size() ? in_order : of_those;
  }
  static std::vector<size_t> alone(const Mates& mates) {
    std::vector<size_t> left;
    for (size_t i = 0; i < mates.size(); ++i)
      if (!mates[i]) left.push_back(i);
    return left;
  }
  void join(size_t i, size_t j, PairedBy by) {
    mate_a_[i] = {j, by};
    mate_b_[j] = {i, by};
  }
  const FlowSet& a_;
  const FlowSet& b_;
  Mates mate_a_, mate_b_;
  uint64_t compared_ = 0;
};

}  // namespace

const char* name_of(PairedBy by) {
  switch (by) {
    case PairedBy::key:
      return "key";
    case PairedBy::join:
      return "token and nonce";
    case PairedBy::tuple:
      return "addresses, ports and initial numbers";
    case PairedBy::likeness:
      return "order and likeness";
    case PairedBy::nothing:
      break;
  }
  return "nothing";
}

std::vector<FlowPair> pair_flows(const Trace& ta, const FlowSet& a, const Trace& tb, const FlowSet& b,
                                 uint64_t* compared) {
  Pairing p(a, b);
  p.pass(PairedBy::key, keys_of, [](const Flow& x, const Flow& y) {
    const FlowMarks &m = x.marks, &n = y.marks;
    return (m.server_key && m.server_key == n.server_key) || (m.client_key && m.client_key == n.client_key);
  });
  p.pass(PairedBy::join, join_of, [](const Flow& x, const Flow& y) {
    const FlowMarks &m = x.marks, &n = y.marks;
    return (m.join_syn && n.join_syn && m.token == n.token && m.client_nonce == n.client_nonce) ||
           (m.join_synack && n.join_synack && m.server_nonce == n.server_nonce && m.server_nonce != 0);
  });
  p.pass(PairedBy::tuple, tuple_of, [](const Flow& x, const Flow& y) {
    return x.client == y.client && x.server == y.server && same_numbers(x, y);
  });
  p.rest(ta, tb);
  if (compared) *compared = p.compared();
  return p.result();
}

}  // namespace gauntlet
