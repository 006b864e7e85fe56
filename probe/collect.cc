#include "probe/collect.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/answers.hh"
#include "probe/locate.hh"
#include "probe/ways.hh"
#include "wire/layout.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostDrained = 256;  // packets looked at after the last answer

}  // namespace

Collector::Collector(ProbeTransport& transport, const IpAddress& source, const IpAddress& destination, uint16_t port,
                     CollectLimits limits)
    : transport_(transport), limits_(limits) {
  limits_.max_ttl = std::clamp<uint8_t>(limits_.max_ttl, 1, 63);
  seen_.source = source;
  seen_.destination = destination;
  seen_.port = port;
}

Collector::~Collector() {
  try {
    close();
  } catch (const std::exception&) {  // the reset is a courtesy
  }
}

ProbeFlow Collector::new_flow(const ProbeSpec& spec) {
  ProbeFlow f;
  f.source = seen_.source;
  f.destination = seen_.destination;
  f.source_port = transport_.reserve_port(spec.proto);
  f.destination_port = seen_.port;
  const uint64_t a = transport_.random(), b = transport_.random(), c = transport_.random();
  f.seq = static_cast<uint32_t>(a);
  f.tsval = static_cast<uint32_t>(a >> 32) & 0x7fffffff;
  f.window = static_cast<uint16_t>(0x8000 | (b & 0x7fc0));   // low six bits name the TTL
  f.id_base = static_cast<uint16_t>(1 + (b >> 16) % 64000);  // never reaches 0, which the kernel would replace
  f.flow_label = static_cast<uint32_t>(b >> 32) & 0xfffff;
  f.token = static_cast<uint32_t>(c);
  f.nonce = static_cast<uint32_t>(c >> 32);
  f.key = transport_.random();
  return f;
}

size_t Collector::add(const WantedProbe& wanted, const ProbeFlow& flow) {
  ProbeRun run;
  run.name = wanted.name;
  run.spec = wanted.spec;
  run.flow = flow;
  for (int ttl = 1; ttl <= limits_.max_ttl; ++ttl) run.sent.push_back(craft(run.spec, flow, static_cast<uint8_t>(ttl)));
  run.asked.assign(limits_.max_ttl, 0);
  seen_.runs.push_back(std::move(run));
  slots_.emplace_back(limits_.max_ttl + 1u);
  unresolved_.push_back(false);
  return seen_.runs.size() - 1;
}

void Collector::send(size_t run, uint8_t ttl) {
  Slot& slot = slots_[run][ttl];
  ++slot.tries;
  seen_.runs[run].tries = std::max(seen_.runs[run].tries, slot.tries);
  transport_.pace();
  slot.at = last_send_ = transport_.now();
  if (slot.tries == 1) slot.first = slot.at;
  count(run, ttl);
  transport_.send(seen_.runs[run].sent[ttl - 1u]);
}

void Collector::count(size_t run, uint8_t ttl) {
  uint8_t& asked = seen_.runs[run].asked[ttl - 1u];
  if (asked < 255) ++asked;
}

// The whole way, beside the probes.
void Collector::speak(const std::vector<uint8_t>& packet) {
  seen_.spoken.push_back(packet);
  transport_.send(packet);
}

// The farthest first inside a connection: who sends his own copy of what he saw before sends the one that goes
// furthest.
void Collector::send_copies(size_t run, uint8_t last) {
  for (int ttl = std::min(last, limits_.max_ttl); ttl >= 1; --ttl) send(run, static_cast<uint8_t>(ttl));
}

// Two segments in a row, TTL by TTL: who joins segments joins these.
void Collector::send_pairs(size_t run, uint8_t last) {
  for (int ttl = std::min(last, limits_.max_ttl); ttl >= 1; --ttl) {
    send(run, static_cast<uint8_t>(ttl));
    send(run + 1, static_cast<uint8_t>(ttl));
  }
}

void Collector::send_all(size_t run, uint8_t last) {
  for (int ttl = 1; ttl <= std::min(last, limits_.max_ttl); ++ttl) send(run, static_cast<uint8_t>(ttl));
}

uint8_t Collector::end_of(size_t i) const {
  const ProbeRun& run = seen_.runs[i];
  const uint8_t own = distance_of(run, seen_.destination);
  if (own != 0) return own;
  if (run.copies_only || (!run.replies.empty() && distance_ != 0)) return distance_;
  // Nothing from the destination for this one: what answered others further out may still answer this one.
  if (run.spec.proto == kProtoTcp && distance_ != 0) return static_cast<uint8_t>(distance_ + 1);
  return static_cast<uint8_t>(limits_.max_ttl + 1);
}

std::vector<uint8_t> Collector::missing(size_t i) const {
  std::vector<uint8_t> out;
  for (int ttl = 1; ttl < end_of(i) && ttl <= limits_.max_ttl; ++ttl)
    if (slots_[i][static_cast<size_t>(ttl)].tries > 0 && !slots_[i][static_cast<size_t>(ttl)].answered)
      out.push_back(static_cast<uint8_t>(ttl));
  return out;
}

bool Collector::anything_missing() const {
  for (size_t i = 0; i < seen_.runs.size(); ++i)
    if (!missing(i).empty()) return true;
  return false;
}

// Once the destination has answered, hops before it are late when twice its time is over. Until then there is nothing
// to measure by; what comes late is still heard while it is asked again, so that waits a little shorter.
Duration Collector::patience() const {
  using std::chrono::milliseconds;
  if (distance_ == 0) return again_ ? limits_.blind_wait * 3 / 4 : limits_.blind_wait;
  return std::min<Duration>(2 * slowest_ + milliseconds(4), 8 * limits_.blind_wait);
}

// Ends when everything is answered or overdue, however much else arrives. What has arrived in time counts, even when
// this process was kept from reading it: only what came later is too much.
void Collector::settle(bool only_current) {
  const uint64_t before = transport_.overruns();
  const auto waits = [&] { return only_current ? !slots_[current_run_][current_ttl_].answered : anything_missing(); };
  bool waiting = waits();
  for (size_t late = 0; late < kMostDrained;) {
    const Time deadline = waiting ? last_send_ + patience() : transport_.now();
    const auto arrival = transport_.receive(deadline);
    if (arrival) {
      late += !waiting || arrival->at > deadline ? 1 : 0;
      const uint32_t strangers = unmatched_;
      take(*arrival);
      if (unmatched_ == strangers) waiting = waits();  // a flood of others changes nothing
    } else if (transport_.now() >= deadline) {
      break;
    }
  }
  note_overruns(before);
}

void Collector::listen_until(Time until) {
  const uint64_t before = transport_.overruns();
  while (transport_.now() < until) {
    const auto arrival = transport_.receive(until);
    if (arrival) take(*arrival);
  }
  note_overruns(before);
}

// The answers to all that is still silent may have been among what was lost.
void Collector::note_overruns(uint64_t before) {
  const uint64_t lost = transport_.overruns() - before;
  if (lost == 0) return;
  seen_.overruns += lost;
  for (auto& slots : slots_)
    for (Slot& s : slots) s.unheard = s.unheard || (s.tries > 0 && !s.answered);
}

void Collector::excuse_unheard(size_t begin) {
  for (size_t i = begin; i < seen_.runs.size(); ++i)
    for (const uint8_t ttl : missing(i))
      if (slots_[i][ttl].unheard) seen_.runs[i].limited.push_back(ttl);
}

bool Collector::hop_answers(uint8_t ttl) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const auto& s) { return s[ttl].answered; });
}

void Collector::first(const std::vector<WantedProbe>& wanted) {
  const size_t begin = seen_.runs.size();
  for (const WantedProbe& w : wanted) {
    const size_t run = add(w, new_flow(w.spec));
    const bool tcp = w.spec.proto == kProtoTcp;
    // The first probe finds out how far it is; the others do not go further, but for those that ask just that.
    send_all(run, tcp && distance_ != 0 ? static_cast<uint8_t>(distance_ + 1) : limits_.max_ttl);
    if (run == 0) settle();
  }
  settle();
  retry(begin);
  confirm(begin);
  verify_distance();
  verify_control();
  excuse_unheard(begin);
}

void Collector::again(const std::vector<std::string>& names) {
  const size_t begin = seen_.runs.size();
  for (const std::string& name : names) {
    size_t first = begin, flows = 0;
    for (size_t i = 0; i < begin; ++i) {
      if (base_name(seen_.runs[i].name) != base_name(name) || seen_.runs[i].copies_only) continue;
      if (flows++ == 0) first = i;
    }
    if (flows == 0) continue;
    const WantedProbe other{fmt::format("{}#{}", base_name(name), flows + 1), seen_.runs[first].spec};
    const uint8_t end = end_of(first);
    send_all(add(other, new_flow(other.spec)), end);
  }
  settle();
  retry(begin, false);
  again_from_ = std::min(again_from_, begin);
}

void Collector::end_of_again() {
  paced(again_from_);
  confirm(again_from_);
  excuse_unheard(again_from_);
  again_from_ = seen_.runs.size();
}

void Collector::close() {
  static const ProbeSpec reset = parse_spec("rst");
  for (const ProbeRun& run : seen_.runs) {
    if (run.copies_only || !is_syn(run) || !answer_of(run).syn_ack) continue;
    ProbeFlow f = run.flow;
    f.seq += 1;
    open_.push_back(f);
  }
  for (const ProbeFlow& f : open_) transport_.send(craft(reset, f, 64));
  open_.clear();
  seen_.runs.clear();
  slots_.clear();
  unresolved_.clear();
  vague_.clear();
  elsewhere_.clear();
}

}  // namespace gauntlet
