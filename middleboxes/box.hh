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
inline ParamSpec choice(std::string name, std::vector<std::string> choices, std::string help) {
  std::string first = choices.front();
  return {.name = std::move(name),
          .type = ParamType::choice,
          .fallback = std::move(first),
          .help = std::move(help),
          .choices = std::move(choices)};
}

template <typename Box>
std::unique_ptr<Middlebox> make_box(const Params& params, Rng rng) {
  return std::make_unique<Box>(params, rng);
}

}  // namespace gauntlet
