#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "report/formats.hh"
#include "report/story.hh"

namespace gauntlet {

std::string badge_json(const Results& results) {
  size_t passed = 0, known = 0, skipped = 0, red = 0;
  for (const CellResult& cell : cells_to_tell(results)) {
    const Told how = told(cell);
    passed += cell.level == "pass" && how == Told::passed ? 1 : 0;
    known += how == Told::known ? 1 : 0;
    skipped += how == Told::skipped ? 1 : 0;
    red += how == Told::failed || how == Told::errored ? 1 : 0;
  }
  const size_t planned = results.plan.size();
  std::string message = fmt::format("{}/{}", passed, planned);
  if (known) message += fmt::format(", {} known", known);
  if (red) message += fmt::format(", {} unexpected", red);
  std::string colour = "brightgreen";
  if (red)
    colour = "red";
  else if (skipped == planned)
    message = "nothing ran", colour = "lightgrey";
  else if (known)
    colour = "yellow";
  const Json json = {{"schemaVersion", 1}, {"label", "conformance"}, {"message", message}, {"color", colour}};
  return json.dump() + "\n";
}

}  // namespace gauntlet
