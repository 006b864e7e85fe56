// edit: changes payload bytes
//
// Replaces text that stands within one segment, or flips bits. Sequence numbers, acknowledgements and SACK blocks are
// kept consistent both ways, as an application level gateway does, and a retransmission is edited like the original.
// Nothing in the options changes: the mapping and its checksum speak of the bytes that were.
//
// Parameters:
//   find=, replace=  text, or hex behind 0x; replace may be shorter, longer or empty
//   times=0          how many replacements in each flow and direction; 0: all
//   xor=             hex: flips these bits in the first payload bytes of each selected segment,
//   offset=          or at this place of the subflow's stream (from 0)
//   mtu=1500         what grows beyond this leaves as two segments
//   ack=no           yes: a segment that lost all of its payload is acknowledged by the box (see cut)
//
// Examples:  edit:find=PORT,replace=port      edit:xor=0xff,nth=11,dir=c2s      edit:xor=01,offset=5000,path=p1
//
// Seen in the wild: application level gateways (FTP, SIP), header injection by carriers' HTTP proxies, broken hardware.
#include <algorithm>

#include "middleboxes/box.hh"
#include "path/rewriter.hh"
#include "util/error.hh"
#include "wire/search.hh"

namespace gauntlet {
namespace {

class Edit final : public Rewriter {
 public:
  Edit(const Params& p, Rng)
      : Rewriter(static_cast<size_t>(p.number("mtu")), p.flag("ack")),
        find_(p.text("find")),
        replace_(p.text("replace")),
        xor_(p.text("xor")),
        offset_(p.given("offset") ? p.number("offset") : -1),
        times_(static_cast<uint64_t>(p.number("times"))) {
    if (find_.empty() == xor_.empty()) throw UsageError("edit: say either find= (with replace=) or xor=");
    if (!find_.empty() && offset_ >= 0) throw UsageError("edit: offset= goes with xor=");
  }

 private:
  ConstBytes always_flipped(size_t size) const override {
    if (xor_.empty() || offset_ >= 0 || times_ != 0) return {};
    return {reinterpret_cast<const uint8_t*>(xor_.data()), std::min(size, xor_.size())};
  }

  void find(ConstBytes payload, int64_t position, const Seen&, Lane& lane) override {
    if (!xor_.empty()) return flip(payload, position, lane);
    // Only where nothing was sent on yet: behind a replacement that changes the length, all numbers are different.
    size_t from =
        static_cast<size_t>(std::clamp<int64_t>(lane.high - position, 0, static_cast<int64_t>(payload.size())));
    while (more(lane)) {
      from = find_text(payload, find_, from);
      if (from == kNowhere) return;
      lane.edits.add(position + static_cast<int64_t>(from), find_.size(), {replace_.begin(), replace_.end()});
      ++lane.done;
      from += find_.size();
    }
  }

  void flip(ConstBytes payload, int64_t position, Lane& lane) const {
    const int64_t end = position + static_cast<int64_t>(payload.size());
    if (offset_ < 0 && position < lane.high) return;  // seen before: edited then, if it was selected then
    const int64_t start = offset_ < 0 ? position : offset_;
    const int64_t first = std::max(start, position), last = std::min(start + static_cast<int64_t>(xor_.size()), end);
    if (first >= last || !more(lane)) return;
    const ConstBytes bits(reinterpret_cast<const uint8_t*>(xor_.data()), xor_.size());
    if (lane.edits.flip(first, bits.subspan(static_cast<size_t>(first - start), static_cast<size_t>(last - first))))
      ++lane.done;
  }

  bool more(const Lane& lane) const { return times_ == 0 || lane.done < times_; }

  std::string find_, replace_, xor_;
  int64_t offset_;
  uint64_t times_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const size_t find = p.text("find").size(), replace = p.text("replace").size();
  if (find == replace || !p.text("xor").empty()) return stream_edits(p, {"changed"}, false);
  std::vector<DeclaredEdit> all = stream_edits(p, {"changed", replace > find ? "inserted" : "deleted"});
  if (replace == 0) all.push_back({"injected", "", p.text("dir")});  // emptied, a segment is an acknowledgement
  return all;
}

}  // namespace

BoxEntry edit_box() {
  return {.schema = {.name = "edit",
                     .params = with_common(
                         {param("find", ParamType::bytes, "", "text, or hex behind 0x"),
                          param("replace", ParamType::bytes, "", "what stands there instead"),
                          number("times", "0", 0, UINT32_MAX, "replacements per flow and direction; 0: all"),
                          param("xor", ParamType::hex, "", "bits to flip"),
                          number("offset", "0", 0, INT64_MAX, "where in the stream to flip them"),
                          number("mtu", "1500", 576, 65535, "no larger packet leaves"),
                          param("ack", ParamType::boolean, "no", "acknowledge emptied segments")},
                         "both", "data"),
                     .declares = declares},
          .make = make_box<Edit>,
          .sees_all = true};
}

}  // namespace gauntlet
