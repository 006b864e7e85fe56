// What stayed silent is asked again: at once, one by one where quotes cannot tell, at a limiting router's pace.
#include <algorithm>
#include <array>

#include "probe/collect.hh"
#include "probe/locate.hh"

namespace gauntlet {

// A hop that told nothing about any probe, however often it was asked: more of the same is noise.
bool Collector::mute(uint8_t ttl) const {
  int asked = 0;
  for (const auto& s : slots_) {
    if (s[ttl].answered) return false;
    asked += s[ttl].tries;
  }
  return asked >= 3 * limits_.tries;
}

void Collector::retry(size_t begin, bool patient) {
  again_ = true;
  for (uint8_t round = 2; round <= limits_.tries; ++round) {
    bool any = false;
    for (size_t i = begin; i < seen_.runs.size(); ++i) {
      if (seen_.runs[i].spec.fresh) continue;  // sent again they are no segments in a row
      if (unresolved_[i]) {
        any = one_by_one(i) || any;
        continue;
      }
      for (const uint8_t ttl : missing(i)) {
        if (mute(ttl)) continue;
        send(i, ttl);
        any = true;
      }
    }
    if (!any) break;
    settle();
  }
  again_ = false;
  if (patient) paced(begin);
}

// Quotes too short to tell the TTL: with a single one on its way there is no question. True when one is left, so that
// it must be asked again.
bool Collector::one_by_one(size_t run) {
  bool again = false;
  for (const uint8_t ttl : missing(run)) {
    ask_alone(run, ttl);
    const Slot& slot = slots_[run][ttl];
    again = again || (slot.doubted != 0 && !slot.answered);
  }
  return again;
}

// A run whose probes this hop answers and says for which TTL they are; runs from `begin` on before others.
std::optional<size_t> Collector::answered_at(uint8_t ttl, size_t begin) const {
  std::optional<size_t> out;
  for (size_t i = seen_.runs.size(); i-- > 0 && (!out || i >= begin);)
    if (slots_[i][ttl].answered && !seen_.runs[i].spec.fresh && !unresolved_[i]) out = i;
  return out;
}

// Routers that do not limit, told without waiting: who answers what is sent right behind the probes that stay silent
// had an answer left for each of these. An answer that came to be allowed just in between would tell the same, but not
// every time. By TTL, with the run whose probe is sent last.
std::map<uint8_t, size_t> Collector::unlimited(size_t begin) {
  constexpr int kRounds = 3;
  std::map<uint8_t, size_t> out;
  for (size_t i = begin; i < seen_.runs.size(); ++i)
    for (const uint8_t ttl : suspects(i))
      if (const auto known = answered_at(ttl, begin); known && !limiting_.contains(ttl) && !vague_at(ttl))
        out.emplace(ttl, *known);
  for (int round = 0; round < kRounds && !out.empty(); ++round) {
    for (const auto& [ttl, known] : out) {
      for (size_t i = begin; i < seen_.runs.size(); ++i)
        if (const auto s = suspects(i); std::ranges::count(s, ttl) != 0) send(i, ttl);
      send(known, ttl);
    }
    settle();
    std::erase_if(out, [&](const auto& o) {
      const Slot& last = slots_[o.second][o.first];
      return last.heard < last.at;
    });
  }
  return out;
}

// TTLs of a run whose hop answered other probes and not this one.
std::vector<uint8_t> Collector::suspects(size_t run) const {
  std::vector<uint8_t> out;
  if (in_doubt(run) || seen_.runs[run].spec.fresh) return out;
  for (const uint8_t ttl : missing(run))
    if (hop_answers(ttl) && (distance_ == 0 || ttl < distance_)) out.push_back(ttl);
  return out;
}

bool Collector::went_past(size_t i, uint8_t ttl) const {
  const ProbeRun& run = seen_.runs[i];
  return (!run.copies_only && !run.replies.empty()) || ttl < last_hop_of(run);
}

// A router that answered other probes and not this one may be limiting. One probe a second gets its answer then; what
// stays silent even so is lost on the path, unless the same probe was seen further on: then it is the router that keeps
// its answers to itself, slower than we care to wait for more than twice.
void Collector::paced(size_t begin) {
  constexpr int kPatient = 2;
  const auto unlimited = this->unlimited(begin);
  uint32_t rounds = 0;
  std::array<int, 64> in_vain{};
  for (size_t i = begin; i < seen_.runs.size(); ++i) {
    if (in_doubt(i)) continue;
    if (seen_.runs[i].spec.fresh) {  // sent once: what a router that limits did not say of it stays unsaid
      for (const uint8_t ttl : missing(i))
        if (limiting_.contains(ttl)) seen_.runs[i].limited.push_back(ttl);
      continue;
    }
    auto asked = suspects(i);
    std::erase_if(
        asked, [&](uint8_t ttl) { return unlimited.contains(ttl) || (in_vain[ttl] >= kPatient && went_past(i, ttl)); });
    if (!asked.empty() && rounds++ < limits_.most_paced) {
      listen_until(last_send_ + limits_.pace);
      ask_each(i, asked);
      settle();
      for (const uint8_t ttl : asked) {
        if (slots_[i][ttl].answered) limiting_.insert(ttl);
        in_vain[ttl] = slots_[i][ttl].answered ? 0 : in_vain[ttl] + 1;
      }
      asked.clear();
    }
    for (const uint8_t ttl : suspects(i))
      if (!unlimited.contains(ttl) && (went_past(i, ttl) || std::find(asked.begin(), asked.end(), ttl) != asked.end()))
        seen_.runs[i].limited.push_back(ttl);
  }
}

}  // namespace gauntlet
