#include "path/pieces.hh"

#include <algorithm>
#include <cstring>

#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

void count_up_ip_id(Packet& p, const Layout& l, size_t by) {
  if (l.version != 4 || by == 0) return;
  const uint16_t before = load16(p.data() + 4), after = static_cast<uint16_t>(before + by);
  store16(p.data() + 4, after);
  store16(p.data() + 10, update16(load16(p.data() + 10), before, after));
}

}  // namespace

bool can_be_cut(const Packet& p, const Layout& l) {
  if (!l.tcp || l.fragment || !whole(l, p.bytes())) return false;
  return (p.data()[l.l4 + 13] & (kSyn | kRst | kUrg)) == 0;
}

ConstBytes timestamps_alone(ConstBytes options, uint8_t* block) {
  const Option o = find_option(options, kOptTimestamp);
  if (o.size != 10) return {};
  block[0] = block[1] = kOptNop;
  std::memcpy(block + 2, options.data() + o.offset, 10);
  return {block, 12};
}

void send_pieces(Packet p, Layout l, size_t size, size_t longer, OptionsOn on, bool timestamps, Direction toward,
                 Emit& out) {
  const size_t all = l.payload_size;
  size_t index = 0;
  for (size_t from = 0, to; from < all; from = to, ++index) {
    to = std::min(all, from + size + (index < longer ? 1 : 0));
    const bool first = from == 0, last = to == all;
    Packet piece = last ? std::move(p) : p.copy();
    Layout layout = l;
    TcpEdit edit(piece, layout);
    if (!last) edit.replace_payload(to, all - to, {});
    if (!first) edit.replace_payload(0, from, {});
    if (!first) edit.set_seq(edit.view().seq() + static_cast<uint32_t>(from));
    uint8_t flags = edit.view().flags();
    if (!last) flags &= static_cast<uint8_t>(~(kFin | kPsh));
    if (!first) flags &= static_cast<uint8_t>(~kCwr);
    if (flags != edit.view().flags()) edit.set_flags(flags);
    if ((on == OptionsOn::first && !first) || (on == OptionsOn::last && !last)) {
      uint8_t block[12];
      edit.replace_options(timestamps ? timestamps_alone(edit.view().options(), block) : ConstBytes{});
    }
    count_up_ip_id(piece, layout, index);
    out.send(std::move(piece), toward);
  }
}

size_t size_with(const Packet& segment, const Layout& l, const Layout& more, OptionsOf of, bool timestamps) {
  const size_t options = of == OptionsOf::first  ? l.options_size
                         : of == OptionsOf::last ? more.options_size
                                                 : (timestamps ? 12u : 0u);
  return segment.size() - l.options_size + options + more.payload_size;
}

void append_segment(Packet& segment, Layout& l, const Packet& more, const Layout& more_layout, OptionsOf of,
                    bool timestamps) {
  const TcpView next(more.bytes(), more_layout);
  TcpEdit edit(segment, l);
  edit.replace_payload(l.payload_size, 0, next.payload());
  edit.set_flags(edit.view().flags() | (next.flags() & kPsh));
  edit.set_ack(next.ack());
  edit.set_window(next.window());
  uint8_t block[12];
  if (of == OptionsOf::last) edit.replace_options(next.options());
  if (of == OptionsOf::none) edit.replace_options(timestamps ? timestamps_alone(next.options(), block) : ConstBytes{});
}

}  // namespace gauntlet
