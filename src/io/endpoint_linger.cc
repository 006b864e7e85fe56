#include "io/endpoint_linger.hh"

#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

namespace gauntlet {
namespace {

std::string contents(const char* path) {
  std::ifstream file(path);  // no IPv6: no file, no sockets
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

template <class Do>
void each_line(std::string_view table, Do&& act) {
  while (!table.empty()) {
    const size_t end = table.find('\n');
    std::vector<std::string_view> words;
    std::string_view line = table.substr(0, end);
    while (!line.empty()) {
      const size_t from = line.find_first_not_of(' ');
      if (from == std::string_view::npos) break;
      line.remove_prefix(from);
      words.push_back(line.substr(0, line.find(' ')));
      line.remove_prefix(words.back().size());
    }
    act(words);
    table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
  }
}

template <class T>
T number(std::string_view text, int base) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// "0100007F:1F90" -> 0x1f90
uint16_t port_in(std::string_view word) {
  const size_t colon = word.rfind(':');
  return colon == std::string_view::npos ? uint16_t{0} : number<uint16_t>(word.substr(colon + 1), 16);
}

}  // namespace

unsigned count_sockets(std::string_view table, uint16_t port) {
  unsigned n = 0;
  each_line(table, [&](const auto& words) {  // sl local remote state ...
    if (words.size() < 4 || words[0] == "sl") return;
    const auto state = number<unsigned>(words[3], 16);
    constexpr unsigned kTimeWait = 6, kListen = 10;
    if (state == kTimeWait || state == kListen) return;
    if (port_in(words[1]) == port || port_in(words[2]) == port) ++n;
  });
  return n;
}

bool has_listener(std::string_view table, uint16_t port) {
  bool found = false;
  each_line(table, [&](const auto& words) {
    constexpr unsigned kListen = 10;
    found |=
        words.size() >= 4 && words[0] != "sl" && number<unsigned>(words[3], 16) == kListen && port_in(words[1]) == port;
  });
  return found;
}

bool somebody_listens(uint16_t port) {
  return has_listener(contents("/proc/net/tcp"), port) || has_listener(contents("/proc/net/tcp6"), port);
}

unsigned count_mptcp(std::string_view table) {
  unsigned n = 0;
  each_line(table, [&](const auto& words) {  // protocol size sockets ...; MPTCPv6 counts IPv6
    if (words.size() > 2 && (words[0] == "MPTCP" || words[0] == "MPTCPv6")) n += number<unsigned>(words[2], 10);
  });
  return n;
}

LingeringSockets::LingeringSockets() : mptcp_before_(count_mptcp(contents("/proc/net/protocols"))) {}

unsigned LingeringSockets::left(uint16_t port) const {
  const unsigned mptcp = count_mptcp(contents("/proc/net/protocols"));
  return count_sockets(contents("/proc/net/tcp"), port) + count_sockets(contents("/proc/net/tcp6"), port) +
         (mptcp > mptcp_before_ ? mptcp - mptcp_before_ : 0);
}

}  // namespace gauntlet
