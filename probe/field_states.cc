#include "probe/field_states.hh"

#include <algorithm>

namespace gauntlet {

const std::set<std::string>& volatile_fields() {
  static const std::set<std::string> all{"ip.id",     "tcp.window",       "tcp.timestamps",    "icmp.seq",
                                         "ip.length", "tcp.segmentation", "tcp.options.order", "tcp.tail"};
  return all;
}

bool belongs_to_segment(const std::string& any) {
  const std::string field = first_of_its_kind(any);
  return field.starts_with("mptcp.") || field.starts_with("tcp.option") || field == "tcp.mss" ||
         field == "tcp.wscale" || field == "tcp.sack_permitted" || field == "tcp.sack" || field == "tcp.timestamps" ||
         field == "tcp.flags" || field == "payload" || field == "tcp.tail";
}

namespace {

// What a hop says about a field that its comparison does not hold: fields that appear only when something was added.
FieldState absent(const Comparison& c, const std::string& field) {
  FieldState s;
  const auto order = c.fields.find("tcp.options.order");
  const bool whole_block = order != c.fields.end() && order->second.evidence != Evidence::not_covered;
  // With something changed in plain sight the sum fits, and says nothing about what another hop does not quote.
  const bool untouched = std::none_of(c.fields.begin(), c.fields.end(), [](const auto& f) {
    return f.second.evidence == Evidence::changed && belongs_to_segment(f.first);
  });
  if (field == "ip.extension_headers" || (field == "tcp.tail" && c.checksum_updated && untouched) ||
      ((field.starts_with("tcp.") || field.starts_with("mptcp.")) && field != "tcp.tail" &&
       field != "tcp.segmentation" && whole_block))
    s.evidence = Evidence::equal;
  return s;
}

}  // namespace

std::vector<HopState> states_of(const std::vector<Hop>& hops, const std::string& field) {
  std::vector<HopState> out;
  for (const Hop& hop : hops) {
    HopState h;
    h.ttl = hop.ttl;
    if (!hop.seen) {
      h.state.evidence = hop.silence;
    } else {
      const auto it = hop.seen->fields.find(field);
      h.state = it == hop.seen->fields.end() ? absent(*hop.seen, field) : it->second;
      h.checksum_updated = hop.seen->checksum_updated;
      h.sum_change = hop.seen->sum_change;
      const auto length = hop.seen->fields.find("ip.length");
      h.same_length = length != hop.seen->fields.end() && length->second.evidence == Evidence::equal;
    }
    out.push_back(std::move(h));
  }
  return out;
}

std::vector<EvidenceRow> rows_of(const ProbeRun& run, const std::vector<HopState>& states, const HopInterval& i) {
  std::vector<EvidenceRow> rows;
  for (const HopState& s : states)
    if (s.ttl >= i.lo && s.ttl <= i.hi) rows.push_back({run.name, s.ttl, s.state});
  return rows;
}

}  // namespace gauntlet
