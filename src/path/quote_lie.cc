#include "path/quote_lie.hh"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>

#include "path/quote_edit.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Place {
  size_t at, size;    // bytes from the quoted IP header
  unsigned covers;    // QuoteEdit::Covers
  uint32_t mask = 0;  // of the last four bytes or fewer; 0: all bits of all bytes
};

struct Named {
  std::string_view name;
  size_t at, size;
};
// From the first byte of the TCP header; UDP has the first two and a checksum elsewhere.
constexpr Named kTcpFields[] = {{"sport", 0, 2},  {"dport", 2, 2},   {"seq", 4, 4},  {"ack", 8, 4},
                                {"flags", 13, 1}, {"window", 14, 2}, {"sum", 16, 2}, {"urgent", 18, 2}};

std::optional<Place> place_in_ip(std::string_view f, bool v4) {
  constexpr unsigned kIp = QuoteEdit::kIp, kBoth = QuoteEdit::kIp | QuoteEdit::kL4;
  if (f == "tos") return v4 ? Place{1, 1, kIp} : Place{0, 2, kIp, 0x0ff0};
  if (f == "flow" && !v4) return Place{0, 4, kIp, 0xfffff};
  if (f == "id" && v4) return Place{4, 2, kIp};
  if (f == "ttl") return Place{v4 ? 8u : 7u, 1, kIp};
  if (f == "src") return v4 ? Place{12, 4, kBoth} : Place{8, 16, kBoth};
  if (f == "dst") return v4 ? Place{16, 4, kBoth} : Place{24, 16, kBoth};
  return std::nullopt;
}

// Options as far as they are quoted: the walk takes what is cut off for malformed.
std::optional<Place> place_of_option(ConstBytes quoted, const Layout& l, uint8_t kind, bool whole_option) {
  if (l.l4 + 20u > quoted.size()) return std::nullopt;
  const size_t header = (quoted[l.l4 + 12u] >> 4) * 4u;
  if (header < 20) return std::nullopt;
  const ConstBytes rest = quoted.subspan(l.l4 + 20u);
  const Option o = find_option(rest.first(std::min(rest.size(), header - 20)), kind);
  if (o.size < 2 || (o.size == 2 && !whole_option)) return std::nullopt;
  const size_t skip = whole_option ? 0 : 2;
  return Place{l.l4 + 20u + o.offset + skip, o.size - skip, QuoteEdit::kL4};
}

std::optional<Place> place_of(ConstBytes quoted, const Layout& l, const QuoteLie& lie) {
  const std::string_view f = lie.field;
  if (const auto ip = place_in_ip(f, l.version == 4)) return ip;
  if (!l.first) return std::nullopt;
  if (f == "payload" && l.tcp && l.payload < quoted.size()) return Place{l.payload, 1, QuoteEdit::kL4};
  if (l.proto == kProtoUdp && (f == "sport" || f == "dport"))
    return Place{l.l4 + (f == "sport" ? 0u : 2u), 2, QuoteEdit::kL4};
  if (l.proto != kProtoTcp) return std::nullopt;
  if (f == "option") return place_of_option(quoted, l, lie.kind, lie.flip.empty() && lie.set < 0);
  if (f == "mss") return place_of_option(quoted, l, kOptMss, false);
  for (const Named& n : kTcpFields) {
    if (f == n.name) return Place{l.l4 + n.at, n.size, f == "sum" ? 0u : unsigned{QuoteEdit::kL4}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> lie_fields() {
  return {"none", "tos", "flow",  "id",     "ttl", "src",    "dst", "sport",  "dport",
          "seq",  "ack", "flags", "window", "sum", "urgent", "mss", "option", "payload"};
}

void tell_lie(Packet& p, const Layout& outer, const Quote& q, const QuoteLie& lie) {
  if (lie.field == "none" || outer.fragment || !whole(outer, std::as_const(p).bytes())) return;
  const ConstBytes quoted = std::as_const(p).bytes().subspan(q.offset, q.size);
  const auto place = place_of(quoted, q.inner, lie);
  if (!place || place->at + place->size > quoted.size()) return;
  std::vector<uint8_t> fresh(quoted.begin() + static_cast<long>(place->at),
                             quoted.begin() + static_cast<long>(place->at + place->size));
  if (lie.field == "option" && lie.flip.empty() && lie.set < 0) {
    std::fill(fresh.begin(), fresh.end(), kOptNop);
  } else {
    const int shift = place->mask == 0 ? 0 : std::countr_zero(place->mask);
    for (size_t i = 0; i < fresh.size(); ++i) {  // from the last byte on
      uint8_t& b = fresh[fresh.size() - 1 - i];
      const auto mask = static_cast<uint8_t>(place->mask == 0 ? 0xff : i < 4 ? place->mask >> (8 * i) : 0);
      uint64_t flip = 0;
      for (size_t k = 0; k < std::min<size_t>(lie.flip.size(), 8); ++k)
        flip = flip << 8 | static_cast<uint8_t>(lie.flip[k]);
      const uint64_t wanted = (lie.set >= 0 ? static_cast<uint64_t>(lie.set) : flip) << shift;
      const auto v = i < 8 ? static_cast<uint8_t>(wanted >> (8 * i)) : uint8_t{0};
      b = static_cast<uint8_t>(lie.set >= 0 ? (b & ~mask) | (v & mask) : b ^ (v & mask));
    }
  }
  QuoteEdit edit(p, outer, q);
  for (size_t done = 0; done < fresh.size(); done += 16) {  // QuoteEdit takes 16 bytes at a time
    const ConstBytes part = ConstBytes(fresh).subspan(done, std::min<size_t>(16, fresh.size() - done));
    edit.write(place->at + done, part, lie.sums ? place->covers : unsigned{QuoteEdit::kNothing});
  }
}

}  // namespace gauntlet
