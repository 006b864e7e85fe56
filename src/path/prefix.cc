#include "path/prefix.hh"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <charconv>
#include <cstring>

#include "util/error.hh"

namespace gauntlet {

bool Prefix::contains(ConstBytes other) const {
  if (other.size() != size) return false;
  const size_t whole = bits / 8;
  if (std::memcmp(address.data(), other.data(), whole) != 0) return false;
  const unsigned left = bits % 8;
  return left == 0 || ((address[whole] ^ other[whole]) >> (8 - left)) == 0;
}

Prefix parse_prefix(std::string_view text) {
  Prefix p;
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  if (inet_pton(AF_INET, address.c_str(), p.address.data()) != 1) {
    p.size = 16;
    if (inet_pton(AF_INET6, address.c_str(), p.address.data()) != 1) {
      throw UsageError(fmt::format("'{}' is not an address or a prefix such as 192.0.2.0/24", text));
    }
  }
  p.bits = static_cast<uint8_t>(8 * p.size);
  if (slash == text.size()) return p;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size() || bits > p.bits) {
    throw UsageError(fmt::format("'{}': the prefix length must be 0 to {}", text, p.bits));
  }
  p.bits = static_cast<uint8_t>(bits);
  return p;
}

std::vector<Prefix> parse_prefixes(std::string_view text) {
  std::vector<Prefix> all;
  while (!text.empty()) {
    const size_t plus = std::min(text.find('+'), text.size());
    const Prefix p = parse_prefix(text.substr(0, plus));
    for (const Prefix& other : all) {
      if (other.size == p.size) throw UsageError(fmt::format("'{}': one prefix for each family", text));
    }
    all.push_back(p);
    text.remove_prefix(std::min(plus + 1, text.size()));
  }
  return all;
}

std::string address_text(ConstBytes address) {
  char text[INET6_ADDRSTRLEN] = "?";
  inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text, sizeof text);
  return text;
}

}  // namespace gauntlet
