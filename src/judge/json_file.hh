// Reads one JSON file of the evidence.
#pragma once
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "judge/cell_evidence.hh"
#include "util/json.hh"

namespace gauntlet {

// null, with a problem noted, when it is missing, too large or not JSON.
inline Json read_json(const std::string& path, const std::string& name, std::vector<Problem>& problems) {
  constexpr uintmax_t kMost = 64u << 20;
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    problems.push_back({"evidence-missing", fmt::format("{}: {}", name, error.message())});
    return nullptr;
  }
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  if (size <= kMost) text << in.rdbuf();
  Json json = Json::parse(text.str(), nullptr, false);
  if (!in || !json.is_object()) {
    problems.push_back({"evidence-damaged", fmt::format("{}: not a JSON object", name)});
    return nullptr;
  }
  return json;
}

// A member of an object, converted, or nothing: total, whatever stands there.
template <typename T>
std::optional<T> member(const Json& json, const char* name) {
  if (!json.is_object()) return std::nullopt;
  const auto it = json.find(name);
  if (it == json.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, bool>) {
    if (!it->is_boolean()) return std::nullopt;
  } else if constexpr (std::is_integral_v<T>) {
    if (!it->is_number_integer()) return std::nullopt;
    if (std::is_unsigned_v<T> && !it->is_number_unsigned() && it->template get<int64_t>() < 0) return std::nullopt;
  } else {
    if (!it->is_string()) return std::nullopt;
  }
  return it->template get<T>();
}

}  // namespace gauntlet
