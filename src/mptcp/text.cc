// Options as one line of text, and the names of the subtypes (the closed list of scenario files).
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "mptcp/option.hh"
#include "wire/options.hh"

namespace gauntlet {

namespace {

constexpr const char* kNames[] = {"mpc", "join", "dss", "add", "rm", "prio", "fail", "fclose", "tcprst"};

std::string hex(ConstBytes bytes) {
  std::string s;
  for (const uint8_t b : bytes) s += fmt::format("{:02x}", b);
  return s;
}

std::string ip(const std::vector<uint8_t>& address) {
  char text[INET6_ADDRSTRLEN];
  if (address.size() == 4 && inet_ntop(AF_INET, address.data(), text, sizeof text)) return text;
  if (address.size() == 16 && inet_ntop(AF_INET6, address.data(), text, sizeof text)) return text;
  return "0x" + hex(address);
}

const char* backup(bool b) { return b ? " backup" : ""; }
std::string rsv(unsigned reserved) { return reserved == 0 ? "" : fmt::format(" reserved {:#x}", reserved); }

std::string text(const MpCapable& o) {
  std::string s = fmt::format("mpc v{} flags {:#04x}", o.version, o.flags);
  if (o.sender_key) s += fmt::format(" key {:#018x}", *o.sender_key);
  if (o.receiver_key) s += fmt::format(" peer {:#018x}", *o.receiver_key);
  if (o.data_length) s += fmt::format(" len {}", *o.data_length);
  if (o.checksum) s += fmt::format(" csum {:#06x}", *o.checksum);
  return s;
}

std::string text(const MpJoinSyn& o) {
  return fmt::format("join syn{} id {} token {:#010x} nonce {:#010x}{}", backup(o.backup), o.address_id, o.token,
                     o.nonce, rsv(o.reserved));
}

std::string text(const MpJoinSynAck& o) {
  return fmt::format("join synack{} id {} hmac {:#018x} nonce {:#010x}{}", backup(o.backup), o.address_id, o.hmac,
                     o.nonce, rsv(o.reserved));
}

std::string text(const MpJoinAck& o) { return fmt::format("join ack hmac 0x{}{}", hex(o.hmac), rsv(o.reserved)); }

std::string text(const Dss& o) {
  std::string s = "dss";
  if (o.data_fin) s += " fin";
  if (o.data_ack) s += fmt::format(" dack{} {}", o.data_ack8 ? 8 : 4, *o.data_ack);
  if (const auto& m = o.mapping) {
    s += fmt::format(" dsn{} {} ssn {} len {}", m->dsn8 ? 8 : 4, m->dsn, m->ssn, m->length);
    if (m->checksum) s += fmt::format(" csum {:#06x}", *m->checksum);
  }
  return s + rsv(o.reserved);
}

std::string text(const AddAddr& o) {
  std::string s = fmt::format("add{} id {} {}", o.echo ? " echo" : "", o.address_id, ip(o.address));
  if (o.port) s += fmt::format(" port {}", *o.port);
  if (o.hmac) s += fmt::format(" hmac {:#018x}", *o.hmac);
  return s + rsv(o.reserved);
}

std::string text(const RemoveAddr& o) {
  std::string s = "rm id";
  for (const uint8_t id : o.address_ids) s += fmt::format(" {}", id);
  return s + rsv(o.reserved);
}

std::string text(const MpPrio& o) { return fmt::format("prio{}{}", backup(o.backup), rsv(o.reserved)); }
std::string text(const MpFail& o) { return fmt::format("fail dsn {}{}", o.dsn, rsv(o.reserved)); }
std::string text(const MpFastclose& o) { return fmt::format("fclose key {:#018x}{}", o.receiver_key, rsv(o.reserved)); }
std::string text(const MpTcprst& o) { return fmt::format("tcprst flags {:#03x} reason {}", o.flags, o.reason); }
std::string text(const MptcpUnknown& o) { return "unknown 0x" + hex(o.bytes); }

}  // namespace

std::string to_text(const MptcpOption& option) {
  return std::visit([](const auto& o) { return text(o); }, option);
}

const char* name_of(Subtype subtype) {
  const auto i = static_cast<size_t>(subtype);
  return i < std::size(kNames) ? kNames[i] : "unknown";
}

std::optional<Subtype> subtype_named(std::string_view text) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), text);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Subtype>(found - std::begin(kNames));
}

}  // namespace gauntlet
