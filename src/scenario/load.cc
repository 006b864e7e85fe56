// Reads scenario files: the top of the file here, the tables in load_*.cc.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "scenario/load_parts.hh"
#include "scenario/scenario.hh"
#include "scenario/words.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr uint64_t kMaxTransfer = 1'000'000'000;  // bytes each way: more does not end within any limit allowed here

bool good_id(const std::string& id) {
  return !id.empty() && id.front() != '/' && id.back() != '/' && id.find("//") == std::string::npos &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/'; });
}

bool good_tag(const std::string& tag) {
  return !tag.empty() && std::all_of(tag.begin(), tag.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

uint64_t read_size(TomlReader& reader, const char* key, Problems& problems) {
  const auto text = reader.text(key);
  if (!text) return 0;
  const auto size = parse_size(*text);
  if (size && *size >= 0 && static_cast<uint64_t>(*size) <= kMaxTransfer) return static_cast<uint64_t>(*size);
  problems.add(reader.line_of(key), fmt::format("`{}` in [workload] cannot be '{}'; write a size up to 1 GB "
                                                "(allowed: \"1448\", \"200 kB\", \"64 KiB\", \"1 MB\")",
                                                key, *text));
  return 0;
}

void load_workload(const TomlValue& table, Scenario& scenario, Problems& problems) {
  TomlReader reader(table, "[workload]", problems);
  if (const auto word = reader.word("load", axis_words("load"))) scenario.workload.load = *load_named(*word);
  scenario.workload.up = read_size(reader, "up", problems);
  scenario.workload.down = read_size(reader, "down", problems);
  if (const auto bytes = reader.integer("write", 1, 1 << 20)) scenario.workload.write = static_cast<uint64_t>(*bytes);
  if (const auto word = reader.word("closes_first", {"client", "server"})) scenario.workload.closes_first = *word;
  if (const auto word = reader.word("fast_open", {"yes", "no"})) scenario.workload.fast_open = *word == "yes";
  if (const auto us = reader.integer("tick_us", 1, 10'000'000)) scenario.workload.tick_us = static_cast<uint64_t>(*us);
  if (const auto text = reader.text("preface_up")) scenario.workload.preface_up = *text;
  reader.finish();
  if (scenario.workload.up + scenario.workload.down == 0 && !table.find("up") && !table.find("down"))
    problems.add(table.line,
                 "[workload] sends nothing; give `up`, `down` or both a size (allowed: such as \"200 kB\")");
}

void load_topology(const TomlValue& table, Scenario& scenario, Problems& problems) {
  TomlReader reader(table, "[topology]", problems);
  if (const auto shape = reader.word("shape", {"two-paths"})) scenario.shape = *shape;
  if (const auto routers = reader.integer("routers", 1, 10)) scenario.routers = static_cast<unsigned>(*routers);
  for (const auto& [key, flag] :
       {std::pair{"syn_cookies", &scenario.syn_cookies}, {"deny_join", &scenario.deny_join}}) {
    const TomlValue* value = reader.any(key);
    if (value != nullptr && value->type != TomlValue::Type::boolean)
      problems.add(reader.line_of(key), fmt::format("`{}` in [topology] is true or false; correct it", key));
    *flag = value != nullptr && value->boolean;
  }
  if (const auto text = reader.text("receive_buffer")) {
    const auto size = parse_size(*text);
    if (size && *size >= 4096 && *size <= 6 << 20)
      scenario.receive_buffer = static_cast<uint64_t>(*size);
    else
      problems.add(reader.line_of("receive_buffer"),
                   fmt::format("`receive_buffer` in [topology] cannot be '{}'; write a size from 4 KiB to 6 MiB "
                               "(allowed: such as \"64 KiB\")",
                               *text));
  }
  reader.finish();
}

void load_endpoint(const TomlValue& table, Scenario& scenario, Problems& problems) {
  TomlReader reader(table, "[endpoint]", problems);
  scenario.server_command = reader.words("server", false);
  scenario.client_command = reader.words("client", false);
  reader.finish();
}

void load_limits(const TomlValue& table, Scenario& scenario, Problems& problems) {
  TomlReader reader(table, "[limits]", problems);
  if (const auto seconds = reader.integer("transfer_s", 1, 300)) scenario.limit_s = static_cast<unsigned>(*seconds);
  reader.finish();
}

void load_top(TomlReader& reader, Scenario& scenario, Problems& problems) {
  if (const auto id = reader.text("id", true, "the stable name, such as \"opt/strip-capable-syn\"")) {
    scenario.id = *id;
    if (!id->empty() && !good_id(*id))
      problems.add(reader.line_of("id"),
                   fmt::format("`id` cannot be '{}'; use FAMILY/NAME (allowed: a-z 0-9 - and single /)", *id));
  }
  if (const auto row = reader.text("row", true, "the oracle row, a key of scenarios/rows.toml")) scenario.row = *row;
  if (const auto title = reader.text("title", true, "one line for people")) scenario.title = *title;
  scenario.tags = reader.words("tags", true);
  for (const std::string& tag : scenario.tags)
    if (!good_tag(tag))
      problems.add(reader.line_of("tags"), fmt::format("`tags` cannot hold '{}'; rename it (allowed: a-z 0-9 -)", tag));
  if (const auto names = reader.words_of("baseline", outcome_words()); !names.empty()) {
    scenario.baseline.clear();
    for (const std::string& name : names) scenario.baseline.push_back(*outcome_named(name));
  }
  if (const auto acts = reader.word("acts_on", {"mptcp", "tcp"})) scenario.acts_on_tcp = *acts == "tcp";
}

}  // namespace

Scenario parse_scenario(std::string_view text, const std::string& name, const std::vector<BoxSchema>& schemas) {
  const TomlValue root = parse_toml(text, name);
  Problems problems(name);
  TomlReader reader(root, "the scenario", problems);
  Scenario scenario;
  scenario.file = name;
  scenario.line = reader.line_of("id");
  load_top(reader, scenario, problems);
  if (const auto* table = reader.table("topology")) load_topology(*table, scenario, problems);
  if (const auto* table = reader.table("workload")) {
    load_workload(*table, scenario, problems);
  } else if (!root.find("workload")) {
    problems.add(1, "the scenario has no [workload]; add it with `load`, `up` and `down`");
  }
  if (const auto* table = reader.table("endpoint")) load_endpoint(*table, scenario, problems);
  if (const auto* table = reader.table("limits")) load_limits(*table, scenario, problems);
  if (const auto* table = reader.table("matrix")) load_matrix(*table, scenario, problems);
  if (scenario.matrix.contains("load") && root.find("workload") && root.find("workload")->find("load"))
    problems.add(root.find("workload")->line, "`load` stands in [workload] and in [matrix]; remove it from [workload]");
  load_boxes(reader.tables("box"), schemas, scenario, problems);
  if (const auto* table = reader.table("chaos")) load_chaos(*table, schemas, scenario, problems);
  if (scenario.chains > 0 && !scenario.boxes.empty())
    problems.add(root.find("chaos")->line, "[chaos] and [[box]] in one file; keep one of them");
  load_actions(reader.tables("action"), scenario, problems);
  load_expects(reader.tables("expect"), scenario, problems);
  check_actions(scenario, problems);
  if (!root.find("expect"))
    problems.add(1, "the scenario has no [[expect]]; add at least one with clause, strength and outcome");
  reader.finish();
  check_cells(scenario, root, problems);
  problems.throw_if_any();
  return scenario;
}

Scenario load_scenario(const std::string& path, const std::vector<BoxSchema>& schemas) {
  return parse_scenario(read_text_file(path), path, schemas);
}

std::vector<Scenario> load_scenarios(const std::string& folder, const std::vector<BoxSchema>& schemas) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (!fs::is_directory(folder, failed))
    throw UsageError(fmt::format("{}: no folder of scenarios; name one that holds *.toml", folder));
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".toml" && entry.path().filename() != "rows.toml" &&
        entry.path().filename() != "clauses.toml")
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());

  std::vector<Scenario> all;
  std::map<std::string, std::string> file_of;  // id -> file
  std::string wrong;                           // of every file, so that one look shows all
  const auto add = [&](const std::string& text) { wrong += (wrong.empty() ? "" : "\n") + text; };
  for (const std::string& file : files) {
    try {
      Scenario scenario = load_scenario(file, schemas);
      const auto [first, fresh] = file_of.emplace(scenario.id, file);
      if (!fresh)
        add(fmt::format("{}:{}: the id '{}' is that of {}; give it one of its own", file, scenario.line, scenario.id,
                        first->second));
      all.push_back(std::move(scenario));
    } catch (const UsageError& e) {
      add(e.what());
    }
  }
  if (!wrong.empty()) throw UsageError(wrong);
  std::sort(all.begin(), all.end(), [](const Scenario& a, const Scenario& b) { return a.id < b.id; });
  return all;
}

}  // namespace gauntlet
