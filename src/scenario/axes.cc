// The axes of a matrix: their order in ids, what one of them is in a cell, and what those of the box set in its
// parameters.
#include <fmt/core.h>

#include <algorithm>

#include "scenario/load_parts.hh"
#include "scenario/scenario.hh"

namespace gauntlet {
namespace {

// What `timing` sets: of the packets that match, all; the first; the 20th; all behind the 20th. The handshake is over
// by the 20th segment of any class that has as many.
struct Timing {
  const char* word;
  const char* parameter;
  const char* value;
};
constexpr Timing kTimings[] = {{"first", "count", "1"}, {"once", "nth", "20"}, {"late", "after", "20"}};

void set_parameter(BoxUse& use, const std::string& name, const std::string& value) {
  const auto& params = use.schema->params;
  const bool known = std::any_of(params.begin(), params.end(), [&](const ParamSpec& p) { return p.name == name; });
  if (known) use.box.written.emplace(name, value);  // what the file says stays
}

bool timed(const BoxUse& use) {
  const auto& written = use.box.written;
  return written.contains("nth") || written.contains("after") || written.contains("count");
}

}  // namespace

const std::vector<std::string>& axis_names() {
  static const std::vector<std::string> names = {"family", "checksum", "paths", "path",    "dir",
                                                 "when",   "timing",   "load",  "endpoint"};
  return names;
}

std::string axis_value(const Cell& cell, std::string_view axis) {
  if (axis == "family") return cell.family;
  if (axis == "checksum") return cell.checksum;
  if (axis == "paths") return fmt::format("{}", cell.paths);
  if (axis == "path") return cell.path;
  if (axis == "dir") return cell.dir;
  if (axis == "when") return cell.when;
  if (axis == "timing") return cell.timing;
  if (axis == "load") return name_of(cell.load);
  if (axis == "endpoint") return cell.endpoint;
  return "";
}

void set_axis(Cell& cell, const std::string& axis, const std::string& value) {
  if (axis == "family") cell.family = value;
  if (axis == "checksum") cell.checksum = value;
  if (axis == "paths") cell.paths = value == "2" ? 2 : 1;
  if (axis == "path") cell.path = value;
  if (axis == "dir") cell.dir = value;
  if (axis == "when") cell.when = value;
  if (axis == "timing") cell.timing = value;
  if (axis == "load") cell.load = *load_named(value);
  if (axis == "endpoint") cell.endpoint = value;
}

std::string axis_token(const Cell& cell, std::string_view axis) {
  const std::string value = axis_value(cell, axis);
  if (axis == "paths") return "p" + value;
  if (axis == "path") return "on-" + value;
  if (axis == "when" && value == "any") return "any-segment";
  return value;
}

BoxUse with_axes(const BoxUse& use, const Cell& cell) {
  const auto& matrix = cell.scenario->matrix;
  BoxUse out = use;
  if (!use.schema) return out;
  const bool free_timing = !timed(use);
  for (const char* axis : {"path", "dir", "when"})
    if (matrix.contains(axis)) set_parameter(out, axis, axis_value(cell, axis));
  if (matrix.contains("timing") && free_timing)
    for (const Timing& t : kTimings)
      if (cell.timing == t.word) set_parameter(out, t.parameter, t.value);
  if (out.box.written == use.box.written) return out;
  out.params = check_params(*use.schema, out.box.written);
  if (use.schema->declares) out.declares = use.schema->declares(out.params);
  return out;
}

bool possible(const Cell& cell) {
  const bool handshake = cell.when == "syn" || cell.when == "synack" || cell.when == "ack3";
  if (handshake && (cell.timing == "once" || cell.timing == "late")) return false;  // there is one of each
  if (cell.when == "synack") return cell.dir != "c2s";
  return !handshake || cell.dir != "s2c";
}

}  // namespace gauntlet
