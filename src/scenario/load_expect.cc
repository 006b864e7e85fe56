// [[expect]] and [matrix], and whether the two fit.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "scenario/load_parts.hh"
#include "scenario/words.hh"

namespace gauntlet {
namespace {

// "RFC 8684 3.1", "RFC 8684 3.3.1, 3.7", "RFC 6824 3.6": the document first, so that a finding can be looked up.
bool good_clause(const std::string& clause) {
  if (clause.size() < 10 || clause.compare(0, 4, "RFC ") != 0) return false;
  return std::all_of(clause.begin() + 4, clause.begin() + 8, [](char c) { return c >= '0' && c <= '9'; }) &&
         clause[8] == ' ' && ((clause[9] >= '0' && clause[9] <= '9') || (clause[9] >= 'A' && clause[9] <= 'Z'));
}

// A value as it is written: 1 for paths, text for the others.
std::optional<std::string> axis_text(const TomlValue& value) {
  if (value.type == TomlValue::Type::integer) return fmt::format("{}", value.integer);
  if (value.type == TomlValue::Type::text) return value.text;
  return std::nullopt;
}

std::vector<std::string> axis_values(const std::string& axis, const TomlMember& member, const char* where,
                                     Problems& problems) {
  std::vector<std::string> out;
  std::vector<TomlValue> items = member.value.items;
  if (member.value.type != TomlValue::Type::array) items = {member.value};
  if (items.empty())
    problems.add(member.line, fmt::format("`{}` in {} is empty; name a value or remove it (allowed: {})", axis, where,
                                          joined(axis_words(axis))));
  for (const TomlValue& item : items) {
    const auto text = axis_text(item);
    const auto& allowed = axis_words(axis);
    const bool wrong_type = text && (axis == "paths") != (item.type == TomlValue::Type::integer);
    if (!text || wrong_type)
      problems.add(item.line,
                   fmt::format("`{}` in {} holds {}; write {} (allowed: {})", axis, where, name_of(item.type),
                               axis == "paths" ? "an integer" : "a string", joined(allowed)));
    else if (std::find(allowed.begin(), allowed.end(), *text) == allowed.end())
      problems.add(item.line, fmt::format("`{}` in {} cannot be '{}'; use the axis's values (allowed: {})", axis, where,
                                          *text, joined(allowed)));
    else if (std::find(out.begin(), out.end(), *text) != out.end())
      problems.add(item.line, fmt::format("`{}` in {} names '{}' twice; remove one", axis, where, *text));
    else
      out.push_back(*text);
  }
  return out;
}

std::vector<Outcome> outcomes(const std::vector<std::string>& words) {
  std::vector<Outcome> out;
  for (const std::string& word : words) out.push_back(*outcome_named(word));
  return out;
}

CounterRule load_counter_rule(const TomlValue& table, const std::string& where, Problems& problems) {
  TomlReader reader(table, where, problems);
  CounterRule rule;
  const auto names = [&](const char* key) {
    std::vector<std::string> out = reader.words(key);
    for (const std::string& name : out)
      if (const auto& all = counter_words(); std::find(all.begin(), all.end(), name) == all.end())
        problems.add(reader.line_of(key), fmt::format("no MPTcpExt counter is called '{}'; correct it (nearest: {})",
                                                      name, joined(nearest(name, all, 3))));
    return out;
  };
  rule.must = names("must");
  rule.must_not = names("must_not");
  for (const std::string& name : rule.must)
    if (std::find(rule.must_not.begin(), rule.must_not.end(), name) != rule.must_not.end())
      problems.add(reader.line_of("must_not"),
                   fmt::format("the counter '{}' stands in `must` and in `must_not`; remove one", name));
  reader.finish();
  return rule;
}

WireRule load_wire(const TomlValue& table, Problems& problems) {
  TomlReader reader(table, "`wire`", problems);
  WireRule rule;
  for (const std::string& kind : difference_words()) {
    if (!table.find(kind)) continue;
    if (!rule.kind.empty())
      problems.add(reader.line_of(kind), fmt::format("`wire` names two kinds, {} and {}; keep one", rule.kind, kind));
    rule.kind = kind;
    rule.field = reader.text(kind).value_or("");
  }
  if (const auto segment = reader.word("segment", segment_words())) rule.segment = *segment;
  if (const auto least = reader.integer("at_least", 1, 1'000'000)) rule.at_least = static_cast<uint64_t>(*least);
  if (rule.kind.empty()) {
    problems.add(table.line, fmt::format("`wire` names no kind of difference; write KIND = \"field\" (allowed: {})",
                                         joined(difference_words())));
  } else {
    reader.finish();
  }
  return rule;
}

std::vector<WireRule> load_wires(const TomlValue& value, int line, Problems& problems) {
  if (value.type == TomlValue::Type::table) return {load_wire(value, problems)};
  std::vector<WireRule> rules;
  bool good = value.type == TomlValue::Type::array && !value.items.empty();
  for (const TomlValue& item : value.items) {
    good = good && item.type == TomlValue::Type::table;
    if (good) rules.push_back(load_wire(item, problems));
  }
  if (!good)
    problems.add(line, "`wire` names edits; write { KIND = \"field\", at_least = N }, or several of these in brackets");
  return rules;
}

std::vector<unsigned> load_joins(const TomlValue& value, int line, Problems& problems) {
  std::vector<unsigned> out;
  bool good = value.type == TomlValue::Type::array && !value.items.empty();
  for (const TomlValue& item : value.items) {
    good = good && item.type == TomlValue::Type::integer && item.integer >= 0 && item.integer <= 8;
    if (good) out.push_back(static_cast<unsigned>(item.integer));
  }
  if (!good)
    problems.add(line, "`joins` names how many subflows may have joined; write them (allowed: such as [0] or [1, 2])");
  return out;
}

Expect load_expect(const TomlValue& table, Problems& problems) {
  TomlReader reader(table, "[[expect]]", problems);
  Expect expect;
  expect.line = table.line;
  if (const auto* axes = reader.table("for"))
    for (const TomlMember& m : axes->members) {
      if (axis_words(m.key).empty())
        problems.add(m.line, fmt::format("unknown axis `{}` in `for`; use one of the matrix (allowed: {})", m.key,
                                         joined(axis_names())));
      else
        expect.when[m.key] = axis_values(m.key, m, "`for`", problems);
    }
  if (const auto clause = reader.text("clause", true, "the section, such as \"RFC 8684 3.1\"")) {
    expect.clause = *clause;
    if (!clause->empty() && !good_clause(*clause))
      problems.add(
          reader.line_of("clause"),
          fmt::format("`clause` cannot be '{}'; write document and section (allowed: such as \"RFC 8684 3.3.1\")",
                      *clause));
  }
  if (const auto word = reader.word("strength", strength_words(), true)) expect.strength = *strength_named(*word);
  expect.outcome = outcomes(reader.words_of("outcome", outcome_words(), true));
  expect.lenient = outcomes(reader.words_of("lenient", outcome_words()));
  for (const Outcome o : expect.lenient)
    if (std::find(expect.outcome.begin(), expect.outcome.end(), o) != expect.outcome.end())
      problems.add(reader.line_of("lenient"),
                   fmt::format("'{}' stands in `outcome` and in `lenient`; remove one", name_of(o)));
  if (table.find("bytes")) {
    expect.bytes.clear();
    for (const std::string& letter : reader.words_of("bytes", {"I", "T", "U", "C"}, true)) expect.bytes += letter;
  } else {
    reader.any("bytes");
  }
  expect.undecided = reader.text("undecided").value_or("");
  if (const auto* joins = reader.any("joins")) expect.joins = load_joins(*joins, reader.line_of("joins"), problems);
  if (const auto* counters = reader.table("counters")) {
    TomlReader sides(*counters, "`counters`", problems);
    if (const auto* side = sides.table("client"))
      expect.client = load_counter_rule(*side, "`counters.client`", problems);
    if (const auto* side = sides.table("server"))
      expect.server = load_counter_rule(*side, "`counters.server`", problems);
    sides.finish();
  }
  if (const auto* wire = reader.any("wire")) expect.wire = load_wires(*wire, reader.line_of("wire"), problems);
  reader.finish();
  return expect;
}

}  // namespace

void load_expects(const std::vector<const TomlValue*>& tables, Scenario& scenario, Problems& problems) {
  for (const TomlValue* table : tables) scenario.expect.push_back(load_expect(*table, problems));
  for (const Expect& e : scenario.expect)
    if (!e.wire.empty() && scenario.boxes.empty())
      problems.add(e.line, "`wire` demands an edit but the scenario has no [[box]]; add the box or remove `wire`");
}

void load_matrix(const TomlValue& table, Scenario& scenario, Problems& problems) {
  for (const TomlMember& m : table.members) {
    if (axis_words(m.key).empty()) {
      problems.add(m.line, fmt::format("unknown axis `{}` in [matrix]; remove or correct it (allowed: {})", m.key,
                                       joined(axis_names())));
      continue;
    }
    if (m.value.type != TomlValue::Type::array) {
      problems.add(m.line, fmt::format("`{}` in [matrix] is {}; write an array (allowed: {})", m.key,
                                       name_of(m.value.type), joined(axis_words(m.key))));
      continue;
    }
    const auto values = axis_values(m.key, m, "[matrix]", problems);
    if (!values.empty()) scenario.matrix[m.key] = values;
  }
}

}  // namespace gauntlet
