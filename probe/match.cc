#include "probe/match.hh"

#include <algorithm>
#include <array>

#include "probe/compare.hh"
#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

// Bits that fit and that a stranger would have to guess, if he sees nothing of ours. They are not all independent, and
// one of several probes or TTLs will do: a forged quote is unlikely, not impossible.
constexpr int kEnoughBits = 30, kHeaderOnlyBits = 16;

bool was_sent(const ProbeRun& run, int ttl) {
  return ttl >= 1 && ttl <= static_cast<int>(run.sent.size()) && !run.sent[static_cast<size_t>(ttl) - 1].empty();
}

struct Votes {
  std::array<int, 256> weight{};
  void add(const ProbeRun& run, int ttl, int bits) {
    if (was_sent(run, ttl)) weight[static_cast<size_t>(ttl)] += bits;
  }
  uint8_t winner() const {  // 0 for a tie or none
    const auto best = std::max_element(weight.begin(), weight.end());
    if (*best == 0 || std::count(weight.begin(), weight.end(), *best) > 1) return 0;
    return static_cast<uint8_t>(best - weight.begin());
  }
};

struct Score {
  int bits = 0;
  uint8_t ttl = 0;
};

class QuoteReader {
 public:
  QuoteReader(const ProbeRun& run, ConstBytes quote) : run_(run), quote_(quote) {}

  Score score() {
    const Layout sent = layout_of(run_.sent.front());
    const bool v4 = run_.flow.destination.version == 4;
    const size_t header = v4 ? 20 : 40;
    if (quote_.size() < header || quote_[0] >> 4 != run_.flow.destination.version) return {};
    uint8_t proto = quote_[v4 ? 9 : 6];
    l4_ = v4 ? (quote_[0] & 0x0fu) * 4u : 40u;
    Extension more;  // that a box put in: we send none
    for (; !v4 && proto != sent.proto && extension_at(quote_, proto, l4_, quote_.size(), more); proto = more.next)
      l4_ += more.size;
    if (proto != sent.proto) return {};
    if (l4_ < header || quote_.size() < l4_) return {};
    const size_t total = v4 ? load16(&quote_[2]) : 40u + load16(&quote_[4]);
    upper_ = std::min(quote_.size(), std::max<size_t>(total, l4_ + 8)) - l4_;
    if (v4) {
      const int distance = static_cast<uint16_t>(load16(&quote_[4]) - run_.flow.id_base), ttl = distance / kIdStep;
      if (distance % kIdStep == 0 && was_sent(run_, ttl)) {
        bits_ += 16;
        votes_.add(run_, ttl, 16);
      }
    }
    // A label of 20 bits that stays with the flow (RFC 6437); zero is none.
    if (!v4 && run_.flow.flow_label != 0 && (load32(&quote_[0]) & 0xfffff) == run_.flow.flow_label) bits_ += 18;
    if (upper_ >= 4) upper(sent.proto);
    // Probes inside one connection differ in little else where a router quotes eight bytes. No evidence, but it breaks
    // ties.
    if (total == run_.sent.front().size()) bits_ += 1;
    const uint8_t ttl = votes_.winner();
    // With the upper layer cut away there is no more to ask for than the label, or the identification and one more
    // field as it was sent.
    const auto& first = run_.sent.front();
    const bool plausible = !v4 || total == first.size() || load16(&quote_[6]) == load16(&first[6]);
    return {upper_ < 4 && plausible && bits_ >= kHeaderOnlyBits ? kEnoughBits + bits_ - kHeaderOnlyBits : bits_, ttl};
  }

 private:
  uint16_t at16(size_t offset) const { return load16(&quote_[l4_ + offset]); }

  void upper(uint8_t proto) {
    if (proto == kProtoIcmp || proto == kProtoIcmp6) {
      if (upper_ < 8 || at16(4) != run_.flow.source_port) return;
      bits_ += 16;
      const Layout l = layout_of(run_.sent.front());
      if (at16(2) == load16(&run_.sent.front()[l.l4 + 2])) bits_ += 16;
      votes_.add(run_, at16(6), 16);
      return;
    }
    // The client's port is drawn, and the larger one; a server's everybody knows, and its own segments have it, too.
    const uint16_t from = run_.flow.source_port, to = run_.spec.destination_port.value_or(run_.flow.destination_port);
    if (at16(0) == from) bits_ += from >= to ? 16 : 4;
    if (at16(2) == to) bits_ += from >= to ? 4 : 16;
    if (proto == kProtoUdp) {
      if (upper_ >= 8) udp_marks();
      return;
    }
    if (upper_ >= 8) sequence_number();
    if (upper_ >= 16 && run_.spec.segment.empty()) {
      const uint16_t base = run_.spec.window.value_or(run_.flow.window);
      const int ttl = (at16(14) ^ base) & 0xffff;
      if (ttl <= 0x3f && was_sent(run_, ttl)) {
        bits_ += 10;
        votes_.add(run_, ttl, 10);
      }
    }
    // A copy as it stands: nothing in it names the TTL, but a window as it was sent is one more sign that it is ours.
    if (upper_ >= 16 && !run_.spec.segment.empty() && at16(14) == load16(&run_.spec.segment[14])) bits_ += 10;
    if (run_.spec.flags & kSyn) timestamp();
  }
  void sequence_number() {
    const uint32_t more = load32(&quote_[l4_ + 4]) - run_.flow.seq - static_cast<uint32_t>(run_.spec.seq_offset);
    if (!run_.spec.fresh) {
      bits_ += more == 0 ? 32 : 0;
      return;
    }
    for (int ttl = 1; ttl <= static_cast<int>(run_.sent.size()); ++ttl)
      if (was_sent(run_, ttl) && more == stream_offset(run_.spec, static_cast<uint8_t>(ttl))) {
        bits_ += 32;
        votes_.add(run_, ttl, 32);
      }
  }
  // The checksum as it was sent, and the two bytes that made it so.
  void udp_marks() {
    for (int ttl = 1; ttl <= static_cast<int>(run_.sent.size()); ++ttl) {
      if (!was_sent(run_, ttl)) continue;
      const auto& sent = run_.sent[static_cast<size_t>(ttl) - 1];
      const size_t l4 = layout_of(sent).l4, mark = 8 + run_.spec.payload.size();
      int bits = at16(6) == load16(&sent[l4 + 6]) ? 10 : 0;
      if (upper_ >= mark + 2 && at16(mark) == udp_mark(run_.flow, static_cast<uint8_t>(ttl))) bits += 10;
      if (bits == 0) continue;
      bits_ += bits;
      votes_.add(run_, ttl, bits);
      return;
    }
  }
  void timestamp() {
    if (upper_ < 20) return;
    const size_t end = std::min<size_t>(upper_, (quote_[l4_ + 12] >> 4) * 4u);
    if (end <= 20) return;
    const ConstBytes options = quote_.subspan(l4_ + 20, end - 20);
    const Option o = find_option(options, kOptTimestamp);
    if (o.size != 10) return;
    const uint32_t ttl = load32(&options[o.offset + 2u]) - run_.flow.tsval;
    if (ttl > 255 || !was_sent(run_, static_cast<int>(ttl))) return;
    bits_ += 24;
    votes_.add(run_, static_cast<int>(ttl), 24);
  }

  const ProbeRun& run_;
  ConstBytes quote_;
  size_t l4_ = 0, upper_ = 0;
  int bits_ = 0;
  Votes votes_;
};

}  // namespace

std::optional<Match> match_quote(const std::vector<ProbeRun>& runs, const HopQuote& q, std::vector<size_t>* tied) {
  Score best;
  std::optional<Match> match;
  bool tie = false;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].sent.empty() || runs[i].sent.front().empty()) continue;
    const ConstBytes quote = q.quote;
    const size_t data = q.filled ? certain_size(runs[i].sent.front(), quote) : quote.size();
    const Score s = QuoteReader(runs[i], quote.first(data)).score();
    if (s.bits < kEnoughBits || s.bits < best.bits) continue;
    tie = s.bits == best.bits;
    if (tied != nullptr) {
      if (!tie) tied->clear();
      tied->push_back(i);
    }
    best = s;
    match = Match{i, s.ttl};
  }
  return tie ? std::nullopt : match;
}

std::optional<Match> match_reply(const std::vector<ProbeRun>& runs, ConstBytes packet) {
  const Layout l = layout_of(packet);
  if (l.version == 0 || l.fragment || packet.size() < l.l4 + 8u) return std::nullopt;
  const uint8_t* upper = packet.data() + l.l4;
  for (size_t i = 0; i < runs.size(); ++i) {
    const ProbeRun& run = runs[i];
    if (run.sent.empty() || ip_address(source_address(packet, l)) != run.flow.destination) continue;
    const uint16_t to = run.spec.destination_port.value_or(run.flow.destination_port);
    if (l.tcp && run.spec.proto == kProtoTcp) {
      const TcpView t(packet, l);
      if (t.source() != to || t.destination() != run.flow.source_port) continue;
      // A reset must know our sequence number; whoever guessed a port does not.
      if (t.has(kRst) && t.ack() - run.flow.seq > 0x10000 && t.seq() != run.flow.ack) continue;
      Match m{i, 0};
      const Option o = find_option(t.options(), kOptTimestamp);
      if (t.has(kSyn) && o.size == 10) {
        const uint32_t ttl = load32(&t.options()[o.offset + 6u]) - run.flow.tsval;
        if (ttl < 256 && was_sent(run, static_cast<int>(ttl))) m.ttl = static_cast<uint8_t>(ttl);
      }
      return m;
    }
    if (l.proto == kProtoUdp && run.spec.proto == kProtoUdp && load16(upper) == to &&
        load16(upper + 2) == run.flow.source_port)
      return Match{i, 0};
    const bool echo = (l.proto == kProtoIcmp && upper[0] == 0) || (l.proto == kProtoIcmp6 && upper[0] == 129);
    if (echo && run.spec.proto == kProtoIcmp && load16(upper + 4) == run.flow.source_port &&
        was_sent(run, load16(upper + 6)))
      return Match{i, static_cast<uint8_t>(load16(upper + 6))};
  }
  return std::nullopt;
}

}  // namespace gauntlet
