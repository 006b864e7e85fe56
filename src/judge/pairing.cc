#include "judge/pairing.hh"

#include <algorithm>
#include <unordered_map>

#include "judge/flow_likeness.hh"

namespace gauntlet {
namespace {

bool same_numbers(const Flow& x, const Flow& y) {
  for (const Way way : kWays) {
    const Half &p = x.half(way), &q = y.half(way);
    if (p.seen && q.seen && (!p.isn_known || !q.isn_known || p.isn != q.isn)) return false;
  }
  return true;
}

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

class Pairing {
 public:
  Pairing(const FlowSet& a, const FlowSet& b) : a_(a), b_(b), mate_a_(a.flows.size()), mate_b_(b.flows.size()) {}

  // Pairs, in order, flows that share one of their `values` and for which `same` holds.
  template <typename ValuesOf, typename Same>
  void pass(PairedBy by, ValuesOf values, Same same) {
    constexpr size_t kMost = 64;  // flows looked at that share a value and yet are not the same
    FlowIndex index;
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
    std::vector<LikePair> candidates = alike_flows(left_a, la, left_b, lb);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const LikePair& x, const LikePair& y) { return x.score > y.score; });
    for (const LikePair& c : likeliest(std::move(candidates), a_.flows, b_.flows)) join(c.i, c.j, PairedBy::likeness);
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

  // Flows with something in common that is worth more than what they differ in. Where many share a value only those of
  // about the same rank among them are compared: order is what is left to tell them apart.
  std::vector<LikePair> alike_flows(const std::vector<size_t>& left_a, const std::vector<Likeness>& la,
                                    const std::vector<size_t>& left_b, const std::vector<Likeness>& lb) {
    constexpr size_t kAll = 32, kNear = 4;
    FlowIndex index;
    for (size_t j = 0; j < left_b.size(); ++j)
      for (const uint64_t v : traits_of(lb[j], b_.flows[left_b[j]])) index.add(v, j);
    std::unordered_map<uint64_t, size_t> rank;  // how many flows of this side had the value before
    std::vector<LikePair> candidates;
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
