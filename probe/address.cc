#include "probe/address.hh"

#include <arpa/inet.h>

#include <algorithm>

namespace gauntlet {

IpAddress ip_address(ConstBytes bytes) {
  IpAddress a;
  if (bytes.size() != 4 && bytes.size() != 16) return a;
  a.version = bytes.size() == 4 ? 4 : 6;
  std::copy(bytes.begin(), bytes.end(), a.storage.begin());
  return a;
}

std::optional<IpAddress> parse_ip_address(const std::string& text) {
  IpAddress a;
  if (inet_pton(AF_INET, text.c_str(), a.storage.data()) == 1) {
    a.version = 4;
  } else if (inet_pton(AF_INET6, text.c_str(), a.storage.data()) == 1) {
    a.version = 6;
  } else {
    return std::nullopt;
  }
  return a;
}

std::string to_text(const IpAddress& a) {
  if (!a) return "-";
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(a.version == 4 ? AF_INET : AF_INET6, a.storage.data(), text, sizeof text);
}

}  // namespace gauntlet
