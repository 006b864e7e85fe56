#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "judge/compare.hh"
#include "judge/option_list.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

OptionList options_at(const TracedFrame& f) { return list_options(TcpView(f.ip, f.layout).options()); }

bool has(const OptionList& list, const ListedOption& option) {
  return std::find(list.options.begin(), list.options.end(), option) != list.options.end();
}
const ListedOption* with_field(const OptionList& list, const std::string& field) {
  const auto it =
      std::find_if(list.options.begin(), list.options.end(), [&](const ListedOption& o) { return o.field == field; });
  return it == list.options.end() ? nullptr : &*it;
}

void note(const WayContext& c, const Group& g, const char* kind, const std::string& field, std::string before,
          std::string after) {
  Difference r = c.record(kind, g.u, g.d);
  r.field = field;
  r.before = std::move(before);
  r.after = std::move(after);
  c.out->add(std::move(r));
}

// A field the pieces have that no original had.
void note_added(const WayContext& c, const Group& g, const std::vector<OptionList>& before,
                const std::vector<OptionList>& after) {
  std::map<std::string, std::string> added;
  for (const OptionList& list : after)
    for (const ListedOption& o : list.options)
      if (std::none_of(before.begin(), before.end(), [&](const OptionList& l) { return with_field(l, o.field); }))
        added[o.field] = o.text();
  for (const auto& [field, text] : added) note(c, g, "added", field, "", text);
}

}  // namespace

void compare_options_of_pieces(const WayContext& c, const Group& g) {
  const std::vector<OptionList> before{options_at(c.frame_u(g.u.front()))};
  std::vector<OptionList> after;
  for (const uint32_t j : g.d) after.push_back(options_at(c.frame_d(j)));
  for (const ListedOption& o : before[0].options) {
    const auto copies = std::count_if(after.begin(), after.end(), [&](const OptionList& l) { return has(l, o); });
    if (copies == 0) {
      const auto other =
          std::find_if(after.begin(), after.end(), [&](const OptionList& l) { return with_field(l, o.field); });
      if (other == after.end())
        note(c, g, "removed", o.field, o.text(), "");
      else
        note(c, g, "value_changed", o.field, o.text(), with_field(*other, o.field)->text());
    } else if (copies > 1 && o.kind != kOptTimestamp) {  // RFC 7323 3.2 wants time stamps on every segment
      note(c, g, "copied_to_pieces", o.field, o.text(), fmt::format("on {} of {} pieces", copies, g.d.size()));
    }
  }
  note_added(c, g, before, after);
}

void compare_options_of_merged(const WayContext& c, const Group& g) {
  std::vector<OptionList> before, after;
  for (const uint32_t i : g.u) before.push_back(options_at(c.frame_u(i)));
  for (const uint32_t j : g.d) after.push_back(options_at(c.frame_d(j)));
  std::map<std::string, std::pair<size_t, std::string>> lost;  // field -> how many, the first
  for (const OptionList& list : before) {
    for (const ListedOption& o : list.options) {
      if (std::any_of(after.begin(), after.end(), [&](const OptionList& l) { return has(l, o); })) continue;
      // One time stamp or SACK option can only be of one of the originals; the others are superseded, not lost.
      if ((o.kind == kOptTimestamp || o.kind == kOptSack) &&
          std::any_of(after.begin(), after.end(), [&](const OptionList& l) { return with_field(l, o.field); }))
        continue;
      auto& entry = lost[o.field];
      if (entry.first++ == 0) entry.second = o.text();
    }
  }
  for (const auto& [field, what] : lost)
    note(c, g, "lost_in_merge", field, what.second, fmt::format("{} lost", what.first));
  for (const OptionList& list : after)
    for (const ListedOption& o : list.options)
      if (std::none_of(before.begin(), before.end(), [&](const OptionList& l) { return has(l, o); }) &&
          std::any_of(before.begin(), before.end(), [&](const OptionList& l) { return with_field(l, o.field); }))
        note(c, g, "value_changed", o.field, "", o.text());
  note_added(c, g, before, after);
}

}  // namespace gauntlet
