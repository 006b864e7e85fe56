// split: cuts segments into smaller ones
//
// A selected segment with more payload than `size` (or any, with `parts`) leaves as several, as segmentation offload
// makes them. FIN and PSH are on the last piece. The MPTCP options are copied or not as `options` says, and never
// changed: a mapping may cover more, or other, bytes than the piece that carries it.
//
// Parameters:
//   size=0          payload bytes in each piece; 0: use parts
//   parts=2         number of pieces, as equal as they can be: the first ones have a byte more
//   options=all     which pieces carry the segment's options: all, first or last
//   timestamps=yes  the timestamps option is on every piece whatever `options` says (RFC 7323 section 3.2 asks for it)
//
// Example:  split:size=500,options=first
//
// Seen in the wild: network cards and routers with segmentation offload copy all options to every piece; RFC 8684
// section 6 asks that a mapping survive both that and a box that keeps the options on one piece only.
#include <algorithm>

#include "middleboxes/box.hh"
#include "path/pieces.hh"

namespace gauntlet {
namespace {

class Split final : public Middlebox {
 public:
  Split(const Params& p, Rng)
      : size_(static_cast<size_t>(p.number("size"))),
        parts_(static_cast<size_t>(p.number("parts"))),
        on_(p.text("options") == "all"     ? OptionsOn::all
            : p.text("options") == "first" ? OptionsOn::first
                                           : OptionsOn::last),
        timestamps_(p.flag("timestamps")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const size_t payload = seen.layout.payload_size;
    const size_t parts = std::min(parts_, payload);  // of at least one byte
    if (payload <= std::max<size_t>(size_, 1) || !can_be_cut(p, seen.layout))
      return out.send(std::move(p), seen.toward);
    const size_t size = size_ != 0 ? size_ : payload / parts, longer = size_ != 0 ? 0 : payload % parts;
    send_pieces(std::move(p), seen.layout, size, longer, on_, timestamps_, seen.toward, out);
  }

 private:
  size_t size_, parts_;
  OptionsOn on_;
  bool timestamps_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  const std::string& dir = p.text("dir");
  std::vector<DeclaredEdit> all{{"split", "", dir}, {"ip_id_rewritten", "", dir}};
  all.push_back(p.text("options") == "all" ? DeclaredEdit{"copied_to_pieces", "", dir}
                                           : DeclaredEdit{"removed", "", dir});
  return all;
}

}  // namespace

BoxEntry split_box() {
  return {
      .schema = {.name = "split",
                 .params = with_common({number("size", "0", 0, 65535, "payload bytes per piece; 0: use parts"),
                                        number("parts", "2", 2, 1000, "number of pieces"),
                                        choice("options", {"all", "first", "last"}, "which pieces carry the options"),
                                        param("timestamps", ParamType::boolean, "yes", "timestamps on every piece")},
                                       "both", "data"),
                 .declares = declares},
      .make = make_box<Split>};
}

}  // namespace gauntlet
