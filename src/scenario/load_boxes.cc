// [[box]]: where it stands, which box it is, its parameters against the schema, the order along the path.
#include <fmt/core.h>

#include <algorithm>

#include "scenario/load_parts.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

struct Place {
  unsigned path = 0;    // 1, 2; 0: core
  unsigned router = 0;  // 1 .. K
};

// "path1.r2" or "core"
std::optional<Place> place_of(const std::string& on, unsigned routers) {
  if (on == "core") return Place{};
  for (unsigned path = 1; path <= 2; ++path)
    for (unsigned router = 1; router <= routers; ++router)
      if (on == fmt::format("path{}.r{}", path, router)) return Place{path, router};
  return std::nullopt;
}

std::string places(unsigned routers) {
  if (routers == 1) return "path1.r1, path2.r1, core";
  return fmt::format("path1.r1 to path1.r{0}, path2.r1 to path2.r{0}, core", routers);
}

// Does `a` stand nearer the server than `b`, on a path that both lie on?
bool behind(const Place& a, const Place& b) {
  if (a.path == 0) return b.path != 0;
  return a.path == b.path && a.router > b.router;
}

std::optional<std::string> text_of(const TomlValue& value) {
  switch (value.type) {
    case TomlValue::Type::text:
      return value.text;
    case TomlValue::Type::integer:
      return fmt::format("{}", value.integer);
    case TomlValue::Type::real:
      return fmt::format("{}", value.real);
    case TomlValue::Type::boolean:
      return value.boolean ? "true" : "false";
    default:
      return std::nullopt;
  }
}

// Each parameter alone first, so that every wrong one is named with its own line; then all together.
void check_parameters(const TomlValue& table, BoxUse& use, Problems& problems) {
  const BoxSchema& schema = *use.schema;
  std::vector<std::string> names;
  for (const ParamSpec& spec : schema.params) names.push_back(spec.name);
  bool good = true;
  const auto take = [&](const TomlMember& m) {
    const auto spec =
        std::find_if(schema.params.begin(), schema.params.end(), [&](const ParamSpec& s) { return s.name == m.key; });
    const auto text = text_of(m.value);
    if (spec == schema.params.end()) {
      good = false;
      problems.add(m.line, fmt::format("the box '{}' has no parameter `{}`; remove or correct it (allowed: {})",
                                       schema.name, m.key, joined(names)));
    } else if (use.box.written.contains(m.key)) {
      good = false;
      problems.add(m.line, fmt::format("`{}` of the box '{}' is there twice; remove one", m.key, schema.name));
    } else if (!text) {
      good = false;
      problems.add(m.line, fmt::format("`{}` of the box '{}' is {}; write a string, a number or true/false", m.key,
                                       schema.name, name_of(m.value.type)));
    } else {
      use.box.written[m.key] = *text;
      BoxSchema alone;
      alone.name = schema.name;
      alone.params = {*spec};
      try {
        check_params(alone, {{m.key, *text}});
      } catch (const UsageError& e) {
        good = false;
        problems.add(m.line, fmt::format("{}; see `gauntlet list boxes`", e.what()));
      }
    }
  };
  for (const TomlMember& m : table.members) {
    if (m.key == "on" || m.key == "at" || m.key == "use") continue;
    if (m.key == "with" && m.value.type == TomlValue::Type::table)
      for (const TomlMember& named_like_ours : m.value.members) take(named_like_ours);
    else
      take(m);
  }
  if (!good) return;
  try {
    use.params = check_params(schema, use.box.written);
    if (schema.declares) use.declares = schema.declares(use.params);
  } catch (const UsageError& e) {
    problems.add(use.line, fmt::format("{}; see `gauntlet list boxes`", e.what()));
  }
}

}  // namespace

bool same_path_only(const BoxUse& use) { return use.on != "core"; }

void load_boxes(const std::vector<const TomlValue*>& tables, const std::vector<BoxSchema>& schemas, Scenario& scenario,
                Problems& problems) {
  std::vector<std::string> names;
  for (const BoxSchema& s : schemas) names.push_back(s.name);
  std::vector<std::pair<Place, const BoxUse*>> before;
  scenario.boxes.reserve(tables.size());  // `before` points into it
  for (const TomlValue* table : tables) {
    TomlReader reader(*table, "[[box]]", problems);
    BoxUse use;
    use.line = table->line;
    std::optional<Place> place;
    if (const auto on = reader.text("on", true, "the router it stands on: " + places(scenario.routers))) {
      use.on = *on;
      place = place_of(*on, scenario.routers);
      if (!place)
        problems.add(reader.line_of("on"),
                     fmt::format("no router '{}' in this topology ({} on each path); name one of it (allowed: {})", *on,
                                 scenario.routers, places(scenario.routers)));
    }
    if (const auto at = reader.word("at", {"pre", "post", "local"})) use.at = *hook_named(*at);
    if (const auto name = reader.text("use", true, "the box's name: " + joined(names))) {
      use.box.name = *name;
      const auto schema =
          std::find_if(schemas.begin(), schemas.end(), [&](const BoxSchema& s) { return s.name == *name; });
      if (schema == schemas.end()) {
        problems.add(reader.line_of("use"), fmt::format("there is no box '{}'; see `gauntlet list boxes` (allowed: {})",
                                                        *name, joined(names)));
      } else {
        use.schema = std::make_shared<const BoxSchema>(*schema);
        check_parameters(*table, use, problems);
      }
    }
    for (const auto& [other, earlier] : before) {
      if (!place) break;
      if (behind(other, *place))
        problems.add(
            use.line,
            fmt::format("the box on {} stands behind one on {}, but nearer the client; order [[box]] along the path",
                        use.on, earlier->on));
      if (use.on == earlier->on && use.at != earlier->at)
        problems.add(use.line, fmt::format("two boxes on {} with `at` {} and {}; one queue per router: use the same",
                                           use.on, name_of(earlier->at), name_of(use.at)));
    }
    scenario.boxes.push_back(std::move(use));
    if (place) before.emplace_back(*place, &scenario.boxes.back());
  }
}

}  // namespace gauntlet
