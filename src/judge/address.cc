#include <arpa/inet.h>
#include <fmt/core.h>

#include <cstring>

#include "judge/flows.hh"

namespace gauntlet {
namespace {

FlowAddress make(ConstBytes bytes, uint16_t port) {
  FlowAddress a;
  a.size = static_cast<uint8_t>(bytes.size() <= 16 ? bytes.size() : 0);
  if (a.size > 0) std::memcpy(a.bytes.data(), bytes.data(), a.size);
  a.port = port;
  return a;
}

}  // namespace

const char* name_of(Way w) { return w == Way::c2s ? "c2s" : "s2c"; }

FlowAddress source_of(const TracedFrame& f) {
  if (f.layout.version == 0) return {};
  return make(source_address(f.ip, f.layout), f.layout.tcp ? TcpView(f.ip, f.layout).source() : uint16_t{0});
}

FlowAddress destination_of(const TracedFrame& f) {
  if (f.layout.version == 0) return {};
  return make(destination_address(f.ip, f.layout), f.layout.tcp ? TcpView(f.ip, f.layout).destination() : uint16_t{0});
}

std::string to_text(const FlowAddress& a) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (a.size == 4) inet_ntop(AF_INET, a.bytes.data(), text, sizeof text);
  if (a.size == 16) inet_ntop(AF_INET6, a.bytes.data(), text, sizeof text);
  return a.size == 16 ? fmt::format("[{}]:{}", text, a.port) : fmt::format("{}:{}", text, a.port);
}

std::optional<FlowAddress> address_named(const std::string& text, uint16_t port) {
  FlowAddress a;
  a.port = port;
  if (inet_pton(AF_INET, text.c_str(), a.bytes.data()) == 1)
    a.size = 4;
  else if (inet_pton(AF_INET6, text.c_str(), a.bytes.data()) == 1)
    a.size = 16;
  else
    return std::nullopt;
  return a;
}

}  // namespace gauntlet
