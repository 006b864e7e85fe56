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
std::optional<std::vector<uint8_t>> Collector::handshake(ProbeFlow& flow, uint8_t ttl) {
  const ProbeSpec syn = parse_spec("syn/mss=1460/sack-ok/nop/ws=7/mpcapable");
  const std::vector<ProbeRun> run{lone_run(syn, flow, ttl)};
  // Where such a SYN was not answered, all this asks is whether another flow goes another way.
  const ProbeRun* other = find_syn(seen_, "mpcapable");
  const int most = other != nullptr && other->replies.empty() ? 1 : limits_.tries;
  for (int tries = 0; tries < most; ++tries) {
    speak(run[0].sent[0]);
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
  bool second = false;  // of two segments in a row: the first is not sent alone
  for (size_t i = 0; i < wanted.size(); ++i) {
    const WantedProbe& w = wanted[i];
    const bool pair = !second && w.spec.fresh && i + 1 < wanted.size() && wanted[i + 1].spec.fresh;
    // One flow for all: what tells these probes apart is their identification and their window, and each has its own
    // place in the stream: boxes that follow it see one segment after the other, and none that says it differently.
    ProbeFlow own = flow;
    const uint32_t ahead = written - stream_offset(w.spec, last);  // the farthest goes on where the others ended
    own.seq += ahead;
    own.ssn += ahead;
    own.dsn += static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(ahead)));
    if (!w.spec.fresh) written += static_cast<uint32_t>(w.spec.payload.size());
    own.id_base = static_cast<uint16_t>(1 + (flow.id_base + 1024 * (seen_.runs.size() - begin)) % 64000);
    own.window = static_cast<uint16_t>(0x8000 | ((flow.window + 64 * (seen_.runs.size() - begin)) & 0x7fc0));
    const size_t run = add(w, own);
    seen_.runs[run].copies_only = true;
    if (second) {
      send_pairs(run - 1, last);
      written += 2 * static_cast<uint32_t>(w.spec.payload.size()) * last;
    } else if (!pair) {
      send_copies(run, last);
    }
    second = pair;
  }
  settle();
  retry(begin);
  confirm(begin);
  excuse_unheard(begin);
}

// Lost for good from some hop on, where others went further: a box that drops them, or bad luck. So often in a row it
// is not luck.
void Collector::confirm(size_t begin) {
  constexpr int kRounds = 5;
  bool any = true;
  for (int round = 0; round < kRounds && any; ++round) {
    any = false;
    for (const bool alone : {true, false})  // no answer is on its way while one is asked alone
      for (size_t i = begin; i < seen_.runs.size(); ++i)
        for (const uint8_t ttl : lost(i)) {
          if (limiting_.contains(ttl) || vague_at(ttl) != alone) continue;
          alone ? ask_alone(i, ttl) : send(i, ttl);
          any = true;
        }
    if (any) settle();
  }
  if (!confirm_syns(begin) && any) listen_until(last_send_ + limits_.blind_wait);  // a host that is busy answers late
  confirm_paced(begin);
}

// A SYN/ACK may get lost, and a host that has sent one does not repeat it at once for every SYN that is sent again
// (Linux: twice a second at most). Asked until then a whole burst of tries is but one. Where packets get lost, six
// more: with every tenth lost on each way one SYN in a hundred thousand stays unanswered. True when it took time.
bool Collector::confirm_syns(size_t begin) {
  constexpr int kRounds = 2, kRoundsAtTheEnd = 3, kRoundsWhereLost = 6;
  constexpr Duration kRepeats = std::chrono::milliseconds(520);
  for (int round = 0;; ++round) {
    std::vector<std::pair<size_t, std::vector<uint8_t>>> open;
    for (size_t i = begin; i < seen_.runs.size(); ++i) {
      const ProbeRun& run = seen_.runs[i];
      if (run.copies_only || !is_syn(run) || !run.replies.empty() || distance_ == 0) continue;
      auto ttls = in_doubt(i) ? std::vector<uint8_t>{distance_} : lost(i);
      if (ttls.empty()) continue;
      const int rounds = came_later_ > 0 ? kRoundsWhereLost : ttls.front() == distance_ ? kRoundsAtTheEnd : kRounds;
      if (round >= rounds) continue;
      std::erase_if(ttls, [&](uint8_t ttl) { return limiting_.contains(ttl); });
      open.emplace_back(i, std::move(ttls));
    }
    if (open.empty()) return round > 0;
    listen_until(last_send_ + kRepeats);
    for (const auto& [run, ttls] : open)
      if (seen_.runs[run].replies.empty()) ask_each(run, ttls);
    settle();
  }
}

// Where nobody but routers that limit stands behind the last answer, each try takes its time, and what there is no time
// for is not known.
void Collector::confirm_paced(size_t begin) {
  constexpr int kRounds = 4;
  uint32_t budget = limits_.most_paced;
  for (size_t i = begin; i < seen_.runs.size(); ++i) {
    const auto limits = [&](uint8_t ttl) { return limiting_.contains(ttl); };
    for (int round = 0; round < kRounds; ++round) {
      const auto left = lost(i);
      if (left.empty() || !std::all_of(left.begin(), left.end(), limits)) break;
      if (budget == 0) {
        seen_.runs[i].limited.insert(seen_.runs[i].limited.end(), left.begin(), left.end());
        break;
      }
      --budget;
      listen_until(last_send_ + limits_.pace);
      ask_each(i, left);
      settle();
    }
  }
}

// TTLs of a probe behind the last hop that answered it, before the last that answered any.
std::vector<uint8_t> Collector::lost(size_t i) const {
  std::vector<uint8_t> out;
  const ProbeRun& run = seen_.runs[i];
  const uint8_t last = last_hop_of(run);
  const bool limited = std::any_of(run.limited.begin(), run.limited.end(), [&](uint8_t ttl) { return ttl > last; });
  if (in_doubt(i) || limited || run.spec.fresh || run.spec.proto != kProtoTcp) return out;
  uint8_t furthest = last;
  for (const ProbeRun& other : seen_.runs)
    if (other.spec.proto == kProtoTcp) furthest = std::max(furthest, last_hop_of(other));
  if (!run.copies_only && run.replies.empty()) furthest = std::max(furthest, distance_);
  for (const uint8_t ttl : missing(i))
    if (ttl > last && ttl <= furthest && !mute(ttl)) out.push_back(ttl);
  return out;
}

bool Collector::established(const std::vector<WantedProbe>& wanted) {
  if (distance_ == 0) return false;
  ProbeFlow flow = new_flow(ProbeSpec{});
  const auto options = handshake(flow, kFarTtl);
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
  speak(craft(parse_spec(mptcp ? "ack/mpcapable-ack" : "ack"), flow, kFarTtl));
  open_.push_back(flow);
  copies(flow, wanted, static_cast<uint8_t>(distance_ - 1), slowest_);
  if (mptcp) speak(craft(parse_spec("ack/fastclose"), flow, kFarTtl));
  return true;
}

void Collector::ask(const WantedProbe& wanted, uint8_t ttl) {
  if (ttl < 1 || ttl > limits_.max_ttl) return;
  ProbeFlow flow = new_flow(wanted.spec);
  if (!handshake(flow, ttl)) return;
  speak(craft(parse_spec("ack"), flow, ttl));
  open_.push_back(flow);
  const size_t run = add(wanted, flow);
  for (size_t i = 0; i < seen_.runs[run].sent.size(); ++i)
    if (i + 1 != ttl) seen_.runs[run].sent[i].clear();
  const auto said_something = [&] {
    return std::any_of(seen_.runs[run].replies.begin(), seen_.runs[run].replies.end(),
                       [](const ProbeReply& r) { return layout_of(r.packet).payload_size > 0; });
  };
  for (int tries = 0; tries < limits_.tries && !said_something(); ++tries) {
    send(run, ttl);
    const Time until = last_send_ + std::max<Duration>(3 * slowest_, limits_.blind_wait / 2);
    while (transport_.now() < until && !said_something())
      if (const auto a = transport_.receive(until)) take(*a);
  }
}

}  // namespace gauntlet
