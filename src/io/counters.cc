#include "io/counters.hh"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "util/error.hh"

namespace gauntlet {
namespace {

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::string contents(const char* path) {
  std::ifstream file(path);
  if (!file) throw SystemError(std::string("read ") + path, errno);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

void add_counters(std::string_view text, std::string_view prefix, Counters& to) {
  while (!text.empty()) {
    std::string_view names = next_line(text), values = next_line(text);
    if (next_word(names) != prefix || next_word(values) != prefix) continue;
    for (std::string_view name = next_word(names); !name.empty(); name = next_word(names)) {
      const std::string_view value = next_word(values);
      int64_t number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      to[std::string(name)] = number;
    }
  }
}

Counters read_counters() {
  Counters result;
  const std::string more = contents("/proc/net/netstat"), basic = contents("/proc/net/snmp");
  add_counters(basic, "Tcp:", result);
  add_counters(more, "TcpExt:", result);
  add_counters(more, "MPTcpExt:", result);
  return result;
}

Counters difference(const Counters& before, const Counters& after) {
  Counters result;
  for (const auto& [name, value] : after) {
    const auto earlier = before.find(name);
    result[name] = value - (earlier == before.end() ? 0 : earlier->second);
  }
  return result;
}

Json to_json(const Counters& counters) {
  Json result = Json::object();
  for (const auto& [name, value] : counters) result[name] = value;
  return result;
}

}  // namespace gauntlet
