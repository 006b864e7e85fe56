// Every option of RFC 8684 (MPTCP v1): decode from and encode to the exact bytes of one kind-30 option.
//
// decode_mptcp() is total: what the RFC gives no meaning (a wrong length for its subtype, an unknown subtype) becomes
// Unknown, with its bytes untouched. encode() writes what the structure says, even where a sender would not: tests need
// that. Integers are in host order; `addr`, HMACs and keys that are byte strings are in wire order.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/bytes.hh"
#include "wire/options.hh"

namespace gauntlet {

// `reserved`, in every structure: those of the 12 bits behind the subtype (of the 4 where the option has no more) that
// mean nothing there, each in its place. Zero in what a conforming sender makes.

enum class Subtype : uint8_t {
  capable = 0,
  join = 1,
  dss = 2,
  add_addr = 3,
  remove_addr = 4,
  prio = 5,
  fail = 6,
  fastclose = 7,
  tcprst = 8
};

// RFC 8684 3.1. Lengths 4 (SYN), 12 (SYN/ACK), 20 (third ACK), 22 (+ data length), 24 (+ data length and checksum).
struct MpCapable {
  uint8_t version = 1;
  uint8_t flags = 0x01;  // A 0x80, B 0x40, C 0x20, D..G, H 0x01
  std::optional<uint64_t> sender_key, receiver_key;
  std::optional<uint16_t> data_length, checksum;
};

// RFC 8684 3.2. Lengths 12 (SYN), 16 (SYN/ACK), 24 (third ACK).
struct MpJoinSyn {
  bool backup = false;
  uint8_t address_id = 0;
  uint32_t token = 0, nonce = 0;
  uint8_t reserved = 0;
};
struct MpJoinSynAck {
  bool backup = false;
  uint8_t address_id = 0;
  uint64_t hmac = 0;  // leftmost 64 bits
  uint32_t nonce = 0;
  uint8_t reserved = 0;
};
struct MpJoinAck {
  std::array<uint8_t, 20> hmac{};  // leftmost 160 bits
  uint16_t reserved = 0;
};

// RFC 8684 3.3. The flag bits say what follows: A (0x01) Data ACK, a (0x02) of 8 bytes, M (0x04) mapping, m (0x08) DSN
// of 8 bytes, F (0x10) DATA_FIN. The checksum's presence follows from the length alone. `a` without A and `m` without M
// say nothing: they are kept in `reserved`.
struct Dss {
  bool data_fin = false;
  std::optional<uint64_t> data_ack;
  bool data_ack8 = false;
  struct Mapping {
    uint64_t dsn = 0;
    bool dsn8 = false;
    uint32_t ssn = 0;     // relative to the subflow's initial sequence number
    uint16_t length = 0;  // 0: infinite mapping (3.7)
    std::optional<uint16_t> checksum;
  };
  std::optional<Mapping> mapping;
  uint16_t reserved = 0;
};

// RFC 8684 3.4.1. 4 or 16 address bytes, port optional, the HMAC (rightmost 64 bits) unless `echo`.
struct AddAddr {
  bool echo = false;
  uint8_t address_id = 0;
  std::vector<uint8_t> address;
  std::optional<uint16_t> port;
  std::optional<uint64_t> hmac;
  uint8_t reserved = 0;
};
struct RemoveAddr {  // 3.4.2: one address ID or more
  std::vector<uint8_t> address_ids;
  uint8_t reserved = 0;
};
struct MpPrio {  // 3.3.8
  bool backup = false;
  uint8_t reserved = 0;
};
struct MpFail {  // 3.7
  uint64_t dsn = 0;
  uint16_t reserved = 0;
};
struct MpFastclose {  // 3.5
  uint64_t receiver_key = 0;
  uint16_t reserved = 0;
};
struct MpTcprst {  // 3.6: U 0x8, V 0x4, W 0x2, T 0x1 (transient)
  uint8_t flags = 0;
  uint8_t reason = 0;
};
struct MptcpUnknown {
  std::vector<uint8_t> bytes;  // the whole option
};

using MptcpOption = std::variant<MpCapable, MpJoinSyn, MpJoinSynAck, MpJoinAck, Dss, AddAddr, RemoveAddr, MpPrio,
                                 MpFail, MpFastclose, MpTcprst, MptcpUnknown>;

// `option` is one whole option, kind byte first. MP_JOIN's three forms are told apart by length alone (3.2: 12, 16,
// 24).
MptcpOption decode_mptcp(ConstBytes option);
std::vector<uint8_t> encode(const MptcpOption&);  // the whole option, no padding
// Of any kind-30 option of 3 bytes or more. Here, not in a .cc: boxes ask it of every option that passes.
inline std::optional<Subtype> subtype_of(ConstBytes option) {
  if (option.size() < 3 || option[0] != kOptMptcp || option[2] >> 4 > static_cast<int>(Subtype::tcprst))
    return std::nullopt;
  return static_cast<Subtype>(option[2] >> 4);
}
const char* name_of(Subtype);  // "mpc", "join", "dss", "add", "rm", "prio", "fail", "fclose", "tcprst"
std::optional<Subtype> subtype_named(std::string_view);
std::string to_text(
    const MptcpOption&);  // one line, packetdrill-like: "dss dack8 123 dsn8 456 ssn 1 len 1400 csum 0x1a2b"

// Every well-formed kind-30 option of a TCP option block, in order.
struct MptcpAt {
  uint16_t offset;
  uint16_t size;
  MptcpOption option;
};
std::vector<MptcpAt> mptcp_options(ConstBytes tcp_options);

}  // namespace gauntlet
