// Probes inside an open connection. The handshake is done here; what follows are copies of segments that fit into it,
// each with a TTL too small to arrive, so that boxes with state take them for the connection's own.
#include <algorithm>

#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "probe/answers.hh"
#include "probe/collect.hh"
#include "probe/locate.hh"
#include "probe/match.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr uint8_t kFarTtl = 64;

ProbeRun lone_run(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  ProbeRun run;
  run.spec = spec;
  run.flow = flow;
  run.sent = {craft(spec, flow, ttl)};
  return run;
}

}  // namespace

// The SYN/ACK's options, or nothing. No timestamps: they would take the room that DSS needs.
std::optional<std::vector<uint8_t>> Collector::handshake(ProbeFlow& flow) {
  const ProbeSpec syn = parse_spec("syn/mss=1460/sack-ok/nop/ws=7/mpcapable");
  const std::vector<ProbeRun> run{lone_run(syn, flow, kFarTtl)};
  for (int tries = 0; tries < limits_.tries; ++tries) {
    transport_.send(run[0].sent[0]);
    const Time until =
        transport_.now() + std::max<Duration>(3 * slowest_ + std::chrono::milliseconds(20), limits_.blind_wait / 2);
    while (transport_.now() < until) {
      const auto a = transport_.receive(until);
      if (!a) break;
      const auto match = match_reply(run, a->packet);
      if (!match) {
        take(*a);
        continue;
      }
      const Layout l = layout_of(a->packet);
      const TcpView t(a->packet, l);
      if (!t.has(kSyn) || !t.has(kAck)) return std::nullopt;
      flow.seq += 1;
      flow.ack = t.seq() + 1;
      return std::vector<uint8_t>(t.options().begin(), t.options().end());
    }
  }
  return std::nullopt;
}

void Collector::copies(const ProbeFlow& flow, const std::vector<WantedProbe>& wanted, uint8_t last, Duration slowest) {
  if (distance_ == 0) distance_ = static_cast<uint8_t>(last + 1);
  slowest_ = std::max(slowest_, slowest);
  const size_t begin = seen_.runs.size();
  uint32_t written = 0;
  for (const WantedProbe& w : wanted) {
    // One flow for all: what tells these probes apart is their identification and their window, and each has its own
    // place in the stream: boxes that follow it see one segment after the other, and none that says it differently.
    ProbeFlow own = flow;
    own.seq += written;
    own.ssn += written;
    own.dsn += written;
    written += static_cast<uint32_t>(w.spec.payload.size());
    own.id_base = static_cast<uint16_t>(1 + (flow.id_base + 1024 * (seen_.runs.size() - begin)) % 64000);
    own.window = static_cast<uint16_t>(0x8000 | ((flow.window + 64 * (seen_.runs.size() - begin)) & 0x7fc0));
    const size_t run = add(w, own);
    seen_.runs[run].copies_only = true;
    send_copies(run, last);
  }
  settle();
  retry(begin);
  confirm(begin);
}

// Lost for good from some hop on, where others went further: a box that drops them, or bad luck. So often in a row it
// is not luck.
void Collector::confirm(size_t begin) {
  constexpr int kRounds = 5;
  const auto lost = [&](size_t i) {  // behind the last hop that answered this one, before the last that answered any
    std::vector<uint8_t> out;
    const ProbeRun& run = seen_.runs[i];
    const uint8_t last = last_hop_of(run);
    const bool limited = std::any_of(run.limited.begin(), run.limited.end(), [&](uint8_t ttl) { return ttl > last; });
    if (unresolved_[i] || limited || run.spec.proto != kProtoTcp) return out;
    uint8_t furthest = last;
    for (const ProbeRun& other : seen_.runs)
      if (other.spec.proto == kProtoTcp) furthest = std::max(furthest, last_hop_of(other));
    if (!run.copies_only && run.replies.empty()) furthest = std::max(furthest, distance_);
    for (const uint8_t ttl : missing(i))
      if (ttl > last && ttl <= furthest && !mute(ttl)) out.push_back(ttl);
    return out;
  };
  for (int round = 0; round < kRounds; ++round) {
    bool any = false;
    for (size_t i = begin; i < seen_.runs.size(); ++i)
      for (const uint8_t ttl : lost(i)) {
        send(i, ttl);
        any = true;
      }
    if (!any) return;
    settle();
    if (round + 1 == kRounds) listen_until(last_send_ + limits_.blind_wait);  // a host that is busy answers late
  }
}

bool Collector::established(const std::vector<WantedProbe>& wanted) {
  if (distance_ == 0) return false;
  ProbeFlow flow = new_flow(ProbeSpec{});
  const auto options = handshake(flow);
  if (!options) return false;
  // Without MPTCP at the other end the peer's key is made up: the copies never get there, and boxes cannot know it.
  flow.peer_key = transport_.random();
  const Option o = find_option(*options, kOptMptcp);
  bool mptcp = false;
  if (o.size != 0) {
    const auto option = decode_mptcp(ConstBytes(*options).subspan(o.offset, o.size));
    if (const auto* capable = std::get_if<MpCapable>(&option); capable != nullptr && capable->sender_key) {
      flow.peer_key = *capable->sender_key;
      mptcp = true;
    }
  }
  flow.dsn = idsn_of(flow.key) + 1;  // RFC 8684 3.1: the first byte is IDSN + 1
  flow.data_ack = idsn_of(flow.peer_key) + 1;
  transport_.send(craft(parse_spec(mptcp ? "ack/mpcapable-ack" : "ack"), flow, kFarTtl));
  open_.push_back(flow);
  copies(flow, wanted, static_cast<uint8_t>(distance_ - 1), slowest_);
  if (mptcp) transport_.send(craft(parse_spec("ack/fastclose"), flow, kFarTtl));
  return true;
}

}  // namespace gauntlet
