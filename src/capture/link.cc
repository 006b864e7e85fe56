// From the link-layer header to the IP packet.
#include <optional>

#include "capture/capture.hh"

namespace gauntlet {
namespace {

constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

bool is_tag(uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }  // 802.1Q, 802.1ad, old QinQ

// Cuts what follows the packet. 0 as the length is what segmentation offload leaves behind: everything belongs to it
// then.
ConstBytes trimmed(ConstBytes ip) {
  if (ip.empty()) return ip;
  size_t total = 0;
  if (ip[0] >> 4 == 4 && ip.size() >= 20) {
    total = load16(ip.data() + 2);
    if (total < 20) return ip;
  } else if (ip[0] >> 4 == 6 && ip.size() >= 40) {
    const size_t payload = load16(ip.data() + 4);
    if (payload == 0 && ip[6] != 59) return ip;  // 59: no next header, so there is no payload indeed
    total = 40 + payload;
  } else {
    return ip;
  }
  return ip.first(total < ip.size() ? total : ip.size());
}

// `type` stands at `at`, two bytes in front of what it names; tags stand between.
ConstBytes behind_type(ConstBytes frame, size_t at, size_t payload) {
  if (frame.size() < at + 2 || frame.size() < payload) return {};
  uint16_t type = load16(frame.data() + at);
  while (is_tag(type)) {
    if (frame.size() < payload + 4) return {};
    type = load16(frame.data() + payload + 2);
    payload += 4;
  }
  return type == kIpv4 || type == kIpv6 ? frame.subspan(payload) : ConstBytes{};
}

}  // namespace

bool is_known(LinkType link) {
  switch (link) {
    case LinkType::ethernet:
    case LinkType::raw:
    case LinkType::linux_sll:
    case LinkType::ipv4:
    case LinkType::ipv6:
    case LinkType::linux_sll2:
      return true;
  }
  return false;
}

ConstBytes Frame::ip() const {
  const ConstBytes frame(bytes);
  switch (link) {
    case LinkType::ethernet:
      return trimmed(behind_type(frame, 12, 14));
    case LinkType::linux_sll:
      return trimmed(behind_type(frame, 14, 16));
    case LinkType::linux_sll2:
      return trimmed(behind_type(frame, 0, 20));
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return trimmed(frame);
  }
  return {};
}

}  // namespace gauntlet
