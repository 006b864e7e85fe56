// What an ICMP error quotes of a segment that a box renumbered: its sender gets
// to see its own numbers.
#pragma once
#include "path/quote_edit.hh"
#include "path/seen.hh"

namespace gauntlet {

// The packet is an ICMP error that quotes a segment; `seq` and `ack` are added
// to the quoted numbers, as far as they are quoted.
inline void shift_quote(Packet& p, const Layout& l, uint32_t seq, uint32_t ack) {
  const Quote q = quote_of(std::as_const(p).bytes(), l);
  QuoteEdit edit(p, l, q);
  if (seq != 0 && edit.has(4, 4)) edit.set32(4, load32(edit.upper() + 4) + seq);
  if (ack != 0 && edit.has(8, 4)) edit.set32(8, load32(edit.upper() + 8) + ack);
}

}  // namespace gauntlet
