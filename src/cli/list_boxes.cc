#include "cli/list_boxes.hh"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/json.hh"

namespace gauntlet {
namespace {

Json param_json(const ParamSpec& p) {
  Json out = {{"name", p.name},
              {"type", name_of(p.type)},
              {"required", p.required},
              {"fallback", p.fallback},
              {"help", p.help}};
  if (!p.choices.empty()) out["choices"] = p.choices;
  if (p.min != INT64_MIN) out["min"] = p.min;
  if (p.max != INT64_MAX) out["max"] = p.max;
  return out;
}

}  // namespace

std::string boxes_text(const std::vector<BoxSchema>& all) {
  size_t width = 0;
  for (const BoxSchema& b : all) width = std::max(width, b.name.size());
  std::string out;
  for (const BoxSchema& b : all) out += fmt::format("{:<{}}  {}\n", b.name, width, b.summary);
  return out + fmt::format("{} boxes; gauntlet list boxes NAME prints the manual of one\n", all.size());
}

std::string boxes_json(const std::vector<BoxSchema>& all) {
  Json out = {{"boxes", Json::array()}};
  for (const BoxSchema& b : all) {
    Json params = Json::array();
    for (const ParamSpec& p : b.params) params.push_back(param_json(p));
    out["boxes"].push_back({{"name", b.name}, {"summary", b.summary}, {"params", params}, {"manual", b.manual}});
  }
  return out.dump(2) + "\n";
}

}  // namespace gauntlet
