#include "util/box_schema.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "util/error.hh"

namespace gauntlet {
namespace {

[[noreturn]] void refuse(const ParamSpec& spec, std::string_view text, const std::string& allowed) {
  throw UsageError(fmt::format("parameter '{}': '{}' is not {}", spec.name, text, allowed));
}

std::optional<std::string> hex_bytes(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + i + 2) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

std::optional<int64_t> whole_number(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int64_t in_range(const ParamSpec& spec, std::string_view text, std::optional<int64_t> value, const char* what) {
  if (!value) refuse(spec, text, what);
  if (*value < spec.min || *value > spec.max) {
    std::string range;
    if (spec.min != INT64_MIN) range += fmt::format(" from {}", spec.min);
    if (spec.max != INT64_MAX) range += fmt::format(" up to {}", spec.max);
    refuse(spec, text, what + range);
  }
  return *value;
}

std::string one_of(const ParamSpec& spec, std::string_view text, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    refuse(spec, text, fmt::format("one of: {}", fmt::join(allowed, " ")));
  }
  return std::string(text);
}

std::string class_list(const ParamSpec& spec, std::string_view text) {
  std::string_view rest = text;
  while (true) {
    const size_t plus = std::min(rest.find('+'), rest.size());
    if (std::find(kClassWords.begin(), kClassWords.end(), rest.substr(0, plus)) == kClassWords.end()) {
      refuse(spec, text, fmt::format("a list, joined by '+', of: {}", fmt::join(kClassWords, " ")));
    }
    if (plus == rest.size()) return std::string(text);
    rest.remove_prefix(plus + 1);
  }
}

bool yes_or_no(const ParamSpec& spec, std::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  refuse(spec, text, "yes or no");
}

double real_number(const ParamSpec& spec, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(spec, text, "a number");
  return value;
}

std::string raw_bytes(const ParamSpec& spec, std::string_view text) {
  const auto bytes = hex_bytes(text);
  if (!bytes) refuse(spec, text, "a whole number of bytes in hex");
  return *bytes;
}

Params::Value typed(const ParamSpec& spec, const std::string& text) {
  switch (spec.type) {
    case ParamType::boolean:
      return yes_or_no(spec, text);
    case ParamType::integer:
      return in_range(spec, text, whole_number(text), "a whole number");
    case ParamType::real:
      return real_number(spec, text);
    case ParamType::text:
      return text;
    case ParamType::choice:
      return one_of(spec, text, spec.choices);
    case ParamType::hex:
      return raw_bytes(spec, text);
    case ParamType::bytes:
      return text.starts_with("0x") ? raw_bytes(spec, text) : text;
    case ParamType::duration:
      return in_range(spec, text, parse_duration(text), "a duration such as 250us, 5ms, 1.5s");
    case ParamType::size:
      return in_range(spec, text, parse_size(text), "a size such as 1448, 200 kB, 64KiB");
    case ParamType::classes:
      return class_list(spec, text);
    case ParamType::direction:
      return one_of(spec, text, {"c2s", "s2c", "both"});
    case ParamType::path:
      return one_of(spec, text, {"p1", "p2", "all"});
  }
  return text;
}

}  // namespace

const char* name_of(ParamType type) {
  constexpr std::array<const char*, 12> names{"yes|no", "integer",  "number", "text",    "choice",    "hex",
                                              "bytes",  "duration", "size",   "classes", "direction", "path"};
  return names.at(static_cast<size_t>(type));
}

std::vector<ParamSpec> with_common(std::vector<ParamSpec> own, std::string dir, std::string when) {
  const auto number = [](std::string name, std::string help) {
    return ParamSpec{.name = std::move(name),
                     .type = ParamType::integer,
                     .fallback = "0",
                     .help = std::move(help),
                     .min = 0,
                     .max = UINT32_MAX};
  };
  const auto word = [](std::string name, ParamType type, std::string fallback, std::string help) {
    return ParamSpec{.name = std::move(name), .type = type, .fallback = std::move(fallback), .help = std::move(help)};
  };
  own.push_back(word("dir", ParamType::direction, std::move(dir), "act on packets of this direction"));
  own.push_back(word("when", ParamType::classes, std::move(when), "act on these segment classes or MPTCP subtypes"));
  own.push_back(number("nth", "act only from the nth such packet of a flow and direction on (count=1 unless given)"));
  own.push_back(number("after", "let this many such packets of a flow and direction pass first"));
  own.push_back(number("count", "act on at most this many packets of a flow and direction; 0: no limit"));
  own.push_back(
      word("path", ParamType::path, "all", "p1: the initial subflow, p2: joined ones; plain TCP always counts"));
  return own;
}

Params check_params(const BoxSchema& schema, const std::map<std::string, std::string>& written) {
  const auto known = [&](const std::string& name) {
    return std::any_of(schema.params.begin(), schema.params.end(), [&](const ParamSpec& p) { return p.name == name; });
  };
  for (const auto& [name, value] : written) {
    if (known(name)) continue;
    std::vector<std::string> names;
    for (const auto& p : schema.params) names.push_back(p.name);
    throw UsageError(fmt::format("box {}: no parameter '{}'; it has: {}", schema.name, name, fmt::join(names, " ")));
  }
  Params params;
  for (const auto& spec : schema.params) {
    const auto it = written.find(spec.name);
    if (it == written.end() && spec.required) {
      throw UsageError(fmt::format("box {}: parameter '{}' must be given: {}", schema.name, spec.name, spec.help));
    }
    try {
      params.set(spec.name, typed(spec, it == written.end() ? spec.fallback : it->second), it != written.end());
    } catch (const UsageError& e) {
      throw UsageError(fmt::format("box {}: {}", schema.name, e.what()));
    }
  }
  return params;
}

}  // namespace gauntlet
