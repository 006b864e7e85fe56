// The shadow receiver: what a receiver that follows RFC 8684 and nothing else had to deliver, rebuilt from the capture
// at its own interface. Independent of the kernel and of the endpoints' reports.
//
// What TCP does not take (another checksum, outside the window) brings nothing. Only mapped bytes count, the first
// mapped copy of a byte wins (3.3.1), a DSS checksum is verified where either SYN asked for it (3.1), a subflow counts
// once its MP_JOIN proved itself (3.2). Fallback as 3.7 says: no option on the first data, an infinite mapping, or a
// checksum failure on the only subflow (from the failed mapping on, bytes are taken as they come).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "judge/byte_map.hh"
#include "judge/difference.hh"
#include "judge/flows.hh"

namespace gauntlet {

struct ShadowOptions {
  bool verify = true;             // false: what a receiver delivers that never looks at checksums
  bool at_receiver = true;        // false: the trace is the sender's, to see what was sent
  uint64_t limit = 256ull << 20;  // bytes of the stream that are kept
};

struct ShadowFailure {  // of a DSS checksum
  FrameAt frame;        // completed the mapping
  int64_t offset = 0;   // in the stream
  uint32_t length = 0;
  bool subflow_ended = false;  // another subflow was usable: this one is to be reset; else fallback
};

struct Shadow {
  bool found = false;               // a connection at this port
  bool mptcp = false;               // the handshake, as this end saw it, made it MPTCP (3.1)
  bool checksum = false;            // and demanded checksums
  std::string plain;                // why it is plain TCP from the first byte on, when mptcp is false
  ByteMap data;                     // the stream, position 0 = its first byte
  std::optional<int64_t> fallback;  // from this offset on, plain TCP
  std::string fallback_why;
  std::vector<ShadowFailure> failures;
  uint64_t unmapped = 0;       // bytes a subflow delivered in order for which no mapping came
  uint64_t mapped = 0;         // payload bytes that arrived under a mapping, first copies
  uint64_t outside = 0;        // mappings too far from the stream to be of it
  std::optional<int64_t> end;  // where DATA_FIN (or, without MPTCP, FIN) ends the stream
  size_t subflows = 0;         // that delivered data or proved themselves

  ConstBytes stream() const { return data.from(0); }
};

// `way`: of the stream. `port`: the server's.
Shadow shadow_receive(const Trace& trace, const FlowSet& flows, Way way, uint16_t port,
                      const ShadowOptions& options = {});

// The connection at this port: its first flow with MP_CAPABLE in the SYN, else the first flow; then its joined
// subflows.
std::vector<const Flow*> connection_at(const FlowSet& flows, uint16_t port);

// Plain TCP: the in-order bytes of one flow, as if there were no MPTCP.
ByteMap plain_stream(const Trace& trace, const Flow& flow, Way way,
                     const ShadowOptions& options = {});  // position 0 = first byte

}  // namespace gauntlet
