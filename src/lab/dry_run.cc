#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "lab/cell_plan.hh"
#include "lab/node_setup.hh"

namespace gauntlet {
namespace {

std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%") ==
                                          std::string::npos;
  return plain ? word : "'" + word + "'";
}

std::string line(const std::string& node, const Json& arguments) {
  std::vector<std::string> words;
  for (const auto& word : arguments) words.push_back(quoted(word.get<std::string>()));
  return fmt::format("  {}: {}\n", node, fmt::join(words, " "));
}

}  // namespace

std::string commands_text(const Cell& cell, const CellPaths& paths) {
  const Json plan = lab_plan(cell, paths);
  std::string out = cell.id + "\n";
  out += line("worker", plan["hold"]);
  for (const Json& node : plan["nodes"]) {
    const auto name = node["name"].get<std::string>();
    out += line(name, node["sysctl"]);
    for (const Json& text : node["ip"]) out += fmt::format("  {}: ip {}\n", name, text.get<std::string>());
    for (const Json& command : node["commands"]) out += line(name, command);
  }
  for (const Json& box : plan["boxes"]) out += line(box["node"].get<std::string>(), box["args"]);
  out += line("worker", plan["capture"]["args"]);
  for (const Json& run : plan["runs"])
    for (const char* side : {"server", "client"}) out += line(run[side]["node"].get<std::string>(), run[side]["args"]);
  return out;
}

}  // namespace gauntlet
