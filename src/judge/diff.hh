// What happened between two cuts of one path: the two-sided diff.
//
// Memory, for captures of any size: 64 bytes for every frame with an IP packet (trace.hh), 36 for every TCP segment, 20
// for every other packet, half a KiB for every flow; what is worked on at a time (a piece of one flow, some MiB of its
// stream) does not grow with the capture, and of differences at most 200 000 are kept.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "judge/difference.hh"
#include "judge/pairing.hh"
#include "judge/trace.hh"

namespace gauntlet {

struct DiffOptions {
  std::vector<FlowAddress> servers;  // which side is "to_server"; empty: whoever sends the first SYN is the client
  // A segment sent or received within this of the end (or start) of both captures, with nothing of its direction behind
  // (or before) it on the other side, may have been in flight: it is counted in `edges`, not reported. So is what comes
  // after one capture's damage.
  Duration edge = std::chrono::milliseconds(50);
  // Both captures ran until all was over, as those of a cell do. Without it one that ends earlier, while packets still
  // come from its side, was stopped: what the other has later is counted in `edges`, too.
  bool ended_together = false;
  Duration late = Duration(0);  // `delayed`: took so much longer than the quickest; 0: not looked for
  uint32_t piece = 32 * 1024;   // segments of a flow and way that are aligned at once (align_pieces.hh), 4 or more
};

struct PairedFlow {
  std::string client_name, server_name;  // as the client's and the server's side show it; empty: not seen there
  PairedBy by = PairedBy::nothing;
};

struct Diff {
  std::vector<Difference> differences;
  uint64_t omitted = 0;           // differences past the limit of what is kept
  uint64_t edges = 0;             // segments in flight when a capture began or ended
  uint64_t compared = 0;          // segments and packets that were found on both sides
  uint64_t options_cut = 0;       // of them: without their TCP options, which a side did not capture
  bool shared_clock = true;       // both captures used one clock: times were used
  std::vector<PairedFlow> flows;  // Difference::flow indexes this
};

// `client`: the cut nearer the client.
Diff diff_traces(const Trace& client, const Trace& server, const DiffOptions& options = {});

}  // namespace gauntlet
