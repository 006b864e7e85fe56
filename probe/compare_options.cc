// Two option blocks as ordered lists. Where the block kept its length, what stands at an option's own offset is what
// became of it (NOP and EOL fill are told apart there); where it did not, the lists are aligned by kind and subtype.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "mptcp/option.hh"
#include "probe/compare.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

struct Item {
  Option option;
  ConstBytes bytes;
  std::string feature;
};

// Real options only; `end` says where the list ends: at an EOL, at something malformed, or (whole) at the end of the
// bytes.
std::vector<Item> items_of(ConstBytes block, size_t block_size, size_t* eol_at = nullptr) {
  std::vector<Item> items;
  if (eol_at) *eol_at = SIZE_MAX;
  std::map<std::string, int> seen;
  for (const Option& o : options_of(block)) {
    if (o.kind == kOptEol && eol_at) *eol_at = o.offset;
    if (o.kind == kOptNop || o.kind == kOptEol) continue;
    if (o.malformed && block.size() < block_size) continue;  // cut by the quote, not by a box
    const ConstBytes bytes = block.subspan(o.offset, o.size);
    std::string feature = feature_of(bytes);
    const int n = ++seen[feature];
    if (n > 1) feature += fmt::format(".{}", n);
    items.push_back({o, bytes, feature});
  }
  return items;
}

bool all_are(ConstBytes bytes, uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(), [&](uint8_t b) { return b == value; });
}

FieldState changed(std::string verdict, ConstBytes before, std::string after) {
  return {.evidence = Evidence::changed,
          .verdict = std::move(verdict),
          .before = option_text(before),
          .after = std::move(after)};
}

FieldState value_change(ConstBytes before, ConstBytes after) {
  std::string verdict = "changed";
  if (before[0] == kOptMss && before.size() == 4 && after.size() == 4)
    verdict = load16(&after[2]) < load16(&before[2]) ? "clamped" : "raised";
  return changed(verdict, before, option_text(after));
}

FieldState equal_state(ConstBytes before) {
  return {.evidence = Evidence::equal, .before = option_text(before), .after = option_text(before)};
}

class Differ {
 public:
  Differ(ConstBytes before, ConstBytes after, size_t after_size, Fields& out)
      : after_(after),
        complete_(after.size() >= after_size),
        same_size_(before.size() == after_size),
        grown_(after_size > before.size()),
        out_(out) {
    old_ = items_of(before, before.size());
    new_ = items_of(after, after_size, &eol_at_);
    taken_.assign(new_.size(), false);
    more_nops_ = nops_of(after) - nops_of(before);
  }

  void run() {
    std::vector<long> order;
    for (const Item& item : old_) {  // something stands elsewhere: what is missing may, too, behind what is quoted
      const long match = find_match(item);
      moved_ = moved_ || (match >= 0 && new_[static_cast<size_t>(match)].option.offset != item.option.offset);
    }
    for (const Item& item : old_) {
      const long match = find_match(item);
      if (match >= 0) {
        taken_[static_cast<size_t>(match)] = true;
        order.push_back(match);
      }
      out_[item.feature] = state_of(item, match);
    }
    FieldState& sequence = out_["tcp.options.order"];
    if (!std::is_sorted(order.begin(), order.end())) {
      sequence = {.evidence = Evidence::changed, .verdict = "reordered", .before = list(old_), .after = list(new_)};
    } else if (complete_) {
      sequence = {.evidence = Evidence::equal, .before = list(old_), .after = list(new_)};
    }
    for (size_t i = 0; i < new_.size(); ++i) {
      if (taken_[i] || repeats(i)) continue;
      std::string name = new_[i].feature;
      for (int n = 2; out_.contains(name); ++n) name = fmt::format("{}.{}", first_of_its_kind(name), n);
      out_[name] = {
          .evidence = Evidence::changed, .verdict = "added", .before = "-", .after = option_text(new_[i].bytes)};
    }
  }

 private:
  static long nops_of(ConstBytes block) {
    const auto all = options_of(block);
    return std::count_if(all.begin(), all.end(), [](const Option& o) { return o.kind == kOptNop; });
  }
  static std::string list(const std::vector<Item>& items) {
    std::string text;
    for (const Item& i : items) text += (text.empty() ? "" : " ") + i.feature;
    return text;
  }
  // Index of the same option in the new list. Of several of its kind: the one with its bytes, the one at its own
  // offset, the first.
  long find_match(const Item& item) const {
    long found = -1;
    int best = 0;
    for (size_t i = 0; i < new_.size(); ++i) {
      if (taken_[i] || first_of_its_kind(new_[i].feature) != first_of_its_kind(item.feature)) continue;
      const int fit = (std::ranges::equal(new_[i].bytes, item.bytes) ? 4 : 0) +
                      (new_[i].option.offset == item.option.offset ? 2 : 0) + (new_[i].feature == item.feature ? 1 : 0);
      if (found < 0 || fit > best) {
        found = static_cast<long>(i);
        best = fit;
      }
    }
    return found;
  }
  // A second one with the same bytes as one that was sent, and is still there.
  bool repeats(size_t i) {
    for (const Item& o : old_) {
      FieldState& s = out_[o.feature];
      if (s.evidence != Evidence::equal || !std::ranges::equal(o.bytes, new_[i].bytes)) continue;
      s = changed("duplicated", o.bytes, "twice");
      return true;
    }
    return false;
  }
  // The first that has the same content under another kind; -1: none, or there is no content to tell by.
  long renamed(const Item& item) {
    if (item.bytes.size() <= 2) return -1;
    for (size_t i = 0; i < new_.size(); ++i) {
      if (taken_[i] || new_[i].bytes.size() != item.bytes.size() ||
          !std::ranges::equal(item.bytes.subspan(2), new_[i].bytes.subspan(2)))
        continue;
      taken_[i] = true;
      return static_cast<long>(i);
    }
    return -1;
  }
  FieldState state_of(const Item& item, long match) {
    if (match >= 0) {
      const ConstBytes now = new_[static_cast<size_t>(match)].bytes;
      if (!std::ranges::equal(item.bytes, now)) return value_change(item.bytes, now);
      FieldState same = equal_state(item.bytes);
      same.weak = grown_ && !complete_;  // what was added may be a second one
      return same;
    }
    const size_t at = item.option.offset, end = at + item.bytes.size();
    // Moved by what another box put in front of it, took away or exchanged: what it holds still names it.
    if (!same_size_ || (moved_ && complete_ && eol_at_ == SIZE_MAX)) {
      if (const long other = renamed(item); other >= 0)
        return changed("kind-replaced", item.bytes, fmt::format("kind {}", new_[static_cast<size_t>(other)].bytes[0]));
      if (same_size_ && more_nops_ >= static_cast<long>(item.bytes.size()))
        return changed("stripped-nop", item.bytes, "NOP");
      if (complete_ || later_one_is_there(item)) return changed("stripped-cut", item.bytes, "-");
      return {};
    }
    if (end > after_.size() || (moved_ && !complete_)) return {};  // not all of its bytes are quoted
    const ConstBytes now = after_.subspan(at, item.bytes.size());
    if (all_are(now, kOptNop)) return changed("stripped-nop", item.bytes, "NOP");
    if (now[0] == kOptEol && eol_at_ == at) return changed("stripped-eol", item.bytes, "EOL");
    if (eol_at_ < at) return changed("hidden-by-eol", item.bytes, "behind an EOL");
    for (size_t i = 0; i < new_.size(); ++i) {
      if (taken_[i] || new_[i].option.offset != at || new_[i].bytes.size() != item.bytes.size()) continue;
      const bool same_kind = new_[i].bytes[0] == item.bytes[0];  // of MPTCP: another subtype in the same place
      if (!same_kind && !std::ranges::equal(item.bytes.subspan(2), new_[i].bytes.subspan(2))) continue;
      taken_[i] = true;
      if (same_kind) return changed("changed", item.bytes, option_text(new_[i].bytes));
      return changed("kind-replaced", item.bytes, fmt::format("kind {}", now[0]));
    }
    if (complete_) return changed("overwritten", item.bytes, "other bytes");
    // It may stand behind what is quoted: then something moved, and there is no telling what.
    out_["tcp.tail"] = {.evidence = Evidence::changed,
                        .verdict = "modified",
                        .before = "as sent",
                        .after = "another option in its place",
                        .inferred = true};
    return {};
  }
  // An option that stood behind this one is quoted, so this one would have been, too.
  bool later_one_is_there(const Item& item) const {
    return std::any_of(old_.begin(), old_.end(), [&](const Item& o) {
      return o.option.offset > item.option.offset &&
             std::any_of(new_.begin(), new_.end(), [&](const Item& n) { return n.feature == o.feature; });
    });
  }

  ConstBytes after_;
  bool complete_, same_size_, grown_, moved_ = false;
  Fields& out_;
  std::vector<Item> old_, new_;
  std::vector<bool> taken_;
  size_t eol_at_ = SIZE_MAX;
  long more_nops_ = 0;  // than were sent
};

}  // namespace

std::string feature_of(ConstBytes option) {
  switch (option[0]) {
    case kOptMss:
      return "tcp.mss";
    case kOptWscale:
      return "tcp.wscale";
    case kOptSackOk:
      return "tcp.sack_permitted";
    case kOptSack:
      return "tcp.sack";
    case kOptTimestamp:
      return "tcp.timestamps";
    case kOptMptcp:
      break;
    default:
      return fmt::format("tcp.option_{}", option[0]);
  }
  static constexpr const char* kNames[] = {"mp_capable", "mp_join", "dss",          "add_addr", "remove_addr",
                                           "mp_prio",    "mp_fail", "mp_fastclose", "mp_tcprst"};
  const unsigned subtype = option.size() > 2 ? option[2] >> 4 : 15;
  return subtype < std::size(kNames) ? fmt::format("mptcp.{}", kNames[subtype])
                                     : fmt::format("mptcp.subtype_{}", subtype);
}

std::string first_of_its_kind(const std::string& feature) {
  const size_t last = feature.find_last_not_of("0123456789");
  const bool numbered = last != std::string::npos && last + 1 < feature.size() && feature[last] == '.';
  return numbered ? feature.substr(0, last) : feature;
}

std::string option_text(ConstBytes option) {
  if (option[0] == kOptMss && option.size() == 4) return fmt::format("{}", load16(&option[2]));
  if (option[0] == kOptWscale && option.size() == 3) return fmt::format("{}", option[2]);
  if (option[0] == kOptSackOk && option.size() == 2) return "there";
  if (option[0] == kOptTimestamp && option.size() == 10)
    return fmt::format("{} {}", load32(&option[2]), load32(&option[6]));
  if (option[0] == kOptMptcp && option.size() >= 3) return to_text(decode_mptcp(option));
  std::string text;
  for (const uint8_t b : option) text += fmt::format("{:02x}", b);
  return text;
}

void compare_options(ConstBytes before, ConstBytes after, size_t after_size, Fields& out) {
  Differ(before, after, after_size, out).run();
}

}  // namespace gauntlet
