#include "judge/align_pieces.hh"

#include <algorithm>
#include <unordered_map>

namespace gauntlet {
namespace {

struct Cut {
  uint32_t u = 0, d = 0;  // places: what stands before is final
};

// The last clean cut with at most `most` places before it on either side.
Cut clean_cut(const std::vector<Group>& groups, Cut most) {
  std::vector<const Group*> in_order;
  for (const Group& g : groups) in_order.push_back(&g);
  std::sort(in_order.begin(), in_order.end(), [](const Group* x, const Group* y) { return x->u[0] < y->u[0]; });
  const size_t n = in_order.size();
  std::vector<Cut> behind(n + 1, Cut{UINT32_MAX, UINT32_MAX});  // first places of what follows
  for (size_t k = n; k-- > 0;)
    behind[k] = {std::min(behind[k + 1].u, in_order[k]->u.front()), std::min(behind[k + 1].d, in_order[k]->d.front())};
  Cut end, best{std::min(most.u, behind[0].u), std::min(most.d, behind[0].d)};  // end: behind the groups seen so far
  for (size_t k = 0; k < n; ++k) {
    end = {std::max(end.u, in_order[k]->u.back() + 1), std::max(end.d, in_order[k]->d.back() + 1)};
    if (end.u > most.u || end.d > most.d) break;
    if (end.u <= behind[k + 1].u && end.d <= behind[k + 1].d)
      best = {std::min(most.u, behind[k + 1].u), std::min(most.d, behind[k + 1].d)};
  }
  return best;
}

// How far a cut may go: `look` places before the last that found its like. What lies behind may still be in flight,
// unless the other side has nothing more to give.
uint32_t limit(uint32_t places, uint32_t behind_last, bool other_ended, uint32_t look) {
  const uint32_t known = other_ended ? places : std::min(places, behind_last);
  return known - std::min(known, look);
}

}  // namespace

AlignPieces::Reach AlignPieces::reach(uint32_t want) const {
  Reach r{std::min(want, u_.size() - at_u_), std::min(want, d_.size() - at_d_), false};
  const bool end_u = r.u == u_.size() - at_u_, end_d = r.d == d_.size() - at_d_;
  if (clock_.shared) {
    Time until = Time::max();
    if (!end_u) until = std::min(until, u_.time(at_u_ + r.u - 1));
    if (!end_d) until = std::min(until, d_.time(at_d_ + r.d - 1));
    while (r.u > 0 && u_.time(at_u_ + r.u - 1) > until) --r.u;
    while (r.d > 0 && d_.time(at_d_ + r.d - 1) > until) --r.d;
  }
  r.all = r.u == u_.size() - at_u_ && r.d == d_.size() - at_d_;
  return r;
}

bool AlignPieces::next(Piece& out) {
  if (at_u_ == u_.size() && at_d_ == d_.size()) return false;
  for (uint32_t want = piece_;; want = want > UINT32_MAX / 2 ? UINT32_MAX : want * 2) {
    const Reach r = reach(want);
    out.u = u_.units(at_u_, at_u_ + r.u);
    out.d = d_.units(at_d_, at_d_ + r.d);
    const std::vector<Group> groups = align(out.u.list, out.d.list, clock_);
    if (r.all) {
      give(out, groups, r.u, r.d);
      return true;
    }
    Cut last;
    for (const Group& g : groups) last = {std::max(last.u, g.u.back() + 1), std::max(last.d, g.d.back() + 1)};
    const uint32_t look = want / 4;
    const Cut cut = clean_cut(groups, {limit(r.u, last.u, at_d_ + r.d == d_.size(), look),
                                       limit(r.d, last.d, at_u_ + r.u == u_.size(), look)});
    if (cut.u + cut.d == 0) continue;
    give(out, groups, cut.u, cut.d);
    return true;
  }
}

void AlignPieces::give(Piece& out, const std::vector<Group>& groups, uint32_t u, uint32_t d) {
  out.found = {};
  out.duplicated.clear();
  std::vector<bool> taken_u(u, false), taken_d(d, false);
  std::unordered_map<uint64_t, uint32_t> arrived;  // print -> the first place it came to
  for (const Group& g : groups) {
    for (const uint32_t j : g.d) arrived.try_emplace(out.d.list[j].print, j);
    if (g.u.front() >= u) continue;
    Group& given = out.found.groups.emplace_back();
    for (const uint32_t i : g.u) given.u.push_back(at_u_ + i), taken_u[i] = true;
    for (const uint32_t j : g.d) given.d.push_back(at_d_ + j), taken_d[j] = true;
  }
  out.found.reordered = out_of_order(out.found.groups);
  for (uint32_t i = 0; i < u; ++i)
    if (!taken_u[i]) out.found.only_u.push_back(at_u_ + i);
  for (uint32_t j = 0; j < d; ++j) {
    if (taken_d[j]) continue;
    const uint64_t print = out.d.list[j].print;
    const auto first = arrived.find(print);
    const bool again = (first != arrived.end() && first->second < j) || arrived_.contains(print);
    (again ? out.duplicated : out.found.only_d).push_back(at_d_ + j);
  }
  arrived_.clear();
  for (const auto& [print, j] : arrived)
    if (j < d) arrived_.insert(print);
  at_u_ += u;
  at_d_ += d;
}

}  // namespace gauntlet
