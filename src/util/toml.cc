#include "util/toml.hh"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>

#include "util/error.hh"

namespace gauntlet {
namespace {

int line_of(const toml::source_region& region) { return std::max(1, static_cast<int>(region.begin.line)); }

std::string date_text(const toml::date& d) { return fmt::format("{:04}-{:02}-{:02}", d.year, d.month, d.day); }

TomlValue convert(const toml::node& node);

TomlValue convert_table(const toml::table& table) {
  TomlValue out;
  out.type = TomlValue::Type::table;
  std::vector<std::tuple<toml::source_position, std::string, TomlMember>> found;
  for (const auto& [key, value] : table) {
    const auto at = key.source().begin;
    TomlMember member{std::string(key.str()), std::max(1, static_cast<int>(at.line)), convert(value)};
    if (value.source().begin.line == 0)
      member.value.line = member.line;  // the table of a dotted key has no place of its own
    found.emplace_back(at, member.key, std::move(member));
  }
  // toml++ sorts by key; a person reads by line.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (std::get<0>(a).line != std::get<0>(b).line) return std::get<0>(a).line < std::get<0>(b).line;
    if (std::get<0>(a).column != std::get<0>(b).column) return std::get<0>(a).column < std::get<0>(b).column;
    return std::get<1>(a) < std::get<1>(b);
  });
  for (auto& entry : found) out.members.push_back(std::move(std::get<2>(entry)));
  return out;
}

TomlValue convert(const toml::node& node) {
  TomlValue out;
  if (const auto* table = node.as_table()) {
    out = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    out.type = TomlValue::Type::array;
    for (const auto& item : *array) out.items.push_back(convert(item));
  } else if (const auto* text = node.as_string()) {
    out.type = TomlValue::Type::text;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.type = TomlValue::Type::integer;
    out.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.type = TomlValue::Type::real;
    out.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.type = TomlValue::Type::boolean;
    out.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    out.type = TomlValue::Type::date;
    out.text = date_text(date->get());
  } else if (const auto* when = node.as_date_time()) {
    out.type = TomlValue::Type::date;
    out.text = date_text(when->get().date);
  }
  out.line = line_of(node.source());
  return out;
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
  for (const TomlMember& m : members)
    if (m.key == key) return &m.value;
  return nullptr;
}

const char* name_of(TomlValue::Type type) {
  switch (type) {
    case TomlValue::Type::boolean:
      return "true or false";
    case TomlValue::Type::integer:
      return "an integer";
    case TomlValue::Type::real:
      return "a number";
    case TomlValue::Type::text:
      return "a string";
    case TomlValue::Type::date:
      return "a date";
    case TomlValue::Type::array:
      return "an array";
    case TomlValue::Type::table:
      return "a table";
  }
  return "?";
}

TomlValue parse_toml(std::string_view text, const std::string& name) {
  try {
    return convert(toml::parse(text, name));
  } catch (const toml::parse_error& e) {
    throw UsageError(fmt::format("{}:{}: not TOML: {}; correct the line", name, line_of(e.source()), e.description()));
  }
}

std::string read_text_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UsageError(fmt::format("{}: {}; name a readable file", path, std::strerror(errno)));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TomlValue parse_toml_file(const std::string& path) { return parse_toml(read_text_file(path), path); }

}  // namespace gauntlet
