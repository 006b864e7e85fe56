// Cuts one segment into several, as TCP segmentation offload does: sequence numbers go on, FIN and PSH are on the last
// piece, CWR on the first, IPv4 identifications count up. Checksums go by difference, so pieces of a damaged segment
// are damaged.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "path/middlebox.hh"

namespace gauntlet {

enum class OptionsOn { all, first, last };
// Of a merged segment: the options of the first, the last or none of its parts.
enum class OptionsOf { first, last, none };
OptionsOf options_of(std::string_view name);

// May this segment be cut? Whole, not a fragment, no SYN, RST or URG.
bool can_be_cut(const Packet&, const Layout&);
// `ends`: behind which payload byte each piece ends, in order; the last is the payload's end.
// A piece without the segment's options keeps the timestamps when `timestamps`.
void send_pieces(Packet, const Layout&, std::span<const uint32_t> ends, OptionsOn, bool timestamps, Direction toward,
                 Emit& out);

// Such ends: `size` bytes each, at least 1, and one more in each of the first `longer`; fewer in the last.
void ends_by_size(uint32_t payload, uint32_t size, uint32_t longer, std::vector<uint32_t>& ends);
// Where in the stream, 0 being its first byte, the mappings that a segment with these options carries begin and end.
std::vector<uint32_t> mapping_bounds(ConstBytes options);

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
