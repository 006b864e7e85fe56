#include "io/nfqueue.hh"

#include <linux/netfilter.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "io/clock.hh"
#include "io/flow_key.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

bool same_bytes(ConstBytes a, ConstBytes b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

QueueAdapter::QueueAdapter(const Options& options)
    : direction_(options.direction),
      mtu_(options.mtu),
      queue_(options.queue),
      injector_(options.inject),
      timer_(check("open a timer", ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC))),
      original_(65536) {
  direction_.resolve();
  alive_.reserve(QueueSocket::kBatch);
}

bool QueueAdapter::on_queue() {
  const std::span<Queued> batch = queue_.receive();
  if (batch.empty()) return false;
  now_ = monotonic_now();
  for (const Queued& q : batch) handle(q, original_.data());
  finish_batch();
  return true;
}

void QueueAdapter::handle(const Queued& q, uint8_t* copy) {
  ++counts_.queued;
  if (q.cut) {  // only a part of it is here, so no box can be asked: fail closed, and the run is void
    ++counts_.overrun;
    ++counts_.dropped;
    queue_.drop(q);
    return;
  }
  if (path_ == nullptr) {
    ++counts_.passed;
    queue_.accept(q);
    return;
  }
  const ConstBytes bytes(q.data, q.size);
  const Layout layout = layout_of(bytes);
  if (!whole(layout, bytes)) {
    ++counts_.unparsed;
    ++counts_.passed;
    queue_.accept(q);
    return;
  }
  if (!layout.first) ++counts_.later_fragments;
  std::memcpy(copy, q.data, q.size);
  const Direction toward = direction_.toward(q);
  if (++next_origin_ == Packet::kNoOrigin) next_origin_ = 0;
  dropped_.reuse(next_origin_);
  path_->packet(Packet::borrow(q.data, q.size, q.before, q.after, next_origin_), toward, now_, *this);
  settle(q, ConstBytes(copy, q.size), layout, toward);
}

void QueueAdapter::send(Packet packet, Direction toward) { sent_.push_back({std::move(packet), toward}); }

void QueueAdapter::settle(const Queued& q, ConstBytes original, const Layout& before, Direction toward) {
  const Packet::Origin current = next_origin_;
  const bool left = std::ranges::any_of(sent_, [&](const Sent& s) { return s.packet.origin() == current; });
  if (sent_.size() == 1 && sent_[0].toward == toward && by_verdict(q, original, before, sent_[0].packet, toward)) {
    alive_.push_back(std::move(sent_[0].packet));
  } else {
    queue_.drop(q);
    for (Sent& s : sent_) inject(std::move(s), current, original, toward);
  }
  sent_.clear();
  if (!left) {
    ++counts_.dropped;
    dropped_.insert(current);
  }
}

// Gives the verdict that lets `now` leave in place of the original. False when a verdict cannot carry it: also another
// flow's packet, whose way through the kernel is not this one's.
bool QueueAdapter::by_verdict(const Queued& q, ConstBytes original, const Layout& before, const Packet& now,
                              Direction toward) {
  const ConstBytes bytes = now.bytes();
  if (injected_into(bytes, toward)) return false;
  const bool own = now.origin() == next_origin_;
  if (!own && flow_key(bytes, toward) != flow_key(original, toward)) return false;
  if (same_bytes(bytes, original)) {
    count(now, next_origin_, true);
    queue_.accept(q);
    return true;
  }
  if (!same_way(q, original, before, bytes)) return false;
  count(now, next_origin_, false);
  if (bytes.size() > original.size()) {
    uint32_t mtu = mtu_;
    if (mtu == 0) {
      const LinkInfo* out = q.out != 0 ? injector_.routes().link(static_cast<int>(q.out)) : nullptr;
      mtu = out != nullptr ? out->mtu : injector_.mtu_toward(now);
    }
    if (mtu != 0 && bytes.size() > mtu) {
      ++counts_.oversize;
      queue_.drop(q);
      return true;
    }
  }
  queue_.accept(q, bytes);
  return true;
}

// The fate of a packet that leaves while `current` is handled; `as_it_came`: that very one, with its bytes.
void QueueAdapter::count(const Packet& p, Packet::Origin current, bool as_it_came) {
  if (p.origin() != Packet::kNoOrigin && p.origin() == current)
    ++(as_it_came ? counts_.passed : counts_.changed);
  else if (p.origin() != Packet::kNoOrigin && dropped_.erase(p.origin()))
    --counts_.dropped, ++counts_.held;
  else
    ++counts_.injected;
}

// A verdict may change what stands behind the IP header, addresses and TTL, with an exact total length. Everything else
// (other IP options, fragment fields, extension headers, a wrong length) is injected: kernels begin to refuse it. So is
// a new destination that lies another way, because the kernel routed the packet before it queued it.
bool QueueAdapter::same_way(const Queued& q, ConstBytes original, const Layout& before, ConstBytes now) {
  const Layout after = layout_of(now);
  if (after.version != before.version || after.ip_header != before.ip_header || !whole(after, now)) return false;
  ConstBytes from, to;
  if (before.version == 4) {
    constexpr uint16_t kMfAndOffset = 0xbfff;  // all but DF
    if (((load16(&original[6]) ^ load16(&now[6])) & kMfAndOffset) != 0) return false;
    if (std::memcmp(&original[20], &now[20], before.ip_header - 20u) != 0) return false;
    from = original.subspan(16, 4);
    to = now.subspan(16, 4);
  } else {
    if (original[6] != now[6] || std::memcmp(&original[40], &now[40], before.ip_header - 40u) != 0) return false;
    from = original.subspan(24, 16);
    to = now.subspan(24, 16);
  }
  if (q.hook == NF_INET_PRE_ROUTING || std::memcmp(from.data(), to.data(), from.size()) == 0) return true;
  const NextHop was = injector_.routes().to(from);  // a copy: the next call may move it
  const NextHop& is = injector_.routes().to(to);
  return was.state != NextHop::State::unreachable && was.interface == is.interface && was.gateway == is.gateway &&
         is.interface == static_cast<int>(q.out);
}

void QueueAdapter::inject(Sent&& s, Packet::Origin current, ConstBytes original, Direction arrived) {
  const Packet& p = s.packet;
  count(p, current, s.toward == arrived && same_bytes(p.bytes(), original));
  mark_injected(p.bytes(), s.toward);
  if (mtu_ != 0 && p.size() > mtu_) {
    ++counts_.oversize;
    return;
  }
  injector_.add(std::move(s.packet));
}

void QueueAdapter::let_out() {
  for (Sent& s : sent_) inject(std::move(s), Packet::kNoOrigin, {}, s.toward);
  sent_.clear();
  finish_batch();
}

void QueueAdapter::finish_batch() {
  queue_.send_verdicts();
  alive_.clear();
  injector_.flush(now_);
  if (injector_.all_left()) {
    injected_flows_.clear();
    inject_all_ = false;
  }
  arm_timer();
}

bool QueueAdapter::injected_into(ConstBytes packet, Direction toward) const {
  if (inject_all_) return true;
  return !injected_flows_.empty() && injected_flows_.contains(flow_key(packet, toward));
}

void QueueAdapter::mark_injected(ConstBytes packet, Direction toward) {
  if (inject_all_) return;
  injected_flows_.insert(flow_key(packet, toward));
  inject_all_ = injected_flows_.size() > kFlows;
}

}  // namespace gauntlet
