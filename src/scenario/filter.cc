// `opt/* & !slow & ipv4`: terms are globs over the cell's id, its scenario's id, tags and axis values.
//   any  := all ('|' all)*      all := one ('&' one)*      one := '!' one | '(' any ')' | glob
#include <fmt/core.h>

#include <algorithm>

#include "scenario/scenario.hh"
#include "util/error.hh"
#include "util/glob.hh"

namespace gauntlet {

namespace {

constexpr std::string_view kSpecial = "&|!() \t";

bool term_matches(const Cell& cell, std::string_view pattern) {
  if (glob_matches(pattern, cell.id) || glob_matches(pattern, cell.scenario->id)) return true;
  const auto& tags = cell.tags;
  if (std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) { return glob_matches(pattern, tag); }))
    return true;
  const auto& axes = axis_names();
  return std::any_of(axes.begin(), axes.end(),
                     [&](const std::string& axis) { return glob_matches(pattern, axis_token(cell, axis)); });
}

class Parser {
 public:
  Parser(const Cell& cell, std::string_view text) : cell_(cell), text_(text) {}

  bool whole() {
    const bool result = any();
    skip_space();
    if (at_ < text_.size()) fail(fmt::format("'{}' is unexpected", text_[at_]));
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError(
        fmt::format("filter '{}', character {}: {}; write globs joined by & | ! ( ), such as 'opt/* & !slow & ipv4'",
                    text_, at_ + 1, what));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Both sides are always parsed: an error behind a decided one is still an error.
  bool any() {
    bool result = all();
    while (take('|')) result = all() || result;
    return result;
  }
  bool all() {
    bool result = one();
    while (take('&')) result = one() && result;
    return result;
  }
  bool one() {
    if (take('!')) return !one();
    if (take('(')) {
      const bool result = any();
      if (!take(')')) fail("')' is missing");
      return result;
    }
    skip_space();
    const size_t end = std::min(text_.find_first_of(kSpecial, at_), text_.size());
    if (end == at_) fail("a name or glob is missing");
    const std::string_view pattern = text_.substr(at_, end - at_);
    at_ = end;
    return term_matches(cell_, pattern);
  }

  const Cell& cell_;
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool matches(const Cell& cell, std::string_view filter) { return Parser(cell, filter).whole(); }

}  // namespace gauntlet
