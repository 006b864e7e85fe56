// The shell-friendly form of a box: "strip:kind=30,mode=eol".
//
//   box    = name [ ":" param *( "," param ) ]
//   param  = key [ "=" value ]                 a key alone means "yes"
//   value  = bare | "'" *( any but "'" / "''" ) "'"      a doubled quote stands for one
#include <fmt/core.h>

#include <cctype>

#include "util/box_schema.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

bool is_word(std::string_view s) {
  if (s.empty()) return false;
  for (const char c : s) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

// Takes a value off the front of `rest`, up to a comma outside quotes.
std::string take_value(std::string_view& rest, std::string_view whole) {
  if (rest.empty() || rest.front() != '\'') {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string value(rest.substr(0, end));
    rest.remove_prefix(end);
    return value;
  }
  std::string value;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '\'') {
      value += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '\'') {
      value += rest[i++];
    } else {
      rest.remove_prefix(i + 1);
      if (!rest.empty() && rest.front() != ',') {
        throw UsageError(fmt::format("box '{}': text behind a closing quote; put a comma there", whole));
      }
      return value;
    }
  }
  throw UsageError(fmt::format("box '{}': a quote is not closed", whole));
}

}  // namespace

BoxText parse_box_text(std::string_view text) {
  BoxText box;
  const size_t colon = std::min(text.find(':'), text.size());
  box.name = text.substr(0, colon);
  if (!is_word(box.name)) throw UsageError(fmt::format("box '{}': a box is NAME or NAME:key=value,key=value", text));
  std::string_view rest = text.substr(std::min(colon + 1, text.size()));
  if (colon < text.size() && rest.empty()) {
    throw UsageError(fmt::format("box '{}': no parameter behind the colon", text));
  }
  while (!rest.empty()) {
    const size_t stop = std::min(rest.find_first_of("=,"), rest.size());
    const std::string key(rest.substr(0, stop));
    if (!is_word(key)) throw UsageError(fmt::format("box '{}': '{}' is not a parameter name", text, key));
    rest.remove_prefix(stop);
    std::string value = "yes";
    if (!rest.empty() && rest.front() == '=') {
      rest.remove_prefix(1);
      value = take_value(rest, text);
    }
    if (!box.written.emplace(key, std::move(value)).second) {
      throw UsageError(fmt::format("box '{}': parameter '{}' is given twice", text, key));
    }
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.empty()) throw UsageError(fmt::format("box '{}': a comma at the end", text));
  }
  return box;
}

std::string to_text(const BoxText& box) {
  std::string out = box.name;
  char before = ':';
  for (const auto& [key, value] : box.written) {
    out += before;
    out += key + '=';
    before = ',';
    if (value.find_first_of(",'") == std::string::npos) {
      out += value;
      continue;
    }
    out += '\'';
    for (const char c : value) out += c == '\'' ? std::string("''") : std::string(1, c);
    out += '\'';
  }
  return out;
}

}  // namespace gauntlet
