// Reads one TOML table key by key and collects everything that is wrong with it, so a person sees all errors of a file
// at once: `file:line: what; remedy (allowed: ...)`.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/toml.hh"

namespace gauntlet {

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(int line, const std::string& what_and_remedy);
  bool empty() const { return found_.empty(); }
  void throw_if_any() const;  // UsageError: one line per problem, in line order

 private:
  struct Problem {
    int line;
    std::string text;
  };
  std::string file_;
  std::vector<Problem> found_;
};

// "did you mean"-free: the allowed words themselves, comma separated.
std::string joined(const std::vector<std::string>& words);
// The `count` words of `list` nearest to `word` by edit distance: for lists too long to print.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& list, size_t count);

class TomlReader {
 public:
  // `where` names the table in messages: "[workload]", "the scenario". `table` must outlive the reader.
  TomlReader(const TomlValue& table, std::string where, Problems& problems);

  // Each marks the key as known. Absent: nullopt (a problem too when `required`, with `remedy`); wrong type: a problem
  // and nullopt.
  std::optional<std::string> text(std::string_view key, bool required = false, std::string_view remedy = "");
  std::optional<int64_t> integer(std::string_view key, int64_t min, int64_t max);
  std::optional<std::string> word(std::string_view key, const std::vector<std::string>& allowed, bool required = false);
  std::vector<std::string> words(std::string_view key, bool required = false);  // array of strings
  std::vector<std::string> words_of(std::string_view key, const std::vector<std::string>& allowed,
                                    bool required = false);
  std::optional<std::string> date(std::string_view key, bool required = false);  // YYYY-MM-DD
  const TomlValue* table(std::string_view key);                                  // null when absent or no table
  std::vector<const TomlValue*> tables(std::string_view key);                    // array of tables ([[key]])
  const TomlValue* any(std::string_view key);                                    // whatever it is

  int line_of(std::string_view key) const;  // of the key; of the table when absent
  void finish();                            // every key that nobody asked for is a problem

 private:
  const TomlValue* want(std::string_view key, TomlValue::Type type, bool required, std::string_view remedy);

  const TomlValue& table_;
  std::string where_;
  Problems& problems_;
  std::vector<std::string> known_;
};

}  // namespace gauntlet
