// A TOML file as plain values that know the line they stand on. The one source that includes toml++ is toml.cc; whoever
// reads a scenario, a vector file or the list of known deviations reads these.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gauntlet {

struct TomlMember;

struct TomlValue {
  enum class Type { boolean, integer, real, text, date, array, table };

  Type type = Type::table;
  int line = 1;  // 1-based
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;                 // text; a date as "2026-11-20"
  std::vector<TomlValue> items;     // array
  std::vector<TomlMember> members;  // table, in file order

  const TomlValue* find(std::string_view key) const;  // null when absent or not a table
};

struct TomlMember {
  std::string key;
  int line = 1;
  TomlValue value;
};

const char* name_of(TomlValue::Type);  // "a string", "an integer" ...: for messages

// Throw UsageError "NAME:LINE: what; remedy" when the text is no TOML or the file cannot be read.
TomlValue parse_toml(std::string_view text, const std::string& name);
TomlValue parse_toml_file(const std::string& path);
std::string read_text_file(const std::string& path);  // the whole file; UsageError when it cannot be read

}  // namespace gauntlet
