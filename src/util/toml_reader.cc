#include "util/toml_reader.hh"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "util/error.hh"

namespace gauntlet {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

void Problems::add(int line, const std::string& what_and_remedy) { found_.push_back({line, what_and_remedy}); }

void Problems::throw_if_any() const {
  if (found_.empty()) return;
  std::vector<Problem> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::vector<std::string> lines;
  for (const Problem& p : sorted) lines.push_back(fmt::format("{}:{}: {}", file_, p.line, p.text));
  throw UsageError(fmt::format("{}", fmt::join(lines, "\n")));
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& list, size_t count) {
  std::vector<std::string> sorted = list;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  sorted.resize(std::min(count, sorted.size()));
  return sorted;
}

TomlReader::TomlReader(const TomlValue& table, std::string where, Problems& problems)
    : table_(table), where_(std::move(where)), problems_(problems) {}

int TomlReader::line_of(std::string_view key) const {
  for (const TomlMember& m : table_.members)
    if (m.key == key) return m.line;
  return table_.line;
}

const TomlValue* TomlReader::want(std::string_view key, TomlValue::Type type, bool required, std::string_view remedy) {
  known_.emplace_back(key);
  const TomlValue* value = table_.find(key);
  if (!value) {
    if (required)
      problems_.add(table_.line,
                    fmt::format("{} has no `{}`; add it{}{}", where_, key, remedy.empty() ? "" : ": ", remedy));
    return nullptr;
  }
  if (value->type != type) {
    problems_.add(line_of(key),
                  fmt::format("`{}` in {} is {}; write {}", key, where_, name_of(value->type), name_of(type)));
    return nullptr;
  }
  return value;
}

std::optional<std::string> TomlReader::text(std::string_view key, bool required, std::string_view remedy) {
  const TomlValue* value = want(key, TomlValue::Type::text, required, remedy);
  if (!value) return std::nullopt;
  if (value->text.empty() && required)
    problems_.add(line_of(key), fmt::format("`{}` in {} is empty; fill it in", key, where_));
  return value->text;
}

std::optional<int64_t> TomlReader::integer(std::string_view key, int64_t min, int64_t max) {
  const TomlValue* value = want(key, TomlValue::Type::integer, false, "");
  if (!value) return std::nullopt;
  if (value->integer < min || value->integer > max) {
    problems_.add(line_of(key), fmt::format("`{}` in {} is {}; stay within the range (allowed: {} to {})", key, where_,
                                            value->integer, min, max));
    return std::nullopt;
  }
  return value->integer;
}

std::optional<std::string> TomlReader::word(std::string_view key, const std::vector<std::string>& allowed,
                                            bool required) {
  const TomlValue* value = want(key, TomlValue::Type::text, required, "one of " + joined(allowed));
  if (!value) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), value->text) == allowed.end()) {
    problems_.add(line_of(key), fmt::format("`{}` in {} cannot be '{}'; use one of the list (allowed: {})", key, where_,
                                            value->text, joined(allowed)));
    return std::nullopt;
  }
  return value->text;
}

std::vector<std::string> TomlReader::words(std::string_view key, bool required) {
  std::vector<std::string> out;
  const TomlValue* value = want(key, TomlValue::Type::array, required, "an array of strings");
  if (!value) return out;
  for (const TomlValue& item : value->items) {
    if (item.type != TomlValue::Type::text)
      problems_.add(item.line, fmt::format("`{}` in {} holds {}; write strings only", key, where_, name_of(item.type)));
    else
      out.push_back(item.text);
  }
  if (required && value->items.empty())
    problems_.add(line_of(key), fmt::format("`{}` in {} is empty; name at least one", key, where_));
  return out;
}

std::vector<std::string> TomlReader::words_of(std::string_view key, const std::vector<std::string>& allowed,
                                              bool required) {
  std::vector<std::string> out;
  for (std::string& word : words(key, required)) {
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
      problems_.add(line_of(key), fmt::format("`{}` in {} cannot hold '{}'; use the list (allowed: {})", key, where_,
                                              word, joined(allowed)));
    else if (std::find(out.begin(), out.end(), word) != out.end())
      problems_.add(line_of(key), fmt::format("`{}` in {} names '{}' twice; remove one", key, where_, word));
    else
      out.push_back(std::move(word));
  }
  return out;
}

std::optional<std::string> TomlReader::date(std::string_view key, bool required) {
  const TomlValue* value = want(key, TomlValue::Type::date, required, "a date such as 2026-11-20, without quotes");
  if (!value) return std::nullopt;
  return value->text;
}

const TomlValue* TomlReader::table(std::string_view key) { return want(key, TomlValue::Type::table, false, ""); }

std::vector<const TomlValue*> TomlReader::tables(std::string_view key) {
  std::vector<const TomlValue*> out;
  known_.emplace_back(key);
  const TomlValue* value = table_.find(key);
  if (!value) return out;
  const auto wrong = [&](int line, TomlValue::Type type) {
    problems_.add(line, fmt::format("`{}` in {} is {}; write it as [[{}]]", key, where_, name_of(type), key));
  };
  if (value->type != TomlValue::Type::array) {
    wrong(line_of(key), value->type);
    return out;
  }
  for (const TomlValue& item : value->items) {
    if (item.type != TomlValue::Type::table)
      wrong(item.line, item.type);
    else
      out.push_back(&item);
  }
  return out;
}

const TomlValue* TomlReader::any(std::string_view key) {
  known_.emplace_back(key);
  return table_.find(key);
}

void TomlReader::finish() {
  for (const TomlMember& m : table_.members)
    if (std::find(known_.begin(), known_.end(), m.key) == known_.end())
      problems_.add(m.line, fmt::format("unknown key `{}` in {}; remove or correct it (allowed: {})", m.key, where_,
                                        joined(known_)));
}

}  // namespace gauntlet
