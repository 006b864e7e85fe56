#include "io/socket_list.hh"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "util/process.hh"

namespace gauntlet {
namespace {

void add_lines(Json& list, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

Json list_sockets(uint16_t port) {
  Json list = Json::array();
  const std::string name = fmt::format(":{}", port);
  try {
    // -O: one line each.
    add_lines(list, run_tool({"ss", "-H", "-O", "-t", "-a", "-n", "-e", "-i", "-m", "-o", "(", "sport", "=", name, "or",
                              "dport", "=", name, ")"})
                        .out);
    add_lines(list, run_tool({"ss", "-H", "-O", "-M", "-a", "-n", "-i"}).out);
  } catch (const std::exception& e) {
    list.push_back(e.what());
  }
  return list;
}

}  // namespace gauntlet
