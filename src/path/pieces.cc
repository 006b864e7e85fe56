#include "path/pieces.hh"

#include <algorithm>
#include <array>
#include <cstring>

#include "mptcp/option.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

// A piece's headers, which are still those of the whole segment: lengths, identification, sequence number, flags.
// `change`: what else changed under TCP's checksum.
struct Head {
  uint32_t total = 0;  // of the IP packet
  uint32_t options = 0, from = 0;
  uint8_t cleared = 0;  // flags
  uint16_t index = 0;
};
void write_head(uint8_t* ip, const Layout& l, const Head& h, SumChange change) {
  if (l.version == 4) {
    SumChange of_ip;
    const auto total = static_cast<uint16_t>(h.total), id = static_cast<uint16_t>(load16(ip + 4) + h.index);
    of_ip.replace(static_cast<uint16_t>(l.ip_total), total);
    of_ip.replace(load16(ip + 4), id);
    store16(ip + 2, total);
    store16(ip + 4, id);
    store16(ip + 10, of_ip.apply(load16(ip + 10)));
  } else {
    store16(ip + 4, static_cast<uint16_t>(h.total - 40));
  }
  uint8_t* tcp = ip + l.l4;
  const uint32_t seq = load32(tcp + 4);
  const uint16_t word = load16(tcp + 12);
  const auto flags = static_cast<uint16_t>((word & 0x0fff & ~h.cleared) | (20 + h.options) / 4 << 12);
  change.replace32(l.ip_total - l.l4, h.total - l.l4);
  change.replace32(seq, seq + h.from);
  change.replace(word, flags);
  store32(tcp + 4, seq + h.from);
  store16(tcp + 12, flags);
  store16(tcp + 16, change.apply(load16(tcp + 16)));
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

// Every payload byte is summed up once and copied once: what a piece's checksum is comes from the whole segment's and
// from the sums of the pieces.
void send_pieces(Packet p, const Layout& l, std::span<const uint32_t> ends, OptionsOn on, bool timestamps,
                 Direction toward, Emit& out) {
  const size_t fixed = l.l4 + 20u;
  const ConstBytes bytes = std::as_const(p).bytes(), options = bytes.subspan(l.options, l.options_size);
  uint8_t block[12];
  const ConstBytes few = timestamps && on != OptionsOn::all ? timestamps_alone(options, block) : ConstBytes{};
  SumChange fewer;
  for (size_t i = 0; on != OptionsOn::all && i < options.size(); i += 4)
    fewer.replace32(load32(&options[i]), i < few.size() ? load32(&few[i]) : 0);

  std::array<uint16_t, 16> sums;  // of the first pieces; of more of them it is computed again
  const auto sum_of = [&](uint32_t from, uint32_t to) { return sum16(bytes.subspan(l.payload + from, to - from)); };
  uint64_t payload = 0;
  uint32_t from = 0;
  for (size_t i = 0; i < ends.size(); from = ends[i++]) {
    const uint16_t sum = sum_of(from, ends[i]);
    if (i < sums.size()) sums[i] = sum;
    payload += from % 2 == 0 ? sum : swap_bytes(sum);
  }
  const uint16_t together = fold(payload);

  from = 0;
  for (size_t i = 0; i < ends.size(); from = ends[i++]) {
    const uint32_t to = ends[i];
    const bool first = i == 0, last = i + 1 == ends.size();
    const bool bare = (on == OptionsOn::first && !first) || (on == OptionsOn::last && !last);
    SumChange change = bare ? fewer : SumChange();
    change.replace(together, i < sums.size() ? sums[i] : sum_of(from, to));
    const size_t kept = bare ? few.size() : options.size(), headers = fixed + kept;
    Packet piece;
    if (last) {
      piece = std::move(p);
      piece.erase(headers, l.payload + from - headers);
    } else {  // the bytes in front of its own make room for the headers
      piece = Packet(bytes.subspan(l.payload + from - headers, headers + to - from));
      if (headers != l.payload + from) std::memcpy(piece.data(), bytes.data(), bare ? fixed : headers);
    }
    if (bare && kept > 0) std::memcpy(piece.data() + fixed, few.data(), kept);
    write_head(piece.data(), l,
               {.total = static_cast<uint32_t>(headers + to - from),
                .options = static_cast<uint32_t>(kept),
                .from = from,
                .cleared = static_cast<uint8_t>((last ? 0 : kFin | kPsh) | (first ? 0 : kCwr)),
                .index = static_cast<uint16_t>(i)},
               change);
    out.send(std::move(piece), toward);
  }
}

void ends_by_size(uint32_t payload, uint32_t size, uint32_t longer, std::vector<uint32_t>& ends) {
  ends.clear();
  for (uint32_t at = 0; at < payload; ends.push_back(at))
    at = std::min(payload, at + size + (ends.size() < longer ? 1 : 0));
}

std::vector<uint32_t> mapping_bounds(ConstBytes options) {
  std::vector<uint32_t> all;
  for (const MptcpAt& o : mptcp_options(options)) {
    const Dss* dss = std::get_if<Dss>(&o.option);
    const MpCapable* first = std::get_if<MpCapable>(&o.option);
    if (dss != nullptr && dss->mapping) {  // its sequence number counts the SYN, too
      const uint32_t begin = dss->mapping->ssn - 1;
      all.insert(all.end(), {begin, begin + dss->mapping->length});
    }
    if (first != nullptr && first->data_length) all.insert(all.end(), {0, *first->data_length});  // RFC 8684 3.1
  }
  return all;
}

OptionsOf options_of(std::string_view name) {
  return name == "first" ? OptionsOf::first : name == "last" ? OptionsOf::last : OptionsOf::none;
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
