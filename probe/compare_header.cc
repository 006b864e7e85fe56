#include "probe/compare_header.hh"

#include <algorithm>

#include "probe/address.hh"

namespace gauntlet {
namespace {

const char* bleach(uint64_t before, uint64_t after) { return before != 0 && after == 0 ? "bleached" : "changed"; }
uint16_t swapped(uint16_t v) { return static_cast<uint16_t>(v << 8 | v >> 8); }

}  // namespace

bool HeaderComparer::ip_header() {
  if (old_.version == 0 || quote_.empty() || quote_[0] >> 4 != old_.version) return false;
  if (!(old_.version == 4 ? ipv4() : ipv6())) return false;
  total_ = std::max<size_t>(total_, l4_);
  return true;
}

void HeaderComparer::traffic_class(uint8_t before, uint8_t after) {
  set("ip.dscp", before >> 2, after >> 2, bleach(before >> 2, after >> 2));
  set("ip.ecn", before & 3, after & 3, (after & 3) == 3 ? "marked-ce" : bleach(before & 3, after & 3));
}
void HeaderComparer::addresses(size_t at, size_t size) {
  set("ip.src", to_text(ip_address(sent_.subspan(at, size))), to_text(ip_address(quote_.subspan(at, size))), "nat");
  set("ip.dst", to_text(ip_address(sent_.subspan(at + size, size))),
      to_text(ip_address(quote_.subspan(at + size, size))), "dnat");
}
void HeaderComparer::length(uint32_t before, uint32_t after, bool known_damage) {
  total_ = after;
  if (known_damage) {
    out_.artefacts.push_back("ip.length");
    skip("ip.length");
    total_ = before;
    return;
  }
  out_.length_delta = static_cast<int32_t>(after) - static_cast<int32_t>(before);
  set("ip.length", before, after, after < before ? "shrunk" : "grown");
}

// RFC 791 3.1. Some stacks quote length, identification or fragment field in their own byte order, or the length
// without the header (BSD's ip_input did all three): no middlebox does that, so it is told as damage done by the
// quoting router.
bool HeaderComparer::ipv4() {
  if (quote_.size() < 20) return false;
  l4_ = (quote_[0] & 0x0fu) * 4u;
  if (l4_ < 20 || quote_[9] != sent_[9]) return false;
  traffic_class(sent_[1], quote_[1]);
  const uint16_t before = load16(&sent_[2]), after = load16(&quote_[2]);
  // Twenty bytes less are a cut where the data offset says so.
  const bool cut = old_.tcp && quote_.size() > l4_ + 12 && quote_[l4_ + 12] >> 4 != sent_[old_.l4 + 12u] >> 4;
  const bool without_header = after == before - old_.ip_header && !cut;
  length(before, after, after != before && (after == swapped(before) || without_header || after < 20));
  word("ip.id", 4);
  word("ip.fragment", 6);
  if (l4_ != old_.ip_header) {
    set("ip.options", fmt::format("{} bytes", old_.ip_header - 20), fmt::format("{} bytes", l4_ - 20));
  } else {
    set("ip.options", "none", "none");
  }
  addresses(12, 4);
  return true;
}
void HeaderComparer::word(const char* field, size_t at) {
  const uint16_t before = load16(&sent_[at]), after = load16(&quote_[at]);
  if (after != before && after == swapped(before)) {
    out_.artefacts.push_back(field);
    skip(field);
  } else {
    set(field, fmt::format("0x{:04x}", before), fmt::format("0x{:04x}", after));
  }
}
bool HeaderComparer::ipv6() {
  if (quote_.size() < 40) return false;
  l4_ = 40;
  traffic_class(static_cast<uint8_t>(load16(&sent_[0]) >> 4), static_cast<uint8_t>(load16(&quote_[0]) >> 4));
  set("ip.flow_label", load32(&sent_[0]) & 0xfffff, load32(&quote_[0]) & 0xfffff);
  length(40u + load16(&sent_[4]), 40u + load16(&quote_[4]), false);
  addresses(8, 16);
  if (quote_[6] == sent_[6]) {
    set("ip.extension_headers", "none", "none");
    return true;
  }
  set("ip.extension_headers", "none", fmt::format("next header {}", quote_[6]), "added");
  l4_ = quote_.size();  // where the upper layer begins is not looked for
  return true;
}

}  // namespace gauntlet
