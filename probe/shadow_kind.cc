#include "probe/shadow_kind.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/compare.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

bool may_copy(ConstBytes packet, const Layout& l) {
  return l.tcp && !l.fragment && whole(l, packet) && !TcpView(packet, l).has(kRst);
}

// The word of spec.hh for an option, where it has one: rules that look for MP_CAPABLE or MP_JOIN find it so.
OptionWord word_of(ConstBytes o, bool syn, bool payload) {
  switch (o[0]) {
    case kOptNop:
      return {"nop", ""};
    case kOptEol:
      return {"eol", ""};
    case kOptMss:
      return {"mss", option_text(o)};
    case kOptWscale:
      return {"ws", option_text(o)};
    case kOptSackOk:
      return {"sack-ok", ""};
    case kOptSack:
      return {"sack", ""};
    case kOptTimestamp:
      return {"ts", ""};
    case kOptMptcp:
      break;
    default:
      return {fmt::format("option-{}", o[0]), ""};
  }
  const std::string feature = feature_of(o).substr(6);  // behind "mptcp."
  if (feature == "mp_capable" && syn) return {o.size() == 12 && (o[2] & 0x0f) == 0 ? "mpcapable-v0" : "mpcapable", ""};
  if (feature == "mp_capable") return {payload ? "mpcapable-data" : "mpcapable-ack", ""};
  if (feature == "mp_join" && syn) return {"mpjoin", ""};
  return {feature, ""};
}

std::vector<OptionWord> words_of(const TcpView& t) {
  std::vector<OptionWord> words;
  for (const Option& o : options_of(t.options()))
    if (!o.malformed)
      words.push_back(word_of(t.options().subspan(o.offset, o.size), t.has(kSyn), !t.payload().empty()));
  return words;
}

std::string flags_of(uint8_t flags) {
  std::string text;
  for (const auto& [bit, word] : {std::pair{kSyn, "syn"},
                                  {kFin, "fin"},
                                  {kPsh, "psh"},
                                  {kAck, "ack"},
                                  {kUrg, "urg"},
                                  {kEce, "ece"},
                                  {kCwr, "cwr"}})
    if (flags & bit) text += fmt::format("{}{}", text.empty() ? "" : "/", word);
  return text;
}

// As it stands on the wire behind the card: cut to one segment, lengths and checksums in order.
std::vector<uint8_t> on_the_wire(ConstBytes packet, const Layout& l, size_t largest) {
  std::vector<uint8_t> p(packet.begin(), packet.end());
  if (p.size() > largest && l.payload < largest) {
    p.resize(largest);
    if (l.version == 4)
      store16(&p[2], static_cast<uint16_t>(p.size()));
    else
      store16(&p[4], static_cast<uint16_t>(p.size() - 40));
  }
  return p;
}

}  // namespace

std::string kind_of(ConstBytes packet) {
  const Layout l = layout_of(packet);
  if (!may_copy(packet, l)) return "";
  const TcpView t(packet, l);
  std::string text = fmt::format("{:02x}{}", t.flags() & ~kPsh, t.payload().empty() ? "" : "+data");
  for (const Option& o : options_of(t.options())) {
    if (o.malformed) continue;
    text += fmt::format("/{}.{}", o.kind, o.size);
    if (o.kind == kOptMptcp && o.size >= 3) text += fmt::format(".{}", t.options()[o.offset + 2u] >> 4);
  }
  return text;
}

std::string kind_name(ConstBytes packet) {
  const Layout l = layout_of(packet);
  if (!l.tcp) return "";
  const TcpView t(packet, l);
  std::string name = t.has(kSyn) ? "syn" : t.has(kFin) ? "fin" : t.payload().empty() ? "ack" : "data";
  for (const Option& o : options_of(t.options())) {
    if (o.malformed || (o.kind != kOptMptcp && o.kind != kOptSack)) continue;
    const std::string feature = feature_of(t.options().subspan(o.offset, o.size));
    name += " " + feature.substr(feature.find('.') + 1);
  }
  return name;
}

ProbeRun shadow_run(ConstBytes packet, uint16_t id_base, uint8_t max_ttl, size_t largest) {
  ProbeRun run;
  const Layout l = layout_of(packet);
  if (!may_copy(packet, l)) return run;
  std::vector<uint8_t> wire = on_the_wire(packet, l, largest);
  const Layout cut = layout_of(wire);
  if (!l4_checksum_ok(wire, cut)) write_checksums(wire);
  const TcpView t(wire, cut);
  run.name = kind_name(wire);
  run.spec.flags = t.flags();
  run.spec.options = words_of(t);
  run.spec.payload.assign(t.payload().begin(), t.payload().end());
  run.spec.segment.assign(wire.begin() + cut.l4, wire.end());
  run.spec.text = flags_of(t.flags());
  for (const OptionWord& w : run.spec.options)
    run.spec.text += fmt::format("/{}{}{}", w.word, w.value.empty() ? "" : "=", w.value);
  if (!run.spec.payload.empty()) run.spec.text += fmt::format("/len={}", run.spec.payload.size());
  run.flow.source = ip_address(source_address(wire, cut));
  run.flow.destination = ip_address(destination_address(wire, cut));
  run.flow.source_port = t.source();
  run.flow.destination_port = t.destination();
  run.flow.seq = t.seq();
  run.flow.ack = t.ack();
  run.flow.window = t.window();
  run.flow.id_base = id_base;
  if (cut.version == 6) run.flow.flow_label = load32(wire.data()) & 0xfffff;
  run.copies_only = !t.has(kSyn);
  for (int ttl = 1; ttl <= max_ttl; ++ttl) {
    std::vector<uint8_t> copy = wire;
    if (cut.version == 4) {
      store16(&copy[4], static_cast<uint16_t>(id_base + kIdStep * ttl));
      copy[8] = static_cast<uint8_t>(ttl);
      store16(&copy[10], 0);
      store16(&copy[10], static_cast<uint16_t>(~sum16(ConstBytes(copy).first(cut.ip_header))));
    } else {
      copy[7] = static_cast<uint8_t>(ttl);
    }
    run.sent.push_back(std::move(copy));
  }
  return run;
}

}  // namespace gauntlet
