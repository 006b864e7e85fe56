#include "judge/shadow.hh"

#include <algorithm>

#include "judge/compare.hh"
#include "judge/flow_marks.hh"
#include "judge/in_window.hh"
#include "judge/shadow_subflow.hh"
#include "mptcp/crypto.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

class Receiver {
 public:
  Receiver(const Trace& trace, Way way, const ShadowOptions& options, std::vector<const Flow*> flows)
      : trace_(trace), way_(way), options_(options), flows_(std::move(flows)) {
    shadow_.data = ByteMap(options.limit);
    for (size_t i = 0; i < flows_.size(); ++i) subflows_.emplace_back(options.limit);
  }

  Shadow run() {
    shadow_.found = true;
    const FlowMarks& m = flows_[0]->marks;
    const bool proved = way_ == Way::c2s ? m.capable_ack : m.capable_ack || m.capable_synack;
    shadow_.plain = !m.capable_syn      ? "no MP_CAPABLE in the SYN"
                    : !m.capable_synack ? "no MP_CAPABLE in the SYN/ACK"
                    : !proved           ? "no MP_CAPABLE in the third ACK or the first data"
                                        : "";
    const std::optional<uint64_t> key = way_ == Way::c2s ? m.client_key : m.server_key;
    if (!shadow_.plain.empty() || !key) {
      if (shadow_.plain.empty()) shadow_.plain = "the sender's key never arrived";
      take_plain();
      return std::move(shadow_);
    }
    shadow_.mptcp = true;
    shadow_.checksum = m.checksum[0] || m.checksum[1];
    first_dsn_ = idsn_of(*key) + 1;
    subflows_[0].usable = true;
    replay();
    finish();
    return std::move(shadow_);
  }

 private:
  struct Event {
    uint32_t frame;
    size_t flow;
    Way way;
    const FlowSegment* segment;
  };

  void take_plain() {
    const Half& half = flows_[0]->half(way_);
    shadow_.data = plain_stream(trace_, *flows_[0], way_, options_);
    shadow_.subflows = 1;
    for (const FlowSegment& s : half.segments)
      if (s.has(kFin) && s.end() - 2 == shadow_.data.end_from(0)) shadow_.end = shadow_.data.end_from(0);
  }

  void replay() {
    std::vector<Event> events;
    const Way arriving = options_.at_receiver ? way_ : reverse(way_);  // at the end whose capture this is
    for (size_t i = 0; i < flows_.size(); ++i) {
      for (const FlowSegment& s : flows_[i]->half(reverse(arriving)).segments)
        events.push_back({s.frame, i, reverse(arriving), &s});
      const std::vector<bool> refused = refused_by_tcp(trace_, *flows_[i], arriving);
      const std::vector<FlowSegment>& segments = flows_[i]->half(arriving).segments;
      for (size_t k = 0; k < segments.size(); ++k)
        if (!refused[k]) events.push_back({segments[k].frame, i, arriving, &segments[k]});
    }
    std::sort(events.begin(), events.end(), [](const Event& x, const Event& y) { return x.frame < y.frame; });
    for (const Event& e : events) {
      ShadowSubflow& sub = subflows_[e.flow];
      if (e.flow > 0 && !sub.usable && !ended_[e.flow]) prove_join(e, sub);
      if (e.way == way_ && !ended_[e.flow]) {
        take_options(e, sub);
        if (e.segment->length > 0) sub.segment(e.segment->first_byte(), payload_of(trace_, *e.segment));
        if (sub.usable) advance(e, sub);
      }
      if (e.segment->has(kRst)) end(e.flow);
    }
  }

  void end(size_t flow) {
    ended_[flow] = true;
    subflows_[flow].usable = false;
  }
  size_t usable() const {
    return static_cast<size_t>(
        std::count_if(subflows_.begin(), subflows_.end(), [](const ShadowSubflow& s) { return s.usable; }));
  }

  // RFC 8684 3.2: the opener proves itself in the third ACK (160 bits), the other side in its SYN/ACK (64 bits).
  void prove_join(const Event& e, ShadowSubflow& sub) {
    const Flow& f = *flows_[e.flow];
    const FlowMarks &m = f.marks, &c = flows_[0]->marks;
    if (!c.client_key || !c.server_key) return;
    const bool client_opened = f.opened == Way::c2s;
    const uint64_t opener = client_opened ? *c.client_key : *c.server_key,
                   other = client_opened ? *c.server_key : *c.client_key;
    const Way receiver_sends = reverse(way_);
    if (receiver_sends == f.opened) {  // this receiver opened it: it checks the SYN/ACK
      const auto synack = mptcp_option<MpJoinSynAck>(trace_, *e.segment);
      if (!synack || e.way == f.opened) return;
      const Hmac h = join_hmac(other, opener, synack->nonce, m.client_nonce);
      sub.usable = load64(h.data()) == synack->hmac;
    } else {
      const auto ack = mptcp_option<MpJoinAck>(trace_, *e.segment);
      if (!ack || e.way != f.opened) return;
      const Hmac h = join_hmac(opener, other, m.client_nonce, m.server_nonce);
      sub.usable = std::equal(ack->hmac.begin(), ack->hmac.end(), h.begin());
    }
    if (!sub.usable) ended_[e.flow] = true;
  }

  // 64 bits of a data sequence number of which the wire may carry only 32: the nearest to where the stream stands.
  uint64_t whole_dsn(const Dss::Mapping& m) const {
    if (m.dsn8) return m.dsn;
    const uint64_t near = first_dsn_ + static_cast<uint64_t>(shadow_.data.end_from(0));
    return near + static_cast<uint64_t>(static_cast<int64_t>(
                      static_cast<int32_t>(static_cast<uint32_t>(m.dsn) - static_cast<uint32_t>(near))));
  }

  void take_options(const Event& e, ShadowSubflow& sub) {
    const FlowSegment& s = *e.segment;
    for (const MptcpAt& at : mptcp_options(tcp_of(trace_, s).options())) {
      if (const auto* capable = std::get_if<MpCapable>(&at.option);
          capable && capable->data_length && !s.has(kSyn) && e.flow == 0) {
        sub.map(
            {1, *capable->data_length, first_dsn_, *capable->data_length, capable->checksum});  // 3.1: implicit mapping
        sub.any_mapping = true;
      }
      const auto* dss = std::get_if<Dss>(&at.option);
      if (!dss || !dss->mapping || shadow_.fallback) continue;
      sub.any_mapping = true;
      const Dss::Mapping& m = *dss->mapping;
      if (m.length == 0) {  // 3.7: infinite mapping
        if (e.flow == 0 || usable() == 1) fall_back(sub, "an infinite mapping arrived");
        continue;
      }
      const uint64_t dsn = whole_dsn(m);
      const int64_t offset = static_cast<int64_t>(dsn - first_dsn_), here = shadow_.data.end_from(0);
      if (offset < here - (1ll << 31) || offset > here + (1ll << 31)) {
        ++shadow_.outside;
        continue;
      }
      const uint32_t length = static_cast<uint32_t>(m.length - (dss->data_fin ? 1 : 0));
      if (dss->data_fin) shadow_.end = offset + length;
      if (length == 0) continue;
      const int64_t ssn =
          sub.next + static_cast<int32_t>(m.ssn - static_cast<uint32_t>(static_cast<uint64_t>(sub.next)));
      sub.map({ssn, length, dsn, m.length, m.checksum});
    }
  }

  void fall_back(ShadowSubflow& sub, const char* why) {
    if (shadow_.fallback) return;
    shadow_.fallback = shadow_.data.end_from(0);
    shadow_.fallback_why = why;
    shadow_.end.reset();
    taken_ = &sub;
  }

  void advance(const Event& e, ShadowSubflow& sub) {
    for (;;) {
      const ConstBytes ready = sub.in_order(sub.next);
      if (ready.empty()) return;
      if (shadow_.fallback) {
        if (taken_ != &sub) return;
        shadow_.data.insert(shadow_.data.end_from(0), ready);
        sub.next += static_cast<int64_t>(ready.size());
        continue;
      }
      const ShadowMapping* m = sub.covering(sub.next);
      if (!m) {
        // 3.7: data without a mapping before any came, on the first subflow alone.
        if (e.flow == 0 && !sub.any_mapping && !has_mptcp(trace_, *e.segment) && usable() == 1) {
          fall_back(sub, "the first data carried no mapping");
          continue;
        }
        const ShadowMapping* later = sub.behind(sub.next);
        if (!later || later->ssn >= sub.next + static_cast<int64_t>(ready.size()))
          return;  // held: a mapping may still come
        shadow_.unmapped += static_cast<uint64_t>(later->ssn - sub.next);
        sub.next = later->ssn;
        continue;
      }
      if (!deliver(e, sub, *m, ready)) return;
    }
  }

  // False: nothing more can be taken from this subflow now.
  bool deliver(const Event& e, ShadowSubflow& sub, const ShadowMapping& m, ConstBytes ready) {
    const bool verify = options_.verify && shadow_.checksum;
    const ConstBytes whole = sub.in_order(m.ssn);
    if (verify) {
      if (whole.size() < m.length) return false;  // verified as a whole (3.3.1)
      const ConstBytes payload = whole.first(m.length);
      const bool right = m.checksum && dss_checksum_of_sum(m.dsn, static_cast<uint32_t>(m.ssn), m.wire_length,
                                                           sum16(payload)) == *m.checksum;
      if (!right) {
        const int64_t offset = static_cast<int64_t>(m.dsn - first_dsn_);
        const bool others = usable() > 1;
        shadow_.failures.push_back({frame_at(trace_, e.segment->frame), offset, m.length, others});
        if (others) {
          end(e.flow);
          return false;
        }
        sub.next = m.ssn;
        fall_back(sub, "a checksum failed on the only subflow");
        return true;
      }
    }
    const int64_t into = sub.next - m.ssn;
    const size_t n = std::min<size_t>(ready.size(), static_cast<size_t>(m.length - into));
    const uint64_t fresh = shadow_.data.insert(static_cast<int64_t>(m.dsn - first_dsn_) + into, ready.first(n));
    shadow_.mapped += fresh;
    sub.next += static_cast<int64_t>(n);
    return true;
  }

  void finish() {
    for (size_t i = 0; i < subflows_.size(); ++i) {
      if (!ended_[i] && !shadow_.fallback) shadow_.unmapped += subflows_[i].in_order(subflows_[i].next).size();
      if (subflows_[i].usable || subflows_[i].next > 1) ++shadow_.subflows;
    }
    if (!shadow_.fallback) return;
    for (const FlowSegment& s : flows_[0]->half(way_).segments)
      if (s.has(kFin) && taken_ == &subflows_[0] && s.end() - 1 == subflows_[0].next)
        shadow_.end = shadow_.data.end_from(0);
  }

  const Trace& trace_;
  Way way_;
  const ShadowOptions& options_;
  std::vector<const Flow*> flows_;
  std::vector<ShadowSubflow> subflows_;
  std::map<size_t, bool> ended_;
  uint64_t first_dsn_ = 0;
  const ShadowSubflow* taken_ = nullptr;  // the one subflow that goes on after fallback
  Shadow shadow_;
};

}  // namespace

Shadow shadow_receive(const Trace& trace, const FlowSet& flows, Way way, uint16_t port, const ShadowOptions& options) {
  std::vector<const Flow*> connection = connection_at(flows, port);
  if (connection.empty()) return Shadow();
  return Receiver(trace, way, options, std::move(connection)).run();
}

}  // namespace gauntlet
