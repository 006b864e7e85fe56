// cut: takes payload bytes away and closes the gap
//
// Of each selected segment the first or last bytes never arrive. Sequence numbers behind them move down and
// acknowledgements up: to the sender everything was received as soon as the receiver says what it has. A retransmission
// is cut like the original; the mapping and its checksum still speak of all the bytes.
//
// Parameters:
//   bytes=0         how many of each segment; 0: all of its payload
//   from=front      front or back of the segment
//   ack=no          yes: a segment that lost all of its payload is acknowledged by the box, in the receiver's name and
//                   without any MPTCP option; no: the receiver's next acknowledgement covers it, whenever that comes,
//                   and a sender that waits for one alone sends it again
//
// Examples:  cut:nth=20,dir=c2s      cut:bytes=4,from=back,nth=20,dir=c2s
//
// Seen in the wild: gateways that take commands or attachments out of a session they still keep in step.
#include <algorithm>

#include "middleboxes/box.hh"
#include "path/rewriter.hh"

namespace gauntlet {
namespace {

class Cut final : public Rewriter {
 public:
  Cut(const Params& p, Rng)
      : Rewriter(65535, p.flag("ack")),
        bytes_(static_cast<size_t>(p.number("bytes"))),
        back_(p.text("from") == "back") {}

 private:
  void find(ConstBytes payload, int64_t position, const Seen&, Lane& lane) override {
    if (position < lane.high) return;  // what is behind it is on its way
    const size_t n = bytes_ == 0 ? payload.size() : std::min(bytes_, payload.size());
    const size_t at = back_ ? payload.size() - n : 0;
    if (lane.edits.add(position + static_cast<int64_t>(at), n, {})) ++lane.done;
  }

  size_t bytes_;
  bool back_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all = stream_edits(p, {"deleted"});
  all.push_back({"injected", "", p.text("dir")});  // a segment that lost all of its payload is an acknowledgement now
  return all;
}

}  // namespace

BoxEntry cut_box() {
  return {.schema = {.name = "cut",
                     .params = with_common({number("bytes", "0", 0, 65535, "how many; 0: all of the payload"),
                                            choice("from", {"front", "back"}, "which end"),
                                            param("ack", ParamType::boolean, "no", "acknowledge emptied segments")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Cut>,
          .sees_all = true};
}

}  // namespace gauntlet
