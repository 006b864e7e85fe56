// The words of a user's endpoint command: how they are written, and what stands in for {placeholders}.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/endpoint_command.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::string known_names(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& v : values) text += " {" + v.substr(0, v.find('=')) + "}";
  return text;
}

std::string fill(const std::string& text, const std::vector<std::string>& values) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text[at] == '{' ? text.find('}', at) : std::string::npos;
    const auto name =
        end == std::string::npos ? std::string_view() : std::string_view(text).substr(at + 1, end - at - 1);
    if (!is_word(name)) {
      out += text[at++];
      continue;
    }
    const auto found = std::find_if(values.begin(), values.end(), [&](const std::string& v) {
      return v.size() > name.size() && v.starts_with(name) && v[name.size()] == '=';
    });
    if (found == values.end())
      throw UsageError(
          fmt::format("endpoint command: nothing is called {{{}}}; there are{}", name, known_names(values)));
    out += found->substr(name.size() + 1);
    at = end + 1;
  }
  return out;
}

}  // namespace

std::vector<std::string> parse_command(const std::string& text) {
  std::vector<std::string> words;
  const size_t first = text.find_first_not_of(" \t\n");
  if (first != std::string::npos && text[first] == '[') {
    const Json list = Json::parse(text, nullptr, false);
    const bool good = list.is_array() && !list.empty() &&
                      std::all_of(list.begin(), list.end(), [](const Json& word) { return word.is_string(); });
    if (!good)
      throw UsageError(fmt::format("endpoint command {}: not a JSON list of strings such as [\"prog\", \"-x\"]", text));
    for (const Json& word : list) words.push_back(word.get<std::string>());
  } else {
    for (size_t at = first; at != std::string::npos;) {
      const size_t end = text.find_first_of(" \t\n", at);
      words.push_back(text.substr(at, end == std::string::npos ? end : end - at));
      at = end == std::string::npos ? end : text.find_first_not_of(" \t\n", end);
    }
  }
  if (words.empty() || words[0].empty()) throw UsageError("endpoint command: names no program");
  return words;
}

std::vector<std::string> fill_command(std::vector<std::string> arguments, const std::vector<std::string>& values) {
  for (std::string& argument : arguments) argument = fill(argument, values);
  return arguments;
}

Json said_in(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  return json.is_object() ? json : Json();
}

}  // namespace gauntlet
