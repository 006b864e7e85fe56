#include "probe/icmp_quote.hh"

#include <algorithm>

#include "probe/answers.hh"
#include "wire/icmp.hh"
#include "wire/tcp.hh"

namespace gauntlet {

std::optional<HopQuote> read_quote(ConstBytes packet) {
  const Layout l = layout_of(packet);
  if (l.version == 0) return std::nullopt;
  const Quote q = quote_of(packet, l);
  if (!q.there || size_t{q.offset} + q.size > packet.size()) return std::nullopt;
  HopQuote out;
  out.from = ip_address(source_address(packet, l));
  out.type = q.type;
  out.code = q.code;
  out.reply_ttl = ttl_of(packet);
  const ConstBytes data = packet.subspan(q.offset, q.size);
  out.quote.assign(data.begin(), data.end());
  out.filled = q.filled;
  if (q.extensions != 0)
    out.extensions.assign(packet.begin() + q.extensions,
                          packet.begin() + static_cast<long>(std::min<size_t>(l.ip_total, packet.size())));
  return out;
}

}  // namespace gauntlet
