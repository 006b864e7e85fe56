#include "report/changes.hh"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "report/table.hh"

namespace gauntlet {
namespace {

using Kind = Change::Kind;

bool judged(const std::string& level) { return level != "skip" && level != "not_evaluated"; }

int rank(const std::string& level) {
  return static_cast<int>(std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin());
}

Kind kind_of(const std::string& before, const std::string& after) {
  if (before == after) return Kind::changed;
  if (judged(before) != judged(after)) {
    if (!judged(after)) return Kind::worse;
    return rank(after) <= rank("lenient") ? Kind::better : Kind::worse;
  }
  if (!judged(before)) return Kind::changed;
  return rank(after) > rank(before) ? Kind::worse : Kind::better;
}

bool red(const CellResult& cell) { return cell.gate == "unexpected" || cell.gate == "xpass"; }
bool failing(const std::string& level) { return judged(level) && rank(level) > rank("lenient"); }

// The checks of a cell by name. Several of one id are told apart by what they expect, then by their order.
std::vector<std::pair<std::string, const CheckResult*>> named_checks(const CellResult& cell) {
  std::vector<std::pair<std::string, const CheckResult*>> out;
  std::map<std::string, int> of_id, of_name;
  for (const CheckResult& check : cell.checks) ++of_id[check.id];
  for (const CheckResult& check : cell.checks) {
    std::string name = check.id;
    if (of_id[check.id] > 1 && !check.expected.empty()) name += fmt::format(" ({})", check.expected);
    if (const int nth = ++of_name[name]; nth > 1) name += fmt::format(" #{}", nth);
    out.emplace_back(name, &check);
  }
  return out;
}

class Comparison {
 public:
  std::vector<Change> out;

  void cells(const CellResult& before, const CellResult& after) {
    std::string text;
    const auto say = [&](const char* what, const std::string& a, const std::string& b) {
      if (a == b) return;
      text += fmt::format("{}{}{} -> {}", text.empty() ? "" : ", ", what, a.empty() ? "-" : a, b.empty() ? "-" : b);
    };
    say("", before.level, after.level);
    say("outcome ", before.outcome, after.outcome);
    say("bytes ", before.bytes, after.bytes);
    say("culprit ", before.culprit, after.culprit);
    say("gate ", before.gate, after.gate);
    Kind kind = kind_of(before.level, after.level);
    if (kind == Kind::changed && red(before) != red(after)) kind = red(after) ? Kind::worse : Kind::better;
    if (!text.empty()) add(kind, after.cell, "", text);
    checks(before, after);
  }

  void add(Kind kind, const std::string& cell, const std::string& check, const std::string& text) {
    out.push_back({kind, cell, check, text, kind == Kind::worse || kind == Kind::vanished});
  }

 private:
  void checks(const CellResult& before, const CellResult& after) {
    const auto was = named_checks(before), is = named_checks(after);
    const auto find = [](const auto& list, const std::string& name) -> const CheckResult* {
      const auto found = std::find_if(list.begin(), list.end(), [&](const auto& c) { return c.first == name; });
      return found == list.end() ? nullptr : found->second;
    };
    for (const auto& [name, check] : is) {
      const CheckResult* old = find(was, name);
      if (!old) {
        add(Kind::appeared, after.cell, name, check->level);
        out.back().bad = failing(check->level);
      } else if (old->level != check->level) {
        std::string text = fmt::format("{} -> {}", old->level, check->level);
        if (!check->reason.empty()) text += fmt::format(" ({})", check->reason);
        if (failing(check->level)) text += fmt::format(": expected {}, got {}", check->expected, check->actual);
        add(kind_of(old->level, check->level), after.cell, name, text);
      }
    }
    for (const auto& [name, check] : was)
      if (!find(is, name)) {
        add(Kind::vanished, after.cell, name, fmt::format("was {}", check->level));
        out.back().bad = judged(check->level) && !failing(check->level);
      }
  }
};

std::map<std::string, const CellResult*> by_id(const Results& results) {
  std::map<std::string, const CellResult*> out;
  for (const CellResult& cell : results.cells) out[cell.cell] = &cell;
  return out;
}

const char* word_of(Kind kind) {
  switch (kind) {
    case Kind::worse:
      return "worse";
    case Kind::better:
      return "better";
    case Kind::changed:
      return "changed";
    case Kind::appeared:
      return "appeared";
    case Kind::vanished:
      return "vanished";
    case Kind::left_out:
      return "left out";
  }
  return "?";
}

}  // namespace

std::vector<Change> changes(const Results& old_run, const Results& new_run) {
  const auto was = by_id(old_run), is = by_id(new_run);
  const std::set<std::string> others(new_run.others.begin(), new_run.others.end());
  const std::set<std::string> plan(new_run.plan.begin(), new_run.plan.end());
  std::set<std::string> ids;
  for (const auto& [id, cell] : was) ids.insert(id);
  for (const auto& [id, cell] : is) ids.insert(id);
  Comparison comparison;
  for (const std::string& id : ids) {
    if (!was.contains(id)) {
      const CellResult& cell = *is.at(id);
      comparison.add(Kind::appeared, id, "", cell.level);
      comparison.out.back().bad = failing(cell.level) && cell.gate != "known";
    } else if (is.contains(id)) {
      comparison.cells(*was.at(id), *is.at(id));
    } else if (others.contains(without_round(id))) {
      comparison.add(Kind::left_out, id, "", fmt::format("was {}, not selected", was.at(id)->level));
    } else {
      comparison.add(Kind::vanished, id, "",
                     fmt::format("was {}, {}", was.at(id)->level,
                                 plan.contains(id) ? "planned but without a result" : "not in the catalogue any more"));
    }
  }
  return comparison.out;
}

std::string to_text(const std::vector<Change>& all) {
  if (all.empty()) return "no change\n";
  std::string out;
  std::map<Kind, size_t> counts;
  for (const Change& c : all) {
    out += fmt::format("{:<9}{}{}: {}\n", word_of(c.kind), c.cell, c.check.empty() ? "" : ": " + c.check, c.text);
    ++counts[c.kind];
  }
  std::string totals;
  for (const auto& [kind, count] : counts)
    totals += fmt::format("{}{} {}", totals.empty() ? "" : ", ", count, word_of(kind));
  return out + totals + (got_worse(all) ? ": changed for the worse\n" : ": nothing got worse\n");
}

bool got_worse(const std::vector<Change>& all) {
  return std::any_of(all.begin(), all.end(), [](const Change& c) { return c.bad; });
}

}  // namespace gauntlet
