#include <fmt/core.h>

#include "middleboxes/registry.hh"

namespace gauntlet {
namespace {

std::string allowed(const ParamSpec& p) {
  if (p.type == ParamType::boolean) return "yes, no";
  if (p.choices.empty()) return name_of(p.type);
  std::string text;
  for (const std::string& c : p.choices) text += (text.empty() ? "" : ", ") + c;
  return text;
}

std::string table(const std::vector<ParamSpec>& params, size_t from, size_t to) {
  std::string text = "| parameter | values | default | |\n|---|---|---|---|\n";
  for (size_t i = from; i < to; ++i) {
    const ParamSpec& p = params[i];
    const std::string fallback = p.required ? "must be given" : p.fallback.empty() ? "–" : '`' + p.fallback + '`';
    text += fmt::format("| `{}` | {} | {} | {} |\n", p.name, allowed(p), fallback, p.help);
  }
  return text;
}

}  // namespace

std::string boxes_markdown() {
  const size_t common = with_common({}).size();
  std::string text =
      "# Middleboxes\n\n"
      "Generated from the header comments and parameters of the box files: `gauntlet list boxes --markdown`.\n\n"
      "A box is written `NAME:key=value,key=value`; several make a chain, the first nearest the client. A value with a "
      "comma\n"
      "stands in single quotes. Adding a box takes its file here, one line in `registry.cc`, `tests/vectors/NAME.toml` "
      "and a\n"
      "scenario; a test fails while one is missing.\n\n";
  for (const BoxEntry& box : boxes()) text += fmt::format("- [{0}](#{0}): {1}\n", box.schema.name, box.schema.summary);
  text += "\n## Parameters of every box\n\n" + table(with_common({}), 0, common);
  text += "\nThey count per TCP flow and direction, over the packets that `dir`, `when` and `path` name.\n";
  for (const BoxEntry& box : boxes()) {
    const auto& params = box.schema.params;
    text += fmt::format("\n## {}\n\n```\n{}```\n", box.schema.name, box.schema.manual);
    if (params.size() > common) text += '\n' + table(params, 0, params.size() - common);
    text += fmt::format("\n`dir` is `{}` and `when` is `{}` unless given.\n", params[params.size() - common].fallback,
                        params[params.size() - common + 1].fallback);
  }
  return text;
}

}  // namespace gauntlet
