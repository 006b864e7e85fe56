// What comes in: which probe it answers, and how much of it is kept.
#include <algorithm>
#include <set>

#include "probe/collect.hh"
#include "probe/icmp_quote.hh"
#include "probe/locate.hh"
#include "probe/match.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostStrangers = 64, kMostVague = 256;
constexpr size_t kMostQuotes = 4, kMostReplies = 16;  // kept per TTL, per probe: a flood costs no memory

}  // namespace

// What an answer that does not say which TTL it is to may be an answer to.
Time Collector::last_before(size_t run, Time at) const {
  Time last{};
  for (const Slot& s : slots_[run])
    if (s.tries > 0 && s.at <= at) last = std::max(last, s.at);
  return last == Time{} ? at : last;
}

// A quote that does not say for which TTL. Past the limit more of them are anybody's, and the doubt stays.
void Collector::vague(size_t run, const IpAddress& from) {
  unresolved_[run] = true;
  if (vague_.size() < kMostVague && std::find(vague_.begin(), vague_.end(), from) == vague_.end())
    vague_.push_back(from);
}

// Whether what a run's quotes do not say leaves open which hops are silent. Not when all routers that quote so little
// have been asked alone: then each is known to stand at one hop, alone there, and the silence of others is their own.
bool Collector::in_doubt(size_t run) const {
  const auto placed = [&](const IpAddress& a) {
    std::set<uint8_t> hops;
    for (const ProbeRun& r : seen_.runs)
      for (const HopQuote& q : r.quotes)
        if (q.from == a) hops.insert(q.ttl);
    const auto another = [&](const HopQuote& q) { return q.from != a && hops.contains(q.ttl); };
    return hops.size() == 1 && std::find(elsewhere_.begin(), elsewhere_.end(), a) == elsewhere_.end() &&
           std::none_of(seen_.runs.begin(), seen_.runs.end(),
                        [&](const ProbeRun& r) { return std::any_of(r.quotes.begin(), r.quotes.end(), another); });
  };
  return unresolved_[run] && (vague_.size() >= kMostVague || !std::all_of(vague_.begin(), vague_.end(), placed));
}

// While one hop is asked alone: what the router of another one still says, which answers twice where a box splits or
// copies. From the same distance, that is: a translator may give all routers behind it one address. Said again when it
// is asked again, it is this hop's: a box that lowers the TTL ends all probes at one router.
bool Collector::left_over(const HopQuote& quote) {
  const bool known = std::any_of(seen_.runs.begin(), seen_.runs.end(), [&](const ProbeRun& r) {
    return std::any_of(r.quotes.begin(), r.quotes.end(), [&](const HopQuote& q) {
      return q.from == quote.from && q.reply_ttl == quote.reply_ttl && q.ttl != current_ttl_;
    });
  });
  if (known && elsewhere_.size() < kMostVague && std::ranges::count(elsewhere_, quote.from) == 0)
    elsewhere_.push_back(quote.from);
  Slot& slot = slots_[current_run_][current_ttl_];
  if (!known || (slot.doubted != 0 && slot.tries > slot.doubted)) return false;
  slot.doubted = slot.tries;
  return true;
}

// Its router's quotes do not say for which TTL they are: it must be asked alone.
bool Collector::vague_at(uint8_t ttl) const {
  return std::any_of(seen_.runs.begin(), seen_.runs.end(), [&](const ProbeRun& r) {
    return std::any_of(r.quotes.begin(), r.quotes.end(), [&](const HopQuote& q) {
      return q.ttl == ttl && std::find(vague_.begin(), vague_.end(), q.from) != vague_.end();
    });
  });
}

void Collector::take(const Arrival& a) {
  if (auto quote = read_quote(a.packet)) {
    std::vector<size_t> tied;
    auto match = match_quote(seen_.runs, *quote, &tied);
    if (!match && tied.size() > 1) {  // one of several: with a single one on its way there is no question
      for (const size_t run : tied) vague(run, quote->from);
      if (current_ttl_ != 0 && std::find(tied.begin(), tied.end(), current_run_) != tied.end() && !left_over(*quote))
        match = Match{current_run_, current_ttl_};
    }
    if (match && match->ttl == 0) {
      vague(match->run, quote->from);
      if (current_ttl_ == 0 || current_run_ != match->run || left_over(*quote)) return;
      match->ttl = current_ttl_;
    }
    if (!match) {
      ++unmatched_;
      return;
    }
    Slot& slot = slots_[match->run][match->ttl];
    if (slot.tries == 0) return;
    slot.heard = a.at;
    quote->ttl = match->ttl;
    quote->rtt = a.at - slot.asked_before(a.at);
    auto& all = seen_.runs[match->run].quotes;
    const auto same = [&](const HopQuote& q) {
      return q.ttl == quote->ttl && q.from == quote->from && q.quote == quote->quote;
    };
    const auto count = std::count_if(all.begin(), all.end(), [&](const HopQuote& q) { return q.ttl == quote->ttl; });
    if (const auto again = std::find_if(all.begin(), all.end(), same); again != all.end()) {
      if (again->times < 255) ++again->times;
      return;
    }
    if (count >= static_cast<long>(kMostQuotes)) return;
    if (!slot.answered) slowest_ = std::max(slowest_, quote->rtt);
    if (!slot.answered && slot.tries > 1) ++came_later_;
    slot.answered = true;
    all.push_back(std::move(*quote));
  } else if (const auto match = match_reply(seen_.runs, a.packet)) {
    ProbeRun& run = seen_.runs[match->run];
    const uint8_t ttl = match->ttl;
    const Time sent = ttl != 0 ? slots_[match->run][ttl].asked_before(a.at) : last_before(match->run, a.at);
    // Only the first answer measures: a server repeats its SYN/ACK for a minute.
    if (ttl != 0 && slots_[match->run][ttl].tries == 1 && !slots_[match->run][ttl].answered)
      slowest_ = std::max(slowest_, a.at - sent);
    if (ttl != 0) {
      slots_[match->run][ttl].answered = true;
      slots_[match->run][ttl].heard = a.at;
    }
    if (run.replies.empty() && run.tries > 1) ++came_later_;
    if (run.replies.size() < kMostReplies) run.replies.push_back({ttl, a.at - sent, a.packet});
  } else {
    return;
  }
  if (const uint8_t d = tcp_distance_of(seen_)) distance_ = d;
}

void Collector::arrived(ConstBytes packet) {
  HopQuote q;
  q.from = seen_.destination;
  q.type = kArrival;
  q.quote.assign(packet.begin(), packet.end());
  const auto match = match_quote(seen_.runs, q);
  if (!match || match->ttl == 0) {
    if (seen_.strangers.size() < kMostStrangers) seen_.strangers.push_back(std::move(q.quote));
    return;
  }
  q.ttl = match->ttl;
  auto& all = seen_.runs[match->run].quotes;
  const auto again = std::find_if(all.begin(), all.end(), [&](const HopQuote& o) {
    return o.type == kArrival && o.ttl == q.ttl && o.quote == q.quote;
  });
  if (again != all.end()) {
    if (again->times < 255) ++again->times;
    return;
  }
  const auto count = std::count_if(all.begin(), all.end(), [&](const HopQuote& o) { return o.ttl == q.ttl; });
  if (count < static_cast<long>(kMostQuotes)) all.push_back(std::move(q));
}

}  // namespace gauntlet
