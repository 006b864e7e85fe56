// Gives the quote of an ICMP error another length, padding, length field and extensions (RFC 792, RFC 4443, RFC 4884,
// RFC 4950). The ICMP checksum and the IP header follow by difference: what was wrong stays wrong by as much.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "wire/icmp.hh"
#include "wire/packet.hh"

namespace gauntlet {

struct QuoteShape {
  // When the "length" field of the message (RFC 4884 4) is written: automatic: with objects; always: also without;
  // never: objects stand behind exactly 128 bytes, as routers from before RFC 4884 have them (its section 5); too_long:
  // it claims 128 bytes more than there are.
  enum class Length { automatic, always, never, too_long };

  std::optional<size_t> packet;  // bytes of the quoted packet that stay, its IP header included
  std::optional<size_t> upper;   // bytes that stay behind its IP header; the smaller of both counts
  std::vector<uint8_t> objects;  // RFC 4884 extension objects, whole words; empty: no extension structure
  Length length = Length::automatic;

  bool changes() const { return packet || upper || !objects.empty() || length != Length::automatic; }
};

// The MPLS label stack object (RFC 4950 3) of labels such as "16+1000", outermost first; empty for an empty text.
// Throws UsageError.
std::vector<uint8_t> mpls_object(std::string_view labels);

// Padding and extensions that were there go, even where nothing is cut. Objects and length fields only where the type
// has the field: IPv4 3, 11, 12; IPv6 1, 3. False, and nothing changed: a fragment, or not the whole packet.
bool reshape_quote(Packet&, const Layout& outer, const Quote&, const QuoteShape&);

}  // namespace gauntlet
