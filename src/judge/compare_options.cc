#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "judge/compare.hh"
#include "judge/option_list.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

void note(const WayContext& c, const char* kind, const std::string& field, std::string before, std::string after,
          const Group& g) {
  Difference r = c.record(kind, g.u, g.d);
  r.field = field;
  r.before = std::move(before);
  r.after = std::move(after);
  c.out->add(std::move(r));
}

// SACK blocks name numbers of the other direction: they count as equal when they mean the same bytes.
void compare_sack(const WayContext& c, uint32_t i, uint32_t j, const ListedOption& x, const ListedOption& y) {
  const auto edges = [](const Flow& f, Way way, const FlowSegment& s, ConstBytes option, auto place) {
    std::vector<int64_t> out;
    const uint32_t isn = f.half(reverse(way)).isn;
    for (size_t k = 2; k + 4 <= option.size(); k += 4) {
      const int64_t near = s.ack == FlowSegment::kNone ? 0 : s.ack;
      const int64_t edge =
          near + static_cast<int32_t>(load32(&option[k]) - isn - static_cast<uint32_t>(static_cast<uint64_t>(near)));
      out.push_back(place(edge));
    }
    return out;
  };
  const auto before = edges(*c.fu, c.way, c.hu->segments[i], x.bytes, [&](int64_t p) { return c.acked->behind(p); });
  const auto after = edges(*c.fd, c.way, c.hd->segments[j], y.bytes, [&](int64_t p) { return c.acked->before(p); });
  if (before == after) return;
  const bool untouched = std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end());
  note(c, untouched ? "sack_not_shifted" : "value_changed", x.field, x.text(), y.text(), {{i}, {j}});
}

void compare_value(const WayContext& c, uint32_t i, uint32_t j, const ListedOption& x, const ListedOption& y) {
  if (x.kind == kOptSack) return compare_sack(c, i, j, x, y);
  if (std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end())) return;
  const Group g{{i}, {j}};
  if (x.kind == kOptMss && x.bytes.size() == 4 && y.bytes.size() == 4 && load16(&y.bytes[2]) < load16(&x.bytes[2]))
    return note(c, "mss_clamped", x.field, x.text(), y.text(), g);
  note(c, x.kind == kOptWscale ? "wscale_changed" : "value_changed", x.field, x.text(), y.text(), g);
}

// What became of an option the receiver no longer finds.
const char* fate(const ListedOption& x, ConstBytes before, ConstBytes after, const OptionList& behind) {
  if (before.size() != after.size()) return "removed";
  const ConstBytes now = after.subspan(x.offset, x.bytes.size());
  if (std::all_of(now.begin(), now.end(), [](uint8_t b) { return b == kOptNop; })) return "nopped";
  if (!behind.eol || *behind.eol > x.offset) return "removed";
  if (*behind.eol == x.offset || std::all_of(now.begin(), now.end(), [](uint8_t b) { return b == kOptEol; }))
    return "eoled";
  return "truncated_after_eol";
}

}  // namespace

void compare_options(const WayContext& c, uint32_t i, uint32_t j) {
  const ConstBytes a = TcpView(c.frame_u(i).ip, c.frame_u(i).layout).options();
  const ConstBytes b = TcpView(c.frame_d(j).ip, c.frame_d(j).layout).options();
  const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end());
  if (same && !c.acked_shifted && c.acked->edits().empty()) return;
  const OptionList x = list_options(a), y = list_options(b);
  const Group g{{i}, {j}};
  std::vector<bool> found(y.options.size(), false);
  std::vector<size_t> places;  // in y, of those of x that are still there
  bool moved = false;
  for (const ListedOption& option : x.options) {
    std::optional<size_t> at;
    for (size_t k = 0; k < y.options.size(); ++k) {
      if (found[k] || y.options[k].field != option.field) continue;
      if (!at || (y.options[k] == option && !(y.options[*at] == option))) at = k;
    }
    if (!at) {
      note(c, fate(option, a, b, y), option.field, option.text(), "", g);
      moved = true;
      continue;
    }
    found[*at] = true;
    compare_value(c, i, j, option, y.options[*at]);
    if (!places.empty() && *at < places.back()) {
      note(c, "option_reordered", option.field, fmt::format("place {}", places.size()), fmt::format("place {}", *at),
           g);
      moved = true;
    } else {
      places.push_back(*at);
    }
  }
  for (size_t k = 0; k < y.options.size(); ++k) {
    if (found[k]) continue;
    note(c, "added", y.options[k].field, "", y.options[k].text(), g);
    moved = true;
  }
  // Taking or adding an option moves the padding; where none was, padding has no reason to differ.
  if (!moved && !same && x.skeleton != y.skeleton)
    note(c, "value_changed", "option padding", hex_of(a, 40), hex_of(b, 40), g);
}

}  // namespace gauntlet
