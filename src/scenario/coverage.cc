#include "scenario/coverage.hh"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "util/toml_reader.hh"

namespace gauntlet {
namespace {

// Each table of the array `key`, which is all the file may hold.
void each(const std::string& file, const char* key, Problems& problems, const std::function<void(TomlReader&)>& take) {
  const TomlValue root = parse_toml_file(file);
  TomlReader top(root, "the file", problems);
  const std::string where = fmt::format("[[{}]]", key);
  for (const TomlValue* table : top.tables(key)) {
    TomlReader reader(*table, where, problems);
    take(reader);
    reader.finish();
  }
  top.finish();
}

std::string needed(TomlReader& reader, const char* key, const char* what) {
  return reader.text(key, true, what).value_or("");
}

void once(std::set<std::string>& ids, const std::string& id, TomlReader& reader, Problems& problems) {
  if (!ids.insert(id).second)
    problems.add(reader.line_of("id"), fmt::format("`id` is '{}' a second time; give it one of its own", id));
}

// Cells come in the order of the catalogue.
Covered covered_by(const std::vector<std::string>& rows, const std::vector<Cell>& catalogue) {
  Covered out;
  for (const Cell& cell : catalogue) {
    if (std::find(rows.begin(), rows.end(), cell.scenario->row) == rows.end()) continue;
    out.cells.push_back(&cell);
    out.core += std::find(cell.tags.begin(), cell.tags.end(), "core") != cell.tags.end();
  }
  return out;
}

}  // namespace

std::vector<OracleRow> load_rows(const std::string& file) {
  std::vector<OracleRow> rows;
  std::set<std::string> ids;
  Problems problems(file);
  each(file, "row", problems, [&](TomlReader& reader) {
    OracleRow row;
    row.id = needed(reader, "id", "the row's name, such as \"opt.nop\"");
    row.title = needed(reader, "title", "one line for people");
    row.clause = needed(reader, "clause", "the sections, such as \"RFC 8684 3.7\"");
    row.practice = reader.text("practice").value_or("");
    row.why_not = reader.text("why_not").value_or("");
    once(ids, row.id, reader, problems);
    rows.push_back(std::move(row));
  });
  problems.throw_if_any();
  return rows;
}

std::vector<Demand> load_demands(const std::string& file, const std::vector<OracleRow>& rows) {
  std::set<std::string> ids, known;
  for (const OracleRow& row : rows) known.insert(row.id);
  std::vector<Demand> demands;
  Problems problems(file);
  each(file, "clause", problems, [&](TomlReader& reader) {
    Demand d;
    d.id = needed(reader, "id", "section/name, such as \"3.1/syn-without\"");
    d.strength = reader.word("strength", {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT"}, true).value_or("");
    d.says = needed(reader, "says", "the demand in our own words");
    d.rows = reader.words("rows");
    d.why_not = reader.text("why_not").value_or("");
    once(ids, d.id, reader, problems);
    for (const std::string& row : d.rows)
      if (!known.contains(row))
        problems.add(reader.line_of("rows"), fmt::format("`rows` names '{}', no row of rows.toml; correct it", row));
    demands.push_back(std::move(d));
  });
  problems.throw_if_any();
  return demands;
}

Coverage coverage_of(const std::vector<OracleRow>& rows, const std::vector<Demand>& demands,
                     const std::vector<Cell>& catalogue) {
  Coverage out;
  for (const OracleRow& row : rows) out.rows.emplace_back(row, covered_by({row.id}, catalogue));
  for (const Demand& demand : demands) out.demands.emplace_back(demand, covered_by(demand.rows, catalogue));
  return out;
}

std::vector<std::string> silently_uncovered(const Coverage& coverage) {
  std::vector<std::string> out;
  const auto look = [&](const auto& items, const char* what) {
    for (const auto& [item, covered] : items)
      if (covered.cells.empty() && item.why_not.empty()) out.push_back(fmt::format("{} {}", what, item.id));
  };
  look(coverage.rows, "row");
  look(coverage.demands, "clause");
  return out;
}

}  // namespace gauntlet
