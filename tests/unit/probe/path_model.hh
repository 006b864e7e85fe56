// A path on paper: routers that quote as they are told, boxes that edit bytes, a server. For tests of the analysis
// only.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "probe/observation.hh"
#include "wire/packet.hh"

namespace gauntlet {

using BoxEdit = std::function<void(Packet&)>;

struct PathModel {
  int routers = 5;
  bool v6 = false;
  int quote = -1;                     // upper-layer bytes every router quotes, -1: all
  std::map<int, int> quote_of_hop{};  // exceptions
  std::set<int> silent{};
  bool one_flow = false;                   // all probes are segments of one stream, one after the other
  bool rfc4884 = false;                    // pad the quote to 128 bytes, add an MPLS stack
  std::map<int, BoxEdit> after_check{};    // box in router N behind its TTL check (FORWARD): shows at hop N + 1
  std::map<int, BoxEdit> before_check{};   // in front of it (PREROUTING): shows at hop N
  std::map<int, BoxEdit> of_quote{};       // damage router N does to what it quotes
  std::set<std::string> dropped_behind{};  // probes that vanish behind router `drop_at`
  int drop_at = 0;
  bool server_mptcp = true;
  bool strip_synack = false;           // MP_CAPABLE is removed on the way back
  int proxy_at = 0;                    // router that ends TCP itself
  int raise_ttl_at = 0, raise_by = 0;  // FORWARD
};

Observation observe(const PathModel&, const std::vector<std::string>& probe_names);

// Edits that boxes make; checksums follow unless said otherwise.
BoxEdit fill_option(uint8_t kind, uint8_t with);  // NOP or EOL fill
BoxEdit cut_option(uint8_t kind);                 // header shrinks, rest padded with NOP
BoxEdit clamp_mss(uint16_t to);
BoxEdit write_bytes(size_t upper_offset, std::vector<uint8_t> bytes);  // checksum follows
BoxEdit shift_seq(uint32_t by);

}  // namespace gauntlet
