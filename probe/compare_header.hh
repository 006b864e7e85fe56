// The part of a comparison that every quote has: the IP header.
#pragma once
#include <fmt/core.h>

#include <string>
#include <utility>

#include "probe/compare.hh"
#include "wire/layout.hh"

namespace gauntlet {

class HeaderComparer {
 protected:
  HeaderComparer(ConstBytes sent, ConstBytes quote) : sent_(sent), quote_(quote), old_(layout_of(sent)) {}
  bool ip_header();  // false: not a quote of this packet at all

  FieldState& set(const char* field, std::string before, std::string after, std::string verdict = "changed") {
    FieldState& s = out_.fields[field];
    s.evidence = before == after ? Evidence::equal : Evidence::changed;
    if (s.evidence == Evidence::changed) s.verdict = std::move(verdict);
    s.before = std::move(before);
    s.after = std::move(after);
    return s;
  }
  FieldState& set(const char* field, uint64_t before, uint64_t after, std::string verdict = "changed") {
    return set(field, fmt::format("{}", before), fmt::format("{}", after), std::move(verdict));
  }
  void skip(const char* field) { out_.fields[field]; }

  ConstBytes sent_, quote_;
  Layout old_;
  Comparison out_;
  size_t l4_ = 0, total_ = 0;  // of the quote: offset of the upper layer, IP total length

 private:
  bool ipv4();
  bool ipv6();
  void traffic_class(uint8_t before, uint8_t after);
  void addresses(size_t at, size_t size);
  void length(uint32_t before, uint32_t after, bool known_damage);
  void word(const char* field, size_t at);
};

}  // namespace gauntlet
