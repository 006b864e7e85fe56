// Compares what belongs together and adds a record per difference. One function per kind of field.
#pragma once
#include "judge/align.hh"
#include "judge/difference.hh"
#include "judge/down_shift.hh"
#include "judge/stream_map.hh"

namespace gauntlet {

// One direction of one pair of flows. "u": upstream, before the box for segments travelling this way; "d": downstream.
struct WayContext {
  Way way = Way::c2s;
  int64_t number = 0;  // of the pair
  std::string name;
  const Trace *tu = nullptr, *td = nullptr;
  const Flow *fu = nullptr, *fd = nullptr;
  const Half *hu = nullptr, *hd = nullptr;
  SegmentBytes* sent = nullptr;                  // bytes of this way, before the box
  SegmentBytes* arrived = nullptr;               // and behind it
  const StreamMap* stream = nullptr;             // of this way
  const StreamMap* acked = nullptr;              // of the other way
  const std::vector<DownShift>* sunk = nullptr;  // shifts downwards, undone in hd
  bool acked_shifted = false;                    // the other way's initial numbers differ between the sides
  bool unshifted = false;                        // both ways' numbers are the same on both sides, from end to end
  std::optional<uint64_t> key;                   // of this way's sender, where a handshake of the connection told it
  bool syn_arrived = false;                      // a SYN of this way stands behind the box
  Differences* out = nullptr;

  const TracedFrame& frame_u(uint32_t i) const { return tu->frames()[hu->segments[i].frame]; }
  const TracedFrame& frame_d(uint32_t j) const { return td->frames()[hd->segments[j].frame]; }
  Difference record(const char* kind, const std::vector<uint32_t>& u, const std::vector<uint32_t>& d) const;
};

FrameAt frame_at(const Trace&, uint32_t frame);
std::string hex_of(ConstBytes bytes, size_t most = 24);  // "…" where cut

// One segment that came as it went, in a flow whose numbers are everywhere the same: there is nothing to compare.
// Most segments of most captures, and the frames need not be looked at again.
bool untouched(const WayContext&, const Group&, const Units& u, const Units& d);
bool options_cut(const WayContext&, const Group&);  // by the snap length

// Everything there is to compare in a group that is not untouched but the times and the TTL.
void compare_group(const WayContext&, const Group&, const Units& u, const Units& d);

// One segment became one with another stretch of the stream, of which every byte that only one of the two has went or
// arrived in some other segment: cut otherwise, nothing came or went.
bool cut_otherwise(const WayContext&, const Group&);

void compare_addresses(const WayContext&, const Group&);     // every segment of the group
void compare_ip(const WayContext&, uint32_t i, uint32_t j);  // all but addresses and TTL
// Flags, window, acks, urgent. `recut`: cut_otherwise().
void compare_tcp(const WayContext&, const Group&, const Units& u, const Units& d, bool recut);
void compare_checksums(const WayContext&, const Group&);
void compare_payload(const WayContext&, const Group&, bool recut);
void compare_options(const WayContext&, uint32_t i, uint32_t j);  // one segment became one
void compare_options_of_pieces(const WayContext&, const Group&);  // one became several
void compare_options_of_merged(const WayContext&, const Group&);  // several became one, or were cut otherwise
void compare_stream(const WayContext&);                           // shifts, insertions, deletions

}  // namespace gauntlet
