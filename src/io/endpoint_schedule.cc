#include "io/endpoint_schedule.hh"

#include <algorithm>

namespace gauntlet {

size_t write_size(const EndpointPlan& plan) {
  if (plan.write > 0) return plan.write;
  return plan.load == EndpointLoad::bulk ? 65536 : 1000;
}

bool waits_for_subflows(const EndpointPlan& plan) { return plan.mptcp && plan.wait && plan.subflows > 1; }

SendSchedule::SendSchedule(const EndpointPlan& plan)
    : load_(plan.load),
      server_(plan.server),
      total_(plan.server ? plan.down : plan.up + plan.preface_up.size()),
      peer_total_(plan.server ? plan.up + plan.preface_up.size() : plan.down),
      preamble_(0),
      write_(write_size(plan)),
      open_(!waits_for_subflows(plan)) {
  for (size_t at = 0; !plan.server && at < plan.preface_up.size();) {
    const size_t newline = plan.preface_up.find('\n', at);
    at = newline == std::string::npos ? plan.preface_up.size() : newline + 1;
    lines_.push_back(at);
  }
  if (!plan.server || plan.up == 0) preamble_ = std::min({total_, uint64_t{kPreamble}, uint64_t{write_}});
}

size_t SendSchedule::next(uint64_t received) const {
  const uint64_t left = total_ - sent_;
  // A line of the preface is a write of its own, as a client of a line protocol makes it; paced, a tick apart.
  if (!lines_.empty()) return ticks() && credit_ == 0 ? 0 : static_cast<size_t>(lines_.front() - sent_);
  if (!open_) return static_cast<size_t>(preamble_ - std::min(preamble_, sent_));
  switch (load_) {
    case EndpointLoad::paced:
      return static_cast<size_t>(std::min<uint64_t>(credit_, left));
    case EndpointLoad::bulk:
      return static_cast<size_t>(std::min<uint64_t>(write_, left));
    case EndpointLoad::pingpong:
      break;
  }
  // The client asks, the server answers: turn k of the client needs k answers before it, answer k needs k questions.
  // Who has heard everything there is to hear sends its rest, turn by turn.
  if (received >= peer_total_) return static_cast<size_t>(std::min<uint64_t>(write_, left));
  const uint64_t allowed = (received / write_ + (server_ ? 0 : 1)) * write_;
  return static_cast<size_t>(std::min(left, allowed - std::min(allowed, sent_)));
}

void SendSchedule::wrote(size_t n) {
  sent_ += n;
  if (!lines_.empty()) {
    if (sent_ < lines_.front()) return;
    lines_.erase(lines_.begin());
    credit_ = 0;
    return;
  }
  if (open_ && load_ == EndpointLoad::paced) credit_ -= n;
}

void SendSchedule::tick() {
  if ((open_ || !lines_.empty()) && credit_ == 0)
    credit_ = write_;  // a write that is still under way is finished first; lost ticks stay lost
}

}  // namespace gauntlet
