// aware: an editor of payload that knows MPTCP and repairs the DSS checksum
//
// Replaces text by text of the same length, or flips bits, in segments with which a mapping begins; the checksum of
// that mapping is corrected by difference there and in every later copy of the option. Segments in the middle of a
// mapping are left alone, because its checksum has gone ahead. A retransmission is edited like the original.
//
// Parameters:
//   find=, replace=  text, or hex behind 0x, of the same length; the first place in the segment counts
//   xor=             hex: instead, flips these bits in the first payload bytes
//
// Examples:  aware:find=PORT,replace=port      aware:xor=0xff,nth=11,dir=c2s
//
// Seen in the wild: none known; RFC 8684 section 3.7 expects such boxes once MPTCP is common.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "middleboxes/aware_edits.hh"
#include "middleboxes/box.hh"
#include "path/per_flow.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

class Aware final : public Middlebox {
 public:
  Aware(const Params& p, Rng) : find_(p.text("find")), replace_(p.text("replace")), xor_(p.text("xor")) {
    if (find_.empty() == xor_.empty()) throw UsageError("aware: say either find= and replace=, or xor=");
    if (find_.size() != replace_.size()) throw UsageError("aware: find and replace want the same length");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const auto way = static_cast<size_t>(seen.toward);
    Layout layout = seen.layout;
    if (layout.tcp && seen.flow != kNoFlow && seen.facts->isn_known[way] && whole(layout, std::as_const(p).bytes())) {
      AwareEdits& edits = flows_.at(seen).by[way];
      TcpEdit edit(p, layout);
      const uint32_t at = edit.view().seq() + (edit.view().has(kSyn) ? 1 : 0) - seen.facts->isn[way] - 1;
      const auto mapping = mapping_of(edit.view().options());
      if (seen.selected && layout.payload_size > 0) look(edit.view().payload(), at, mapping, edits);
      edits.apply(edit, at, mapping);
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"edits", edits_}, {"midway", midway_}}; }

 private:
  struct Ways {
    AwareEdits by[2];
  };

  void look(ConstBytes payload, uint32_t at, const std::optional<MappingAt>& mapping, AwareEdits& edits) {
    const auto found = find_.empty() ? payload.begin()
                                     : std::search(payload.begin(), payload.end(), find_.begin(), find_.end(),
                                                   [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
    if (found == payload.end()) return;
    if (mapping && mapping->start != at) return void(++midway_);
    const auto offset = static_cast<uint32_t>(found - payload.begin());
    const size_t n = std::min(find_.empty() ? xor_.size() : find_.size(), payload.size() - offset);
    const ConstBytes before = payload.subspan(offset, n);
    std::vector<uint8_t> after(replace_.begin(), replace_.end());
    for (size_t i = 0; find_.empty() && i < n; ++i) after.push_back(before[i] ^ static_cast<uint8_t>(xor_[i]));
    edits_ += edits.add(at + offset, before, std::move(after), mapping) ? 1 : 0;
  }

  std::string find_, replace_, xor_;
  uint64_t edits_ = 0, midway_ = 0;
  PerFlow<Ways> flows_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  return {
      {"changed", "payload", dir}, {"value_changed", "option 30/dss", dir}, {"value_changed", "option 30/mpc", dir}};
}

}  // namespace

BoxEntry aware_box() {
  return {.schema = {.name = "aware",
                     .params = with_common({param("find", ParamType::bytes, "", "text, or hex behind 0x"),
                                            param("replace", ParamType::bytes, "", "what stands there instead"),
                                            param("xor", ParamType::hex, "", "bits to flip")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Aware>,
          .sees_all = true};
}

}  // namespace gauntlet
