// Cuts one segment into several, as TCP segmentation offload does: sequence numbers go on, FIN and PSH are on the last
// piece, CWR on the first, IPv4 identifications count up. Checksums go by difference, so pieces of a damaged segment
// are damaged.
#pragma once
#include "path/middlebox.hh"

namespace gauntlet {

enum class OptionsOn { all, first, last };
// Of a merged segment: the options of the first, the last or none of its parts.
enum class OptionsOf { first, last, none };

// May this segment be cut? Whole, not a fragment, no SYN, RST or URG.
bool can_be_cut(const Packet&, const Layout&);
// `size` payload bytes per piece, at least 1, and one more on each of the first `longer`. A piece without the segment's
// options keeps the timestamps when `timestamps`.
void send_pieces(Packet, Layout, size_t size, size_t longer, OptionsOn, bool timestamps, Direction toward, Emit& out);

// The other way round: `more`, which goes on where `segment` ends, becomes part of it. Acknowledgement and window are
// the later ones; with OptionsOf::none the later timestamps stay when `timestamps`. Both can be cut.
void append_segment(Packet& segment, Layout&, const Packet& more, const Layout& more_layout, OptionsOf,
                    bool timestamps);
// The size of the packet that this makes.
size_t size_with(const Packet& segment, const Layout&, const Layout& more, OptionsOf, bool timestamps);

// The option block that holds the timestamps of `options` alone (RFC 7323 appendix A: NOP, NOP, timestamps), or
// nothing. Writes to `block`, 12 bytes, and gives the part that is used.
ConstBytes timestamps_alone(ConstBytes options, uint8_t* block);

}  // namespace gauntlet
