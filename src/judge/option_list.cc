#include "judge/option_list.hh"

#include <fmt/core.h>

#include "judge/compare.hh"
#include "mptcp/option.hh"
#include "wire/options.hh"

namespace gauntlet {

std::string ListedOption::text() const {
  if (kind == kOptMptcp && bytes.size() >= 3) return to_text(decode_mptcp(bytes));
  return hex_of(bytes, 40);
}

OptionList list_options(ConstBytes options) {
  OptionList list;
  OptionWalk walk(options);
  Option o;
  while (walk.next(o)) {
    list.skeleton += fmt::format("{} ", o.kind);
    if (o.kind == kOptNop) continue;
    if (o.kind == kOptEol) {
      list.eol = o.offset;
      break;
    }
    ListedOption& entry = list.options.emplace_back();
    entry.kind = o.kind;
    entry.offset = o.offset;
    entry.bytes = options.subspan(o.offset, o.size);
    entry.field = fmt::format("{}option {}", o.malformed ? "malformed " : "", o.kind);
    if (o.kind == kOptMptcp && !o.malformed)
      if (const auto sub = subtype_of(entry.bytes); sub && *sub <= Subtype::tcprst)
        entry.field += fmt::format("/{}", name_of(*sub));
  }
  list.skeleton += hex_of(walk.rest(), 40);
  return list;
}

}  // namespace gauntlet
