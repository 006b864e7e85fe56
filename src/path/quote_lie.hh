// Changes one field, by its name, of the packet an ICMP error quotes: a quote that lies about what arrived.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace gauntlet {

struct QuoteLie {
  std::string field = "none";  // one of lie_fields()
  uint8_t kind = 30;           // of the option that `option` speaks of
  std::string flip = {};  // raw bytes: these bits, counted from the field's last one; `option` alone, without: NOPs
  int64_t set = -1;       // or this number, 0 and above
  bool sums = true;       // the quoted checksums follow, as if the packet had really been changed on its way
};

std::vector<std::string> lie_fields();

// Nothing happens where the field is not there or not wholly quoted. The ICMP checksum follows in every case.
void tell_lie(Packet&, const Layout& outer, const Quote&, const QuoteLie&);

}  // namespace gauntlet
