// Takes words off the front of a line.
#pragma once
#include <charconv>
#include <string>
#include <string_view>

#include "notation/notation.hh"

namespace gauntlet::notation {

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) { skip(); }

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::string_view peek() const { return rest_.substr(0, rest_.find(' ')); }
  std::string_view next() {
    const std::string_view word = peek();
    drop(word.size());
    return word;
  }
  void drop(size_t n) {
    rest_.remove_prefix(n);
    skip();
  }
  bool eat(std::string_view word) {
    if (peek() != word) return false;
    next();
    return true;
  }
  uint64_t number(const char* what) {
    std::string_view word = next();
    const std::string whole(word);
    const bool hex = word.starts_with("0x");
    if (hex) word.remove_prefix(2);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, hex ? 16 : 10);
    if (error != std::errc{} || end != word.data() + word.size() || word.empty()) {
      throw NotationError("'" + whole + "' where the notation wants a number: " + what);
    }
    return value;
  }
  uint64_t number_after(std::string_view word, uint64_t otherwise) { return eat(word) ? number("value") : otherwise; }

 private:
  void skip() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

inline int64_t signed_number(std::string_view word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || word.empty()) {
    throw NotationError("'" + std::string(word) + "' is not a number");
  }
  return value;
}

}  // namespace gauntlet::notation
