#include "probe/shadow.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/answers.hh"
#include "probe/icmp_quote.hh"
#include "probe/locate.hh"
#include "probe/match.hh"
#include "probe/shadow_kind.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostQuotes = 4, kMostReplies = 16;  // kept per TTL, per kind
constexpr int kSilentInARow = 3;                      // hops: there is nobody behind them

bool same_number(const HopQuote& q, const ProbeRun& run) {
  const Layout l = layout_of(q.quote);
  return l.version != 0 && q.quote.size() >= l.l4 + 8u && load32(&q.quote[l.l4 + 4u]) == run.flow.seq;
}

}  // namespace

ShadowProber::ShadowProber(ShadowFlow flow, ShadowLimits limits) : flow_(flow), limits_(limits) {
  limits_.max_ttl = std::clamp<uint8_t>(limits_.max_ttl, 1, 63);
}

void ShadowProber::saw(Time now, ConstBytes packet) {
  if (auto quote = read_quote(packet)) return quoted(now, std::move(*quote));
  const Layout l = layout_of(packet);
  if (!l.tcp) return;
  const TcpView t(packet, l);
  if (t.destination() == flow_.port && ip_address(destination_address(packet, l)) == flow_.remote &&
      t.source() == flow_.local_port.value_or(t.source()))
    return left(now, packet, l);
  if (t.source() == flow_.port && ip_address(source_address(packet, l)) == flow_.remote) came(now, packet, l);
}

void ShadowProber::left(Time now, ConstBytes packet, const Layout& l) {
  if (ttl_of(packet) <= limits_.max_ttl) return;  // one of our copies
  const IpAddress local = ip_address(source_address(packet, l));
  auto path = std::find_if(paths_.begin(), paths_.end(), [&](const Path& p) { return p.seen.source == local; });
  if (path == paths_.end()) {
    path = paths_.emplace(paths_.end());
    path->seen.source = local;
    path->seen.destination = flow_.remote;
    path->seen.port = flow_.port;
    path->care = local.version == 6 ? 1 : 0;
  }
  const TcpView t(packet, l);
  if (!path->subflows.contains(t.source()) && path->subflows.size() >= limits_.subflows) return;
  Subflow& subflow = path->subflows[t.source()];
  subflow.fin_out = subflow.fin_out || t.has(kFin);
  subflow.reset = subflow.reset || t.has(kRst);
  subflow.open = subflow.open || !t.has(kSyn);
  const std::string kind = kind_of(packet);
  const auto known = [&](const Kind& k) { return k.local_port == t.source() && k.kind == kind; };
  if (kind.empty() || subflow.kinds >= limits_.kinds || std::any_of(path->kinds.begin(), path->kinds.end(), known))
    return;
  const auto id = static_cast<uint16_t>(1 + (t.seq() ^ t.source()) % 1024 + 1024 * (path->kinds.size() % 62));
  ProbeRun run = shadow_run(packet, id, limits_.max_ttl, limits_.largest);
  if (run.sent.empty()) return;
  if (subflow.kinds++ == 0) run.copies_only = false;  // what the peer says is kept with it
  const auto same = [&](const ProbeRun& r) { return r.name == run.name || r.name.starts_with(run.name + " ("); };
  if (const auto n = std::count_if(path->seen.runs.begin(), path->seen.runs.end(), same); n > 0)
    run.name += fmt::format(" ({})", n + 1);
  path->seen.runs.push_back(std::move(run));
  path->kinds.push_back({kind, t.source(), now, {}, std::vector<Slot>(limits_.max_ttl + 1u)});
}

// Kept with the SYN it answers (the last that was sent), or with the first packet seen of that connection.
void ShadowProber::came(Time now, ConstBytes packet, const Layout& l) {
  const TcpView t(packet, l);
  const IpAddress local = ip_address(destination_address(packet, l));
  for (Path& path : paths_) {
    const auto subflow = path.subflows.find(t.destination());
    if (path.seen.source != local || subflow == path.subflows.end()) continue;
    path.estimate = hops_back(ttl_of(packet));
    subflow->second.answered = true;
    subflow->second.fin_in = subflow->second.fin_in || t.has(kFin);
    subflow->second.reset = subflow->second.reset || t.has(kRst);
    ProbeRun* answered = nullptr;
    Time born{};
    for (size_t i = 0; i < path.kinds.size(); ++i) {
      Kind& kind = path.kinds[i];
      if (kind.local_port != t.destination()) continue;
      const bool more = t.has(kAck) && static_cast<int32_t>(t.ack() - path.seen.runs[i].flow.seq) > 0;
      if (more && !kind.acknowledged) kind.acknowledged = now;
      if (path.seen.runs[i].copies_only) continue;
      answered = &path.seen.runs[i];
      born = kind.born;
    }
    if (answered == nullptr || answered->replies.size() >= kMostReplies) return;
    answered->replies.push_back({0, now - born, {packet.begin(), packet.end()}});
    return;
  }
}

void ShadowProber::quoted(Time now, HopQuote quote) {
  for (Path& path : paths_) {
    const auto& runs = path.seen.runs;
    const auto match = match_quote(runs, quote);
    if (match && match->ttl != 0) {
      take(path, now, match->run, match->ttl, std::move(quote));
      return;
    }
    std::vector<size_t> meant;
    bool certain = true;
    for (size_t i = 0; i < runs.size(); ++i) {
      const OnTheWay copies = on_the_way(path, i, now);
      if (copies.count == 0 || !match_quote({runs[i]}, quote)) continue;
      meant.push_back(i);
      certain = certain && copies.count == 1;
    }
    const auto other_number = [&](size_t i) { return !same_number(quote, runs[i]); };
    if (!std::all_of(meant.begin(), meant.end(), other_number)) std::erase_if(meant, other_number);
    // It has the number of a segment that was given up: a late answer to that one, not to what is asked now.
    const auto given_up = [&](size_t i) {
      return path.kinds[i].slots[1].tries > 0 && same_number(quote, runs[i]) && match_quote({runs[i]}, quote);
    };
    const bool unlike = !meant.empty() && std::all_of(meant.begin(), meant.end(), other_number);
    for (size_t i = 0; unlike && i < runs.size(); ++i)
      if (given_up(i)) return;
    if (meant.size() > 1 || !certain) return be_careful(path, now);
    if (meant.empty()) continue;
    // A router that is known to stand elsewhere answers late, for a copy that was given up.
    const uint8_t ttl = on_the_way(path, meant[0], now).ttl;
    for (const ProbeRun& run : runs)
      for (const HopQuote& q : run.quotes)
        if (q.from == quote.from && q.ttl != ttl) return;
    take(path, now, meant[0], ttl, std::move(quote));
    return;
  }
}

// What was sent at once and could not be told apart is asked again when its answers are over, with fewer copies on
// their way.
void ShadowProber::be_careful(Path& path, Time now) const {
  if (path.care >= 2) return;
  ++path.care;
  path.quiet_until = now + limits_.blind;
  for (Kind& k : path.kinds)
    for (Slot& s : k.slots)
      if (!s.answered && s.tries == 1) s.tries = 0;
}

bool ShadowProber::take(Path& path, Time now, size_t run, uint8_t ttl, HopQuote quote) {
  Slot& slot = path.kinds[run].slots[ttl];
  if (slot.tries == 0) return false;
  quote.ttl = ttl;
  quote.rtt = now - slot.at;
  auto& all = path.seen.runs[run].quotes;
  const auto count = std::count_if(all.begin(), all.end(), [&](const HopQuote& q) { return q.ttl == ttl; });
  const auto same = [&](const HopQuote& q) { return q.ttl == ttl && q.from == quote.from && q.quote == quote.quote; };
  if (count >= static_cast<long>(kMostQuotes) || std::any_of(all.begin(), all.end(), same)) return false;
  if (slot.tries == 1) path.slowest = std::max(path.slowest, quote.rtt);
  slot.answered = true;
  if (quote.from != path.seen.destination) path.far = std::max(path.far, ttl);
  all.push_back(std::move(quote));
  return true;
}

// A hop that has never answered is waited for longer: an answer that comes when the next copy is on its way would be
// taken for that one's. Twice, then it is silent.
bool ShadowProber::overdue(const Path& path, size_t run, uint8_t ttl, Time now) const {
  int asked = 0;
  for (const Kind& k : path.kinds) asked += k.slots[ttl].tries;
  const bool unknown = path.far == 0 || (asked <= 2 && !hop_answers(path, ttl));
  const auto usual = std::min<Duration>(3 * path.slowest + std::chrono::milliseconds(20), 4 * limits_.blind);
  return now - path.kinds[run].slots[ttl].at >= (unknown ? std::max(usual, limits_.blind) : usual);
}

ShadowProber::OnTheWay ShadowProber::on_the_way(const Path& path, size_t run, Time now) const {
  OnTheWay out;
  for (uint8_t ttl = 1; ttl <= limits_.max_ttl; ++ttl) {
    const Slot& s = path.kinds[run].slots[ttl];
    const bool sent = s.tries > 0 && s.at <= now;  // packets are read later than they came
    if (sent && !s.answered && !overdue(path, run, ttl, now)) out = {out.count + 1, ttl};
  }
  return out;
}

bool ShadowProber::hop_answers(const Path& path, uint8_t ttl) const {
  return std::any_of(path.kinds.begin(), path.kinds.end(), [&](const Kind& k) { return k.slots[ttl].answered; });
}

// Copies are meant to die before the peer. Its distance is what the TTL of its packets says. Where routers' answers do
// not come back over as many hops as the copies went, the way there may be longer: the first kind looks further.
uint8_t ShadowProber::last_ttl(const Path& path, size_t run) const {
  if (path.estimate == 0) return static_cast<uint8_t>(std::min<int>(path.far + kSilentInARow, limits_.max_ttl));
  int last = std::max<int>(path.estimate - 1, path.far);
  const auto& quotes = path.seen.runs[0].quotes;
  const bool symmetric =
      std::all_of(quotes.begin(), quotes.end(), [](const HopQuote& q) { return hops_back(q.reply_ttl) == q.ttl; });
  if (run == 0 && !symmetric && path.far >= path.estimate - 1) ++last;
  return static_cast<uint8_t>(std::min<int>(last, limits_.max_ttl));
}

bool ShadowProber::wants(const Path& path, size_t run, uint8_t ttl, Time now) const {
  const Slot& s = path.kinds[run].slots[ttl];
  if (s.answered || ttl > last_ttl(path, run)) return false;
  if (s.tries == 0) return true;
  if (s.tries >= limits_.tries || now - s.at < limits_.again) return false;
  return hop_answers(path, ttl);  // a router that answers others and not this one: its limit, or a box
}

bool ShadowProber::clashes(const Path& path, size_t run, Time now) const {
  if (path.care == 0) return false;
  const ProbeFlow& mine = path.seen.runs[run].flow;
  for (size_t i = 0; i < path.kinds.size(); ++i) {
    const ProbeFlow& other = path.seen.runs[i].flow;
    const bool alike = other.source_port == mine.source_port && (path.care == 2 || other.seq == mine.seq);
    if (alike && on_the_way(path, i, now).count > 0) return true;
  }
  return false;
}

bool ShadowProber::may_copy(const Path& path, size_t run, Time now) const {
  const Kind& kind = path.kinds[run];
  const Subflow& subflow = path.subflows.at(kind.local_port);
  if (ended_ || subflow.reset || (subflow.fin_out && subflow.fin_in)) return true;
  return subflow.open && kind.acknowledged && now - *kind.acknowledged >= limits_.digest;
}

std::optional<std::vector<uint8_t>> ShadowProber::next(Time now) {
  while (!sent_.empty() && now - sent_.front() >= std::chrono::seconds(1)) sent_.pop_front();
  if (sent_.size() >= limits_.rate) return std::nullopt;
  for (Path& path : paths_)
    for (size_t i = 0; now >= path.quiet_until && i < path.kinds.size(); ++i) {
      if (!may_copy(path, i, now) || clashes(path, i, now)) continue;
      for (int ttl = 1; ttl <= limits_.max_ttl; ++ttl) {
        if (!wants(path, i, static_cast<uint8_t>(ttl), now)) continue;
        Slot& s = path.kinds[i].slots[static_cast<size_t>(ttl)];
        ++s.tries;
        s.at = now;
        path.seen.runs[i].tries = std::max(path.seen.runs[i].tries, s.tries);
        sent_.push_back(now);
        ++copies_;
        return path.seen.runs[i].sent[static_cast<size_t>(ttl) - 1];
      }
    }
  return std::nullopt;
}

// A process that did not get to run between next() and sending must not send the more afterwards.
void ShadowProber::left_by(Time now) {
  if (!sent_.empty()) sent_.back() = std::max(sent_.back(), now);
}

bool ShadowProber::busy(Time now) const {
  for (const Path& path : paths_)
    for (size_t i = 0; i < path.kinds.size(); ++i)
      for (int ttl = 1; ttl <= limits_.max_ttl; ++ttl) {
        const Slot& s = path.kinds[i].slots[static_cast<size_t>(ttl)];
        const bool retry = s.tries > 0 && s.tries < limits_.tries && hop_answers(path, static_cast<uint8_t>(ttl));
        if (s.answered || ttl > last_ttl(path, i)) continue;
        if (s.tries == 0 || retry || !overdue(path, i, static_cast<uint8_t>(ttl), now)) return true;
      }
  return false;
}

bool ShadowProber::closed() const {
  bool any = false;
  for (const Path& path : paths_)
    for (const auto& [port, s] : path.subflows) {
      any = true;
      if (!s.reset && !(s.fin_out && s.fin_in)) return false;
    }
  return any;
}

std::vector<Observation> ShadowProber::seen() const {
  std::vector<Observation> out;
  for (const Path& path : paths_) {
    Observation o = path.seen;
    const uint8_t distance = tcp_distance_of(o);
    for (size_t i = 0; i < o.runs.size(); ++i)
      for (uint8_t ttl = 1; ttl <= limits_.max_ttl; ++ttl) {
        const Slot& s = path.kinds[i].slots[ttl];
        if (s.tries == 0) o.runs[i].sent[ttl - 1u].clear();
        // A router that answered other copies: in a real connection its limit cannot be told from a box by waiting.
        if (s.tries > 0 && !s.answered && ttl < distance && hop_answers(path, ttl) && s.tries < limits_.tries)
          o.runs[i].limited.push_back(ttl);
      }
    out.push_back(std::move(o));
  }
  return out;
}

}  // namespace gauntlet
