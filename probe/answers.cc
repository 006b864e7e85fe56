#include "probe/answers.hh"

#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

uint8_t ttl_of(ConstBytes packet) {
  const Layout l = layout_of(packet);
  return l.version == 4 ? packet[8] : l.version == 6 ? packet[7] : uint8_t{0};
}

uint8_t hops_back(uint8_t ttl) {
  const int start = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return static_cast<uint8_t>(start - ttl + 1);
}

std::vector<uint8_t> SynAnswer::option(uint8_t kind) const {
  const Option o = find_option(options, kind);
  if (o.size == 0) return {};
  return {options.begin() + o.offset, options.begin() + o.offset + o.size};
}

SynAnswer answer_of(const ProbeRun& run) {
  SynAnswer a;
  for (const ProbeReply& r : run.replies) {
    const Layout l = layout_of(r.packet);
    if (!l.tcp) continue;
    const TcpView t(r.packet, l);
    if (t.has(kRst)) {
      if (!a.rst) a.rst_ttl = ttl_of(r.packet);
      a.rst = true;
    } else if (t.has(kSyn) && t.has(kAck) && !a.syn_ack) {
      a.syn_ack = true;
      a.ack = t.ack();
      a.reply_ttl = ttl_of(r.packet);
      a.options.assign(t.options().begin(), t.options().end());
    }
  }
  return a;
}

bool is_syn(const ProbeRun& run) { return run.spec.proto == kProtoTcp && (run.spec.flags & (kSyn | kAck)) == kSyn; }

const ProbeRun* find_syn(const Observation& o, const char* word) {
  for (const ProbeRun& run : o.runs)
    if (is_syn(run) && run.spec.has_option(word)) return &run;
  return nullptr;
}

std::vector<uint8_t> first_sent(const ProbeRun& run) {
  for (const auto& packet : run.sent)
    if (!packet.empty()) return packet;
  return {};
}

}  // namespace gauntlet
