// aware: an editor of payload that knows MPTCP and repairs the DSS checksum
//
// Replaces text by text of the same length, or flips bits, in segments with which a mapping begins; the checksum of
// that mapping is corrected by difference there and in every later copy of the option. Segments in the middle of a
// mapping are left alone, with the option or without it, because its checksum has gone ahead; so is what stands behind
// the end of the segment's own mapping. A retransmission is edited like the original.
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

#include "connection/aware_edits.hh"
#include "middleboxes/box.hh"
#include "connection/watch.hh"
#include "path/per_flow.hh"
#include "path/teaches.hh"
#include "util/error.hh"
#include "wire/search.hh"

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
    const ConstBytes bytes = std::as_const(p).bytes();
    Layout layout = seen.layout;
    if (layout.tcp && seen.flow != kNoFlow && !seen.stray && seen.facts->isn_known[way] && whole(layout, bytes)) {
      Flow& flow = flows_.at(seen);
      TcpEdit edit(p, layout);
      const Watch::Place place = flow.watch.place(seen, edit.view());
      const Position at = place.payload(edit.view());
      const auto mapping = mapping_of(edit.view().options(), at);
      // A damaged one is edited as the good ones were, but adds nothing.
      if (layout.payload_size > 0 && teaches(bytes, seen)) {
        if (seen.selected) look(edit.view().payload(), at, mapping, flow.edits[way]);
        if (mapping) flow.edits[way].passed(*mapping);
        flow.watch.went_on(seen, place);
      }
      flow.edits[way].apply(edit, at, mapping);
    }
    out.send(std::move(p), seen.toward);
  }
  Json state() const override { return {{"edits", edits_}, {"midway", midway_}}; }

 private:
  struct Flow {
    Watch watch;
    AwareEdits edits[2];  // by direction
  };

  void look(ConstBytes payload, Position at, const std::optional<MappingAt>& mapping, AwareEdits& edits) {
    const size_t offset = find_.empty() ? 0 : find_text(payload, find_);
    if (offset == kNowhere) return;
    const size_t n = std::min(find_.empty() ? xor_.size() : find_.size(), payload.size() - offset);
    const ConstBytes before = payload.subspan(offset, n);
    std::vector<uint8_t> after(replace_.begin(), replace_.end());
    for (size_t i = 0; find_.empty() && i < n; ++i) after.push_back(before[i] ^ static_cast<uint8_t>(xor_[i]));
    const bool begins = mapping && mapping->bytes.begin == at;
    const auto added = edits.add(at + static_cast<Position>(offset), before, std::move(after), mapping, begins);
    edits_ += added == AwareEdits::Added::yes ? 1 : 0;
    midway_ += added == AwareEdits::Added::midway ? 1 : 0;
  }

  std::string find_, replace_, xor_;
  uint64_t edits_ = 0, midway_ = 0;
  PerFlow<Flow> flows_;
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
