#include "judge/pairing.hh"

#include <algorithm>
#include <functional>
#include <string_view>

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
            std::min<size_t>(p.size(), 64);  // pieces of a split differ in length, rarely in their first bytes
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

class Pairing {
 public:
  Pairing(const FlowSet& a, const FlowSet& b) : a_(a), b_(b), mate_a_(a.flows.size()), mate_b_(b.flows.size()) {}

  // Pairs, in order, flows for which `same` holds.
  void pass(PairedBy by, const std::function<bool(const Flow&, const Flow&)>& same) {
    for (size_t i = 0; i < mate_a_.size(); ++i) {
      if (mate_a_[i]) continue;
      for (size_t j = 0; j < mate_b_.size(); ++j) {
        if (mate_b_[j] || !same(a_.flows[i], b_.flows[j])) continue;
        join(i, j, by);
        break;
      }
    }
  }
  // The rest by likeness, best first; equals in order of appearance. Flows that share nothing stay alone unless they
  // are the only ones left on both sides.
  void rest(const Trace& ta, const Trace& tb) {
    std::vector<Likeness> la, lb;
    for (const Flow& f : a_.flows) la.push_back(likeness_of(ta, f));
    for (const Flow& f : b_.flows) lb.push_back(likeness_of(tb, f));
    struct Candidate {
      int score;
      size_t i, j;
    };
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < mate_a_.size(); ++i)
      for (size_t j = 0; j < mate_b_.size() && candidates.size() < 1u << 20; ++j)
        if (!mate_a_[i] && !mate_b_[j]) candidates.push_back({score(la[i], lb[j], a_.flows[i], b_.flows[j]), i, j});
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& x, const auto& y) { return x.score > y.score; });
    for (const Candidate& c : candidates)
      if (!mate_a_[c.i] && !mate_b_[c.j] && c.score > 0) join(c.i, c.j, PairedBy::likeness);
    const auto alone = [](const auto& mates) {
      return std::count_if(mates.begin(), mates.end(), [](const auto& m) { return !m; });
    };
    if (alone(mate_a_) == 1 && alone(mate_b_) == 1)
      pass(PairedBy::likeness, [](const Flow&, const Flow&) { return true; });
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

 private:
  void join(size_t i, size_t j, PairedBy by) {
    mate_a_[i] = {j, by};
    mate_b_[j] = {i, by};
  }
  const FlowSet& a_;
  const FlowSet& b_;
  std::vector<std::optional<std::pair<size_t, PairedBy>>> mate_a_, mate_b_;
};

bool same_numbers(const Flow& x, const Flow& y) {
  for (const Way way : kWays) {
    const Half &p = x.half(way), &q = y.half(way);
    if (p.seen && q.seen && (!p.isn_known || !q.isn_known || p.isn != q.isn)) return false;
  }
  return true;
}

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

std::vector<FlowPair> pair_flows(const Trace& ta, const FlowSet& a, const Trace& tb, const FlowSet& b) {
  Pairing p(a, b);
  p.pass(PairedBy::key, [](const Flow& x, const Flow& y) {
    const FlowMarks &m = x.marks, &n = y.marks;
    return (m.server_key && m.server_key == n.server_key) || (m.client_key && m.client_key == n.client_key);
  });
  p.pass(PairedBy::join, [](const Flow& x, const Flow& y) {
    const FlowMarks &m = x.marks, &n = y.marks;
    return (m.join_syn && n.join_syn && m.token == n.token && m.client_nonce == n.client_nonce) ||
           (m.join_synack && n.join_synack && m.server_nonce == n.server_nonce && m.server_nonce != 0);
  });
  p.pass(PairedBy::tuple, [](const Flow& x, const Flow& y) {
    return x.client == y.client && x.server == y.server && same_numbers(x, y);
  });
  p.rest(ta, tb);
  return p.result();
}

}  // namespace gauntlet
