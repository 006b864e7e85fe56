#include "path/option_place.hh"

#include "mptcp/option.hh"

namespace gauntlet {
namespace {

using Place = std::optional<OptionPlace>;

OptionPlace bit(size_t at, uint8_t mask) { return {at, 1, mask}; }

Place capable(std::string_view f, size_t size) {  // 3.1
  if (f == "version") return bit(2, 0x0f);
  if (f == "A") return bit(3, 0x80);
  if (f == "B") return bit(3, 0x40);
  if (f == "C") return bit(3, 0x20);
  if (f == "H") return bit(3, 0x01);
  if (f == "flags") return OptionPlace{3, 1};
  if (f == "reserved") return bit(3, 0x1e);  // D to G
  if (f == "key") return OptionPlace{4, 8};
  if (f == "peerkey") return OptionPlace{12, 8};
  if (f == "datalen") return OptionPlace{20, 2};
  if (f == "csum" && size == 24) return OptionPlace{22, 2};
  return std::nullopt;
}

Place join(std::string_view f, size_t size) {  // 3.2: 12 bytes in the SYN, 16 in the SYN/ACK, 24 in the third ACK
  if (f == "hmac" && size != 12) return OptionPlace{4, size == 16 ? 8u : 20u};
  if (f == "reserved") return size == 24 ? OptionPlace{3, 1} : bit(2, 0x0e);
  if (size == 24) return std::nullopt;
  if (f == "bkup") return bit(2, 0x01);
  if (f == "addrid") return OptionPlace{3, 1};
  if (f == "token" && size == 12) return OptionPlace{4, 4};
  if (f == "nonce") return OptionPlace{size == 12 ? 8u : 12u, 4};
  return std::nullopt;
}

Place dss(std::string_view f, uint8_t flags, size_t size) {  // 3.3: what there is, the flags say
  if (f == "flags") return OptionPlace{3, 1};
  if (f == "fin") return bit(3, 0x10);
  if (f == "reserved") return bit(3, 0xe0);
  size_t at = 4;
  if (flags & 0x01) {
    const size_t n = flags & 0x02 ? 8 : 4;
    if (f == "dack") return OptionPlace{at, n};
    at += n;
  }
  if (!(flags & 0x04)) return std::nullopt;
  const size_t n = flags & 0x08 ? 8 : 4;
  if (f == "dsn") return OptionPlace{at, n};
  if (f == "ssn") return OptionPlace{at + n, 4};
  if (f == "maplen") return OptionPlace{at + n + 4, 2};
  if (f == "csum" && size == at + n + 8) return OptionPlace{at + n + 6, 2};
  return std::nullopt;
}

Place add_addr(std::string_view f, bool echo, size_t size) {  // 3.4.1
  const size_t address = size >= 20 && (echo || size >= 28) ? 16 : 4, fixed = 4 + address + (echo ? 0u : 8u);
  if (f == "echo") return bit(2, 0x01);
  if (f == "reserved") return bit(2, 0x0e);
  if (f == "addrid") return OptionPlace{3, 1};
  if (f == "address") return OptionPlace{4, address};
  if (f == "port" && size == fixed + 2) return OptionPlace{4 + address, 2};
  if (f == "hmac" && !echo && size >= 16) return OptionPlace{size - 8, 8};
  return std::nullopt;
}

Place remove_addr(std::string_view f, size_t size) {  // 3.4.2: one address ID or more
  if (f == "addrid") return OptionPlace{3, 1};
  if (f == "addrids") return OptionPlace{3, size - 3};
  if (f == "reserved") return bit(2, 0x0f);
  return std::nullopt;
}

Place reset(std::string_view f) {  // 3.6
  if (f == "U") return bit(2, 0x08);
  if (f == "V") return bit(2, 0x04);
  if (f == "W") return bit(2, 0x02);
  if (f == "T") return bit(2, 0x01);
  if (f == "reason") return OptionPlace{3, 1};
  return std::nullopt;
}

Place place(ConstBytes o, std::string_view f) {
  if (f == "length") return OptionPlace{1, 1};
  if (f == "subtype") return bit(2, 0xf0);
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
      return f == "bkup" ? Place(bit(2, 0x01)) : f == "reserved" ? Place(bit(2, 0x0e)) : std::nullopt;
    case Subtype::fail:
      return f == "dsn" ? Place(OptionPlace{4, 8}) : f == "reserved" ? Place(OptionPlace{3, 1}) : std::nullopt;
    case Subtype::fastclose:
      return f == "key" ? Place(OptionPlace{4, 8}) : f == "reserved" ? Place(OptionPlace{3, 1}) : std::nullopt;
    case Subtype::tcprst:
      return reset(f);
  }
  return std::nullopt;
}

}  // namespace

std::optional<OptionPlace> option_place(ConstBytes option, std::string_view field) {
  const Place p = place(option, field);
  if (p && p->at + p->size > option.size()) return std::nullopt;
  return p;
}

}  // namespace gauntlet
