// [[action]]: what is done in mid-connection, and whether it can be done in every cell.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "scenario/load_parts.hh"
#include "scenario/words.hh"

namespace gauntlet {
namespace {

constexpr std::array kDeeds = {"add-address",   "remove-address", "backup", "no-backup",
                               "reset-subflow", "fastclose",      "close"};

Action load_action(const TomlValue& table, Problems& problems) {
  TomlReader reader(table, "[[action]]", problems);
  Action action;
  action.line = table.line;
  if (const auto word = reader.word("do", deed_words(), true)) action.deed = *deed_named(*word);
  if (const auto word = reader.word("by", {"client", "server"}, true)) action.by_server = *word == "server";
  if (const auto text = reader.text("after", true, "the bytes this end has sent by then, such as \"20 kB\"")) {
    const auto size = parse_size(*text);
    if (size && *size >= 0)
      action.after = static_cast<uint64_t>(*size);
    else
      problems.add(reader.line_of("after"),
                   fmt::format("`after` in [[action]] cannot be '{}'; write a size (allowed: \"20 kB\")", *text));
  }
  reader.finish();
  return action;
}

bool always_two_paths(const Scenario& s) {
  const auto paths = s.matrix.find("paths");
  return paths != s.matrix.end() && paths->second == std::vector<std::string>{"2"};
}

bool ever_two_paths(const Scenario& s) {
  const auto paths = s.matrix.find("paths");
  return paths != s.matrix.end() && std::find(paths->second.begin(), paths->second.end(), "2") != paths->second.end();
}

}  // namespace

const char* name_of(Deed d) { return kDeeds[static_cast<size_t>(d)]; }

std::optional<Deed> deed_named(std::string_view name) {
  const auto found = std::find(kDeeds.begin(), kDeeds.end(), name);
  if (found == kDeeds.end()) return std::nullopt;
  return static_cast<Deed>(found - kDeeds.begin());
}

const std::vector<std::string>& deed_words() {
  static const std::vector<std::string> words(kDeeds.begin(), kDeeds.end());
  return words;
}

void load_actions(const std::vector<const TomlValue*>& tables, Scenario& scenario, Problems& problems) {
  for (const TomlValue* table : tables) scenario.actions.push_back(load_action(*table, problems));
}

void check_actions(const Scenario& s, Problems& problems) {
  bool announced[2] = {false, always_two_paths(s)};  // second addresses in use: of the server, of the client
  uint64_t last[2] = {0, 0};
  for (const Action& a : s.actions) {
    const char* who = a.by_server ? "server" : "client";
    const uint64_t total = a.by_server ? s.workload.down : s.workload.up + s.workload.preface_up.size();
    bool& second = announced[a.by_server ? 0 : 1];
    if (a.after >= total)
      problems.add(a.line, fmt::format("the {} never gets past {} bytes: it sends {}; lower `after` or send more", who,
                                       a.after, total));
    if (uint64_t& before = last[a.by_server ? 0 : 1]; a.after < before)
      problems.add(a.line, fmt::format("the actions of the {} stand in the order of `after`; move this one up", who));
    else
      before = a.after;
    if (a.deed == Deed::add_address) {
      if (second || (!a.by_server && ever_two_paths(s)))
        problems.add(a.line, fmt::format("the second address of the {} is in use already; take paths = [1] or remove "
                                         "this action",
                                         who));
      second = true;
    } else if (!ends_it(a.deed) && !second) {
      problems.add(a.line, fmt::format("{} by the {}: its second address is not in use; {}", name_of(a.deed), who,
                                       a.by_server ? "add it first (do = \"add-address\")"
                                                   : "give the matrix paths = [2] or add it first"));
    }
    if (a.deed == Deed::reset_subflow && a.by_server)
      problems.add(a.line,
                   "reset-subflow is done by the client: behind an address translator only it can name the "
                   "subflow; write by = \"client\"");
    if (a.deed == Deed::remove_address) second = false;
  }
}

}  // namespace gauntlet
