// Segment classes and MPTCP subtypes from one look at the TCP header. Cheap: it runs for every packet at every box.
#pragma once
#include "path/seen.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct Glance {
  Classes classes = 0;  // kClassAck3 excepted: that needs the flow
  ConstBytes capable;   // the first well-formed MP_CAPABLE and MP_JOIN options
  ConstBytes join;
};

// Kinds, subtypes and nothing else: an MPTCP option counts with 3 bytes or more, whatever its length says (RFC 8684 3).
inline void glance_options(ConstBytes options, Glance& g) {
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.kind != kOptMptcp || o.malformed || o.size < 3) continue;
    const ConstBytes option = options.subspan(o.offset, o.size);
    const unsigned subtype = option[2] >> 4;
    if (subtype > 8) continue;
    g.classes |= static_cast<Classes>(kClassMpc) << subtype;
    if (subtype == 0 && g.capable.empty()) g.capable = option;
    if (subtype == 1 && g.join.empty()) g.join = option;
  }
}

inline Glance glance(TcpView tcp) {
  Glance g;
  const uint8_t flags = tcp.flags();
  const bool payload = !tcp.payload().empty();
  g.classes = kClassAny;
  if (flags & kSyn) {
    g.classes |= flags & kAck ? kClassSynack : kClassSyn;
  } else {
    g.classes |= kClassNonsyn;
  }
  if (payload) g.classes |= kClassData;
  if (flags & kFin) g.classes |= kClassFin;
  if (flags & kRst) g.classes |= kClassRst;
  if ((flags & (kAck | kSyn | kFin | kRst)) == kAck && !payload) g.classes |= kClassAck;
  glance_options(tcp.options(), g);
  return g;
}

}  // namespace gauntlet
