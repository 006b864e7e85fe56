#include "path/seen.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "util/box_schema.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// kClassWords lists the segment classes from bit 0 and the subtypes from bit 16.
constexpr size_t kSegmentClasses = 9;
Classes bit_of(size_t word) { return Classes{1} << (word < kSegmentClasses ? word : word - kSegmentClasses + 16); }
static_assert(kClassWords[kSegmentClasses - 1] == "any" && (Classes{1} << (kSegmentClasses - 1)) == kClassAny);
static_assert(kClassWords[kSegmentClasses] == "mpc" && kClassWords.back() == "tcprst");

}  // namespace

const char* name_of(Direction d) { return d == Direction::to_server ? "c2s" : "s2c"; }

Classes classes_named(std::string_view text) {
  Classes mask = 0;
  for (std::string_view rest = text;;) {
    const size_t plus = std::min(rest.find('+'), rest.size());
    const auto word = std::find(kClassWords.begin(), kClassWords.end(), rest.substr(0, plus));
    if (word == kClassWords.end()) {
      throw UsageError(fmt::format("'{}' is not a list, joined by '+', of: {}", text, fmt::join(kClassWords, " ")));
    }
    mask |= bit_of(static_cast<size_t>(word - kClassWords.begin()));
    if (plus == rest.size()) return mask;
    rest.remove_prefix(plus + 1);
  }
}

std::string names_of(Classes classes) {
  std::string out;
  for (size_t i = 0; i < kClassWords.size(); ++i) {
    if ((classes & bit_of(i)) == 0) continue;
    if (!out.empty()) out += '+';
    out += kClassWords[i];
  }
  return out;
}

}  // namespace gauntlet
