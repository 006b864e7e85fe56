// ICMP errors and the packet they quote (RFC 792, RFC 4443, RFC 1812 4.3.2.3, RFC 4884).
#pragma once
#include <cstdint>

#include "wire/bytes.hh"
#include "wire/layout.hh"
#include "wire/packet.hh"

namespace gauntlet {

struct Quote {
  bool there = false;  // the packet is an ICMP error and quotes at least a whole IP header
  uint8_t type = 0, code = 0;
  uint16_t offset = 0;      // of the quoted IP header, from the first byte of the outer packet
  uint16_t size = 0;        // quoted bytes that are data: RFC 4884 padding and extensions excluded
  uint16_t extensions = 0;  // offset of the RFC 4884 extension header, 0 when there is none
  bool filled = false;      // zeros at the end of `size` may only fill the quote up, as RFC 4884 4.1 asks; some routers
                            // fill it without extensions, too
  Layout inner;             // of the quoted bytes; inner.tcp is true only with a whole quoted TCP header
};

Quote quote_of(ConstBytes packet, const Layout&);
bool is_icmp_error(ConstBytes packet, const Layout&);  // v4: types 3, 4, 5, 11, 12; v6: types below 128

}  // namespace gauntlet
