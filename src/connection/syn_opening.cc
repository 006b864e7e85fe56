#include "connection/syn_opening.hh"

#include <algorithm>

#include "connection/quote_shift.hh"
#include "path/sack.hh"

namespace gauntlet {
namespace {

void send(const TcpPair& pair, TcpHeader h, ConstBytes options, Direction toward, Emit& out) {
  out.send(make_segment(pair, h, options, {}), toward);
}
uint32_t scaled(uint32_t field, const std::optional<uint8_t>& scale) {
  return field << std::min<int>(scale.value_or(0), 14);
}
uint16_t field(uint32_t window) { return static_cast<uint16_t>(std::min<uint32_t>(window, 65535)); }

}  // namespace

SynOpening::SynOpening(ConstBytes syn, const Layout& l, uint32_t isn, uint16_t mss, uint8_t wscale)
    : to_client_(receivers_pair(syn, l)), isn_(isn), mss_(mss), wscale_(wscale) {
  const TcpView tcp(syn, l);
  client_isn_ = tcp.seq();
  offered_ = parse_tcp_options(tcp.options());
}

void SynOpening::answer(Emit& out) const {
  TcpOptions o;
  o.mss = mss_;
  o.sack_ok = offered_.sack_ok;
  if (offered_.wscale) o.wscale = wscale_;
  if (offered_.timestamps) o.timestamps = {kClock, offered_.timestamps->value};
  send(to_client_, {isn_, client_isn_ + 1, kSyn | kAck, 0}, encode_tcp_options(o), Direction::to_client, out);
}

void SynOpening::from_client(Packet p, const Seen& seen, Emit& out) {
  const TcpView tcp(std::as_const(p).bytes(), seen.layout);
  if (phase_ == Phase::open && seen.stray) {
    out.send(std::move(p), seen.toward);  // the server tells this client that it still has the old connection
  } else if (tcp.has(kSyn)) {
    if (phase_ == Phase::answered) answer(out);
  } else if (phase_ == Phase::open) {
    translate_to_server(p, seen.layout);
    out.send(std::move(p), seen.toward);
  } else if (tcp.has(kRst)) {
    phase_ = Phase::gone;
  } else if (phase_ == Phase::answered && tcp.has(kAck) && tcp.ack() == isn_ + 1) {
    phase_ = Phase::opening;
    window_ = scaled(tcp.window(), offered_.wscale);
    if (const auto ts = parse_tcp_options(tcp.options()).timestamps) offered_.timestamps = ts;
    open(seen.now, out);
  }
}

void SynOpening::from_server(Packet p, const Seen& seen, Emit& out) {
  const TcpView tcp(std::as_const(p).bytes(), seen.layout);
  const bool synack = (tcp.flags() & (kSyn | kAck | kRst)) == (kSyn | kAck) && tcp.ack() == client_isn_ + 1;
  if (phase_ == Phase::opening && synack) {
    phase_ = Phase::open;
    due_.reset();
    server_isn_ = tcp.seq();
    agreed_ = parse_tcp_options(tcp.options());
    finish(tcp.window(), out);
  } else if (phase_ == Phase::opening && tcp.has(kRst)) {
    refuse(out);
  } else if (phase_ == Phase::open && synack) {
    finish_server(out);  // our third ACK was lost
  } else if (phase_ == Phase::open) {
    translate_to_client(p, seen.layout);
    out.send(std::move(p), seen.toward);
  }
}

void SynOpening::quote(Packet& p, const Seen& seen) const {
  if (phase_ != Phase::open) return;
  const bool of_client = seen.toward == Direction::to_client;
  shift_quote(p, seen.layout, of_client ? 0 : 0 - shift(), of_client ? shift() : 0);
}

// The SYN to the server: what the client offered, as far as this box knows
// it.
void SynOpening::open(Time now, Emit& out) {
  TcpOptions o = offered_;
  o.sack_count = 0;
  if (o.timestamps) o.timestamps->echo = 0;
  send(to_client_.swapped(), {client_isn_, 0, kSyn, field(window_)}, encode_tcp_options(o), Direction::to_server, out);
  due_ = now + std::chrono::seconds(1) * (1 << tries_++);
}

void SynOpening::finish_server(Emit& out) const {
  TcpOptions o;
  if (both_have_timestamps()) o.timestamps = {offered_.timestamps->value, agreed_.timestamps->value};
  const uint32_t window = agreed_.wscale ? window_ >> std::min<int>(offered_.wscale.value_or(0), 14) : window_;
  send(to_client_.swapped(), {client_isn_ + 1, server_isn_ + 1, kAck, field(window)}, encode_tcp_options(o),
       Direction::to_server, out);
}

// The third ACK to the server, and to the client the window the server
// offers.
void SynOpening::finish(uint16_t server_window, Emit& out) const {
  finish_server(out);
  TcpOptions o;
  if (both_have_timestamps()) o.timestamps = {kClock, offered_.timestamps->value};
  const uint32_t window = offered_.wscale ? server_window >> wscale_ : server_window;
  send(to_client_, {isn_ + 1, client_isn_ + 1, kAck, field(window)}, encode_tcp_options(o), Direction::to_client, out);
}

void SynOpening::refuse(Emit& out) {
  phase_ = Phase::gone;
  due_.reset();
  send(to_client_, {isn_ + 1, client_isn_ + 1, kRst | kAck, 0}, {}, Direction::to_client, out);
}

void SynOpening::move_timestamp(TcpEdit& edit, size_t at, uint32_t by) const {
  const Option o = find_option(edit.view().options(), kOptTimestamp);
  if (o.size != 10 || !agreed_.timestamps) return;
  uint8_t bytes[4];
  store32(bytes, load32(&edit.view().options()[o.offset] + at) + by);
  edit.write_options(o.offset + at, bytes);
}

void SynOpening::translate_to_client(Packet& p, Layout l) const {
  TcpEdit edit(p, l);
  edit.set_seq(edit.view().seq() + shift());
  if (agreed_.timestamps) move_timestamp(edit, 2, kClock - agreed_.timestamps->value);
  const uint32_t window = scaled(edit.view().window(), offered_.wscale ? agreed_.wscale : std::nullopt);
  if (offered_.wscale) edit.set_window(field(window >> wscale_));
}

void SynOpening::translate_to_server(Packet& p, Layout l) const {
  TcpEdit edit(p, l);
  if (edit.view().has(kAck)) {
    edit.set_ack(edit.view().ack() - shift());
    map_sack(edit, [&](uint32_t& left, uint32_t& right) { left -= shift(), right -= shift(); });
    if (agreed_.timestamps) move_timestamp(edit, 6, agreed_.timestamps->value - kClock);
  }
  if (offered_.wscale && !agreed_.wscale) edit.set_window(field(scaled(edit.view().window(), offered_.wscale)));
}

}  // namespace gauntlet
