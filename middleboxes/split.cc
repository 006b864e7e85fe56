// split: cuts segments into smaller ones
//
// A selected segment with more payload than `size` (or any, with `parts`) leaves as several, as segmentation offload
// makes them. FIN and PSH are on the last piece. The MPTCP options are copied or not as `options` says, and never
// changed: a mapping may cover more, or other, bytes than the piece that carries it.
//
// Parameters:
//   size=0          payload bytes in each piece; 0: use parts
//   parts=2         number of pieces, as equal as they can be: the first ones have a byte more
//   at=             instead of both, the only cuts: places in the stream of the flow and direction, joined by +, 0 for
//                   its first byte; or mapping: where a mapping that the segment carries begins or ends
//   by=0            with at=: this many bytes behind there; below 0: in front
//   options=all     which pieces carry the segment's options: all, first or last
//   timestamps=yes  the timestamps option is on every piece whatever `options` says (RFC 7323 section 3.2 asks for it)
//
// Examples:  split:size=500,options=first      split:at=1000+2500      split:at=mapping,by=-1
//
// Seen in the wild: network cards and routers with segmentation offload copy all options to every piece; RFC 8684
// section 6 asks that a mapping survive both that and a box that keeps the options on one piece only.
#include <algorithm>

#include "middleboxes/box.hh"
#include "path/pieces.hh"
#include "path/places.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

class Split final : public Middlebox {
 public:
  Split(const Params& p, Rng)
      : size_(static_cast<uint32_t>(p.number("size"))),
        parts_(static_cast<uint32_t>(p.number("parts"))),
        on_(p.text("options") == "all"     ? OptionsOn::all
            : p.text("options") == "first" ? OptionsOn::first
                                           : OptionsOn::last),
        timestamps_(p.flag("timestamps")),
        places_(p.text("at"), "split: at=", Places::For::cutting),
        by_(p.number("by")) {
    if (p.given("at") && (p.given("size") || p.given("parts")))
      throw UsageError("split: say either at=, size= or parts=");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const uint32_t payload = seen.layout.payload_size;
    if (payload <= std::max<uint32_t>(size_, 1) || !can_be_cut(p, seen.layout))
      return out.send(std::move(p), seen.toward);
    if (places_.named()) {
      cut_at_places(std::as_const(p).bytes(), seen);
      if (ends_.size() == 1) return out.send(std::move(p), seen.toward);
    } else {
      const uint32_t parts = std::min(parts_, payload);  // of at least one byte
      size_ != 0 ? ends_by_size(payload, size_, 0, ends_)
                 : ends_by_size(payload, payload / parts, payload % parts, ends_);
    }
    send_pieces(std::move(p), seen.layout, ends_, on_, timestamps_, seen.toward, out);
  }

 private:
  void cut_at_places(ConstBytes packet, const Seen& seen) {
    const TcpView tcp(packet, seen.layout);
    const auto begin = Places::begin_of(tcp, seen);
    ends_ = {seen.layout.payload_size};
    if (!begin) return;
    for (const uint32_t place : places_.known_to(tcp.options())) {
      const int64_t end = static_cast<int32_t>(place - *begin) + by_;
      if (end > 0 && end < seen.layout.payload_size) ends_.push_back(static_cast<uint32_t>(end));
    }
    std::ranges::sort(ends_);
    ends_.erase(std::ranges::unique(ends_).begin(), ends_.end());
  }

  uint32_t size_, parts_;
  OptionsOn on_;
  bool timestamps_;
  Places places_;
  int64_t by_;
  std::vector<uint32_t> ends_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"split", "", dir}};
  if (p.text("options") == "all") all.push_back({"copied_to_pieces", "", dir});
  return all;
}

}  // namespace

BoxEntry split_box() {
  return {
      .schema = {.name = "split",
                 .params = with_common({number("size", "0", 0, 65535, "payload bytes per piece; 0: use parts"),
                                        number("parts", "2", 2, 1000, "number of pieces"),
                                        param("at", ParamType::text, "", "the only cuts: places, or mapping"),
                                        number("by", "0", -65535, 65535, "bytes behind the places of at="),
                                        choice("options", {"all", "first", "last"}, "which pieces carry the options"),
                                        param("timestamps", ParamType::boolean, "yes", "timestamps on every piece")},
                                       "both", "data"),
                 .declares = declares},
      .make = make_box<Split>};
}

}  // namespace gauntlet
