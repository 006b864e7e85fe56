// A box that edits payload as an application level gateway does: it replaces bytes of the stream and keeps sequence
// numbers, acknowledgements and SACK blocks of both ends consistent. A box derives from it and only says what to
// replace.
#pragma once
#include "path/middlebox.hh"
#include "path/per_flow.hh"
#include "path/stream_edit.hh"
#include "wire/tcp.hh"

namespace gauntlet {

class Rewriter : public Middlebox {
 public:
  // No packet longer than `mtu` leaves: the surplus goes in a segment of its own.
  explicit Rewriter(size_t mtu) : mtu_(mtu) {}
  void packet(Packet, const Seen&, Emit&) final;
  Json state() const override;

 protected:
  struct Lane {
    StreamEdit edits;
    int64_t high = 0;   // furthest old position seen
    uint64_t done = 0;  // for the box: how many edits it made here
  };
  // `payload` stands at `position` of the stream and was selected. Bytes before lane.high were seen already: only edits
  // that keep the length may be added there.
  virtual void find(ConstBytes payload, int64_t position, const Seen&, Lane&) = 0;

 private:
  struct Flow {
    Lane lanes[2];  // by Direction
  };
  void quote(Packet&, const Seen&);
  bool own_side(TcpEdit&, const Layout&, bool intact, const Seen&, Lane&);
  static void other_side(TcpEdit&, uint32_t isn, const Lane&);
  void finish(Packet, Layout, const Seen&, Emit&);

  size_t mtu_;
  uint64_t edits_ = 0, cut_ = 0;
  PerFlow<Flow> flows_;
};

// What such a box declares: these kinds of its payload, and the numbers that follow where lengths change.
std::vector<DeclaredEdit> stream_edits(const Params&, const std::vector<std::string>& kinds, bool lengths = true);

}  // namespace gauntlet
