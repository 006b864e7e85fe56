// What every box file includes.
#pragma once
#include <utility>
#include <vector>

#include "path/middlebox.hh"
#include "util/box_schema.hh"

namespace gauntlet {

// Parameter specifications in one line each.
inline ParamSpec param(std::string name, ParamType type, std::string fallback, std::string help) {
  return {.name = std::move(name), .type = type, .fallback = std::move(fallback), .help = std::move(help)};
}
inline ParamSpec number(std::string name, std::string fallback, int64_t min, int64_t max, std::string help) {
  return {.name = std::move(name),
          .type = ParamType::integer,
          .fallback = std::move(fallback),
          .help = std::move(help),
          .min = min,
          .max = max};
}
inline ParamSpec size_param(std::string name, std::string fallback, int64_t min, int64_t max, std::string help) {
  ParamSpec p = number(std::move(name), std::move(fallback), min, max, std::move(help));
  p.type = ParamType::size;
  return p;
}
// At least `min` nanoseconds.
inline ParamSpec duration(std::string name, std::string fallback, int64_t min, std::string help) {
  ParamSpec p = number(std::move(name), std::move(fallback), min, INT64_MAX, std::move(help));
  p.type = ParamType::duration;
  return p;
}
inline ParamSpec choice(std::string name, std::vector<std::string> choices, std::string help) {
  std::string first = choices.front();
  return {.name = std::move(name),
          .type = ParamType::choice,
          .fallback = std::move(first),
          .help = std::move(help),
          .choices = std::move(choices)};
}

// One that must be given.
inline ParamSpec required(ParamSpec p) {
  p.required = true;
  return p;
}

// The parameters of a box that acts once in each flow and direction, unless a person says otherwise with count.
inline std::vector<ParamSpec> once(std::vector<ParamSpec> params) {
  for (ParamSpec& p : params) {
    if (p.name == "count") p.fallback = "1";
  }
  return params;
}

template <typename Box>
std::unique_ptr<Middlebox> make_box(const Params& params, Rng rng) {
  return std::make_unique<Box>(params, rng);
}

}  // namespace gauntlet
