#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"

namespace gauntlet {
namespace {

void note_recut(const WayContext& c, const Group& g) {
  const FlowSegment &a = c.hu->segments[g.u[0]], &b = c.hd->segments[g.d[0]];
  const auto end = [](const FlowSegment& s) { return s.first_byte() + s.length; };
  Difference r = c.record("resegmented", g.u, g.d);
  r.offset =
      (a.first_byte() != b.first_byte() ? std::min(a.first_byte(), b.first_byte()) : std::min(end(a), end(b))) - 1;
  r.before = fmt::format("{}-{}", a.first_byte() - 1, end(a) - 1);
  r.after = fmt::format("{}-{}", b.first_byte() - 1, end(b) - 1);
  c.out->add(std::move(r));
}

}  // namespace

bool options_cut(const WayContext& c, const Group& g) {
  return std::any_of(g.u.begin(), g.u.end(), [&](uint32_t i) { return c.frame_u(i).options_cut; }) ||
         std::any_of(g.d.begin(), g.d.end(), [&](uint32_t j) { return c.frame_d(j).options_cut; });
}

bool untouched(const WayContext& c, const Group& g, const Units& u, const Units& d) {
  if (!c.unshifted || g.u.size() != 1 || g.d.size() != 1) return false;
  const Unit &x = u[g.u.front()], &y = d[g.d.front()];
  return x.print == y.print && x.whole == y.whole;
}

void compare_group(const WayContext& c, const Group& g, const Units& u, const Units& d) {
  const bool unknown = options_cut(c, g);
  c.tu->passed(g.u.size());
  c.td->passed(g.d.size());
  compare_addresses(c, g);
  const bool recut = cut_otherwise(c, g);
  compare_tcp(c, g, u, d, recut);
  compare_checksums(c, g);
  compare_payload(c, g, recut);
  if (recut) note_recut(c, g);
  if (g.u.size() == 1 && g.d.size() == 1) {
    compare_ip(c, g.u[0], g.d[0]);
    if (!unknown) compare_options(c, g.u[0], g.d[0]);
    return;
  }
  const char* kind = g.u.size() == 1 ? "split" : g.d.size() == 1 ? "merged" : "resegmented";
  Difference r = c.record(kind, g.u, g.d);
  r.before = fmt::format("{} segments", g.u.size());
  r.after = fmt::format("{} segments", g.d.size());
  c.out->add(std::move(r));
  if (unknown) return;
  if (g.u.size() == 1)
    compare_options_of_pieces(c, g);
  else
    compare_options_of_merged(c, g);
}

}  // namespace gauntlet
