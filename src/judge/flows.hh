// The TCP flows of one trace: who opened them, their initial sequence numbers, what identifies them to MPTCP, and per
// direction the segments in relative, unwrapped (64-bit) sequence numbers.
//
// Relative numbers count from the initial sequence number: the SYN stands at 0, the first stream byte at 1, as in the
// subflow sequence numbers of a DSS (RFC 8684 3.3.1).
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "judge/trace.hh"
#include "wire/tcp.hh"

namespace gauntlet {

enum class Way : uint8_t { c2s, s2c };
inline Way reverse(Way w) { return w == Way::c2s ? Way::s2c : Way::c2s; }
inline size_t index_of(Way w) { return static_cast<size_t>(w); }
inline constexpr Way kWays[] = {Way::c2s, Way::s2c};
const char* name_of(Way);

struct FlowAddress {
  std::array<uint8_t, 16> bytes{};
  uint8_t size = 0;  // 4 or 16
  uint16_t port = 0;
  auto operator<=>(const FlowAddress&) const = default;
};
FlowAddress source_of(const TracedFrame&);  // port 0 where the frame has no TCP header
FlowAddress destination_of(const TracedFrame&);
std::string to_text(const FlowAddress&);  // "192.0.2.1:5001", "[2001:db8::1]:5001"
std::optional<FlowAddress> address_named(const std::string& text, uint16_t port);

struct FlowSegment {
  uint32_t frame = 0;   // index into Trace::frames()
  int64_t start = 0;    // relative number of its first unit (SYN, byte, FIN)
  int64_t ack = kNone;  // relative to the other direction's initial sequence number
  uint32_t length = 0;  // payload bytes on the wire
  uint8_t flags = 0;
  static constexpr int64_t kNone = INT64_MIN;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  int64_t first_byte() const { return start + (has(kSyn) ? 1 : 0); }
  int64_t end() const { return first_byte() + length + (has(kFin) ? 1 : 0); }
  bool occupies() const { return length > 0 || has(kSyn) || has(kFin); }  // takes sequence space
};

// One direction of a flow.
struct Half {
  bool seen = false;       // any segment
  bool isn_known = false;  // from a SYN, or from the other side's acknowledgement of one
  uint32_t isn = 0;
  std::vector<FlowSegment> segments;  // in the order they passed
};

// What MPTCP says about a flow, as it stands at this point of the path (a box may have taken or changed it). RFC
// 8684 3.1, 3.2.
struct FlowMarks {
  bool capable_syn = false, capable_synack = false,
       capable_ack = false;  // MP_CAPABLE seen there; ack: third ACK or first data
  std::optional<uint64_t> client_key, server_key;
  bool checksum[2] = {false, false};  // A bit, by Way of who sent it
  bool join_syn = false, join_synack = false, join_ack = false;
  uint32_t token = 0, client_nonce = 0, server_nonce = 0;  // of MP_JOIN
};

struct Flow {
  FlowAddress client, server;  // client: sent the first SYN
  Way opened = Way::c2s;       // the way of that SYN along the path: s2c where the server opened the subflow
  Time first{};
  Half halves[2];  // by Way
  FlowMarks marks;
  Half& half(Way w) { return halves[index_of(w)]; }
  const Half& half(Way w) const { return halves[index_of(w)]; }
};

struct FlowSet {
  std::vector<Flow> flows;       // in order of their first frame
  std::vector<uint32_t> others;  // frames that are whole packets to us: no TCP header, or a later fragment
};

// `servers`: addresses known to be servers' (ports 0: any); they say which way a flow runs along the path. Without a
// match the side that sent the first SYN is the client; without a SYN, the side with the higher port.
FlowSet flows_of(const Trace& trace, const std::vector<FlowAddress>& servers = {});

TcpView tcp_of(const Trace& trace, const FlowSegment& s);
ConstBytes payload_of(const Trace& trace, const FlowSegment& s);

}  // namespace gauntlet
