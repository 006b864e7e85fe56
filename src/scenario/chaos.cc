// [chaos]: chains of two or three boxes, drawn from a list by the seed of the run, one box per router in path order.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "scenario/load_parts.hh"
#include "util/error.hh"
#include "util/rng.hh"

namespace gauntlet {
namespace {

constexpr int64_t kMostChains = 1000;
const char* const kPlaces[] = {"path1.r1", "path1.r2", "core"};  // in path order: what every first subflow crosses

std::vector<BoxUse> read_list(TomlReader& reader, const char* key, const std::vector<BoxSchema>& schemas,
                              Problems& problems) {
  std::vector<BoxUse> out;
  for (const std::string& text : reader.words(key)) {
    try {
      BoxUse use;
      use.line = reader.line_of(key);
      use.box = parse_box_text(text);
      const auto schema =
          std::find_if(schemas.begin(), schemas.end(), [&](const BoxSchema& s) { return s.name == use.box.name; });
      if (schema == schemas.end()) throw UsageError(fmt::format("there is no box '{}'", use.box.name));
      use.schema = std::make_shared<const BoxSchema>(*schema);
      use.params = check_params(*schema, use.box.written);
      if (schema->declares) use.declares = schema->declares(use.params);
      out.push_back(std::move(use));
    } catch (const UsageError& e) {
      problems.add(reader.line_of(key), fmt::format("`{}` holds '{}': {}; correct it", key, text, e.what()));
    }
  }
  return out;
}

// One of the list; those of its name leave the list, for two of a name would leave the second nothing to do.
BoxUse take(std::vector<BoxUse>& list, Rng& rng) {
  BoxUse use = list[rng.below(list.size())];
  std::erase_if(list, [&](const BoxUse& other) { return other.box.name == use.box.name; });
  return use;
}

}  // namespace

void load_chaos(const TomlValue& table, const std::vector<BoxSchema>& schemas, Scenario& scenario, Problems& problems) {
  TomlReader reader(table, "[chaos]", problems);
  if (const auto n = reader.integer("chains", 1, kMostChains)) scenario.chains = static_cast<unsigned>(*n);
  scenario.ingredients = read_list(reader, "boxes", schemas, problems);
  scenario.one_of = read_list(reader, "one_of", schemas, problems);
  reader.finish();
  if (scenario.chains == 0) problems.add(table.line, "[chaos] says no number of `chains`; add it (allowed: 1 to 1000)");
  std::set<std::string> kinds;
  for (const BoxUse& use : scenario.ingredients) kinds.insert(use.box.name);
  if (kinds.size() < std::size(kPlaces))
    problems.add(table.line, "[chaos] needs `boxes` of at least three names to draw from; add some");
}

std::vector<BoxUse> draw_chain(const Scenario& scenario, uint64_t seed) {
  Rng rng = Rng(seed).fork("chain");
  std::vector<std::string> places(std::begin(kPlaces), std::end(kPlaces));
  if (rng.below(2) == 0) places.erase(places.begin() + static_cast<std::ptrdiff_t>(rng.below(places.size())));
  std::vector<BoxUse> left = scenario.ingredients, special = scenario.one_of;
  const size_t special_at = special.empty() ? places.size() : rng.below(places.size());
  std::vector<BoxUse> chain;
  if (!special.empty()) {
    chain.push_back(take(special, rng));
    std::erase_if(left, [&](const BoxUse& other) { return other.box.name == chain.front().box.name; });
  }
  while (chain.size() < places.size()) chain.push_back(take(left, rng));
  if (special_at < places.size()) std::swap(chain.front(), chain[special_at]);
  for (size_t i = 0; i < chain.size(); ++i) chain[i].on = places[i];
  return chain;
}

}  // namespace gauntlet
