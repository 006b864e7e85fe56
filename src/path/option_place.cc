#include "path/option_place.hh"

#include "mptcp/option.hh"

namespace gauntlet {
namespace {

using Place = std::optional<OptionPlace>;

OptionPlace bit(size_t at, uint8_t mask) { return {at, 1, mask}; }

Place capable(OptionField f, size_t size) {  // 3.1
  if (f == "version"_field) return bit(2, 0x0f);
  if (f == "A"_field) return bit(3, 0x80);
  if (f == "B"_field) return bit(3, 0x40);
  if (f == "C"_field) return bit(3, 0x20);
  if (f == "H"_field) return bit(3, 0x01);
  if (f == "flags"_field) return OptionPlace{3, 1};
  if (f == "reserved"_field) return bit(3, 0x1e);  // D to G
  if (f == "key"_field) return OptionPlace{4, 8};
  if (f == "peerkey"_field) return OptionPlace{12, 8};
  if (f == "datalen"_field) return OptionPlace{20, 2};
  if (f == "csum"_field && size == 24) return OptionPlace{22, 2};
  return std::nullopt;
}

Place join(OptionField f, size_t size) {  // 3.2: 12 bytes in the SYN, 16 in the SYN/ACK, 24 in the third ACK
  if (f == "hmac"_field && size != 12) return OptionPlace{4, size == 16 ? 8u : 20u};
  if (f == "reserved"_field) return size == 24 ? OptionPlace{3, 1} : bit(2, 0x0e);
  if (size == 24) return std::nullopt;
  if (f == "bkup"_field) return bit(2, 0x01);
  if (f == "addrid"_field) return OptionPlace{3, 1};
  if (f == "token"_field && size == 12) return OptionPlace{4, 4};
  if (f == "nonce"_field) return OptionPlace{size == 12 ? 8u : 12u, 4};
  return std::nullopt;
}

Place dss(OptionField f, uint8_t flags, size_t size) {  // 3.3: what there is, the flags say
  if (f == "flags"_field) return OptionPlace{3, 1};
  if (f == "fin"_field) return bit(3, 0x10);
  if (f == "reserved"_field) return bit(3, 0xe0);
  size_t at = 4;
  if (flags & 0x01) {
    const size_t n = flags & 0x02 ? 8 : 4;
    if (f == "dack"_field) return OptionPlace{at, n};
    at += n;
  }
  if (!(flags & 0x04)) return std::nullopt;
  const size_t n = flags & 0x08 ? 8 : 4;
  if (f == "dsn"_field) return OptionPlace{at, n};
  if (f == "ssn"_field) return OptionPlace{at + n, 4};
  if (f == "maplen"_field) return OptionPlace{at + n + 4, 2};
  if (f == "csum"_field && size == at + n + 8) return OptionPlace{at + n + 6, 2};
  return std::nullopt;
}

Place add_addr(OptionField f, bool echo, size_t size) {  // 3.4.1
  const size_t address = size >= 20 && (echo || size >= 28) ? 16 : 4, fixed = 4 + address + (echo ? 0u : 8u);
  if (f == "echo"_field) return bit(2, 0x01);
  if (f == "reserved"_field) return bit(2, 0x0e);
  if (f == "addrid"_field) return OptionPlace{3, 1};
  if (f == "address"_field) return OptionPlace{4, address};
  if (f == "port"_field && size == fixed + 2) return OptionPlace{4 + address, 2};
  if (f == "hmac"_field && !echo && size >= 16) return OptionPlace{size - 8, 8};
  return std::nullopt;
}

Place remove_addr(OptionField f, size_t size) {  // 3.4.2: one address ID or more
  if (f == "addrid"_field) return OptionPlace{3, 1};
  if (f == "addrids"_field) return OptionPlace{3, size - 3};
  if (f == "reserved"_field) return bit(2, 0x0f);
  return std::nullopt;
}

Place reset(OptionField f) {  // 3.6
  if (f == "U"_field) return bit(2, 0x08);
  if (f == "V"_field) return bit(2, 0x04);
  if (f == "W"_field) return bit(2, 0x02);
  if (f == "T"_field) return bit(2, 0x01);
  if (f == "reason"_field) return OptionPlace{3, 1};
  return std::nullopt;
}

Place place(ConstBytes o, OptionField f) {
  if (f == "length"_field) return OptionPlace{1, 1};
  if (f == "subtype"_field) return bit(2, 0xf0);
  const uint8_t third = o.size() > 3 ? o[3] : 0;
  switch (static_cast<Subtype>(o[2] >> 4)) {
    case Subtype::capable:
      return capable(f, o.size());
    case Subtype::join:
      return join(f, o.size());
    case Subtype::dss:
      return dss(f, third, o.size());
    case Subtype::add_addr:
      return add_addr(f, (o[2] & 1) != 0, o.size());
    case Subtype::remove_addr:
      return remove_addr(f, o.size());
    case Subtype::prio:
      return f == "bkup"_field ? Place(bit(2, 0x01)) : f == "reserved"_field ? Place(bit(2, 0x0e)) : std::nullopt;
    case Subtype::fail:
      return f == "dsn"_field        ? Place(OptionPlace{4, 8})
             : f == "reserved"_field ? Place(OptionPlace{3, 1})
                                     : std::nullopt;
    case Subtype::fastclose:
      return f == "key"_field        ? Place(OptionPlace{4, 8})
             : f == "reserved"_field ? Place(OptionPlace{3, 1})
                                     : std::nullopt;
    case Subtype::tcprst:
      return reset(f);
  }
  return std::nullopt;
}

}  // namespace

std::optional<OptionPlace> option_place(ConstBytes option, OptionField field) {
  const Place p = place(option, field);
  if (p && p->at + p->size > option.size()) return std::nullopt;
  return p;
}

}  // namespace gauntlet
