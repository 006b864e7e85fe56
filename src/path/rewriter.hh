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
  // With `acknowledges`, a segment that lost all of its payload is acknowledged to its sender.
  explicit Rewriter(size_t mtu, bool acknowledges = false) : mtu_(mtu), acknowledges_(acknowledges) {}
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
  // Of a box that flips the same bits at the beginning of every selected segment, whatever stands there: these, `size`
  // at most. It is asked first, of what is new, and then find() is not. They must live as long as the box.
  virtual ConstBytes always_flipped(size_t size) const {
    static_cast<void>(size);
    return {};
  }

 private:
  // What the other end last said, as it went on, and the acknowledgement number it came with.
  struct Said {
    Packet packet;
    uint32_t ack = 0;
  };
  struct Flow {
    Lane lanes[2];  // by Direction
    Said said[2];   // likewise
  };
  struct Own {
    bool grew = false;
    std::optional<int64_t> emptied;  // it lost all of its payload, which ended here
  };
  void quote(Packet&, const Seen&);
  Own own_side(TcpEdit&, const Layout&, ConstBytes packet, const Seen&, Lane&);
  static void other_side(TcpEdit&, const Packet&, const Layout&, const Seen&, Lane&);
  static void acknowledge(ConstBytes options, int64_t to, const Seen&, const Flow&, Emit&);
  void finish(Packet, Layout, const Seen&, Emit&);

  size_t mtu_;
  bool acknowledges_;
  uint64_t edits_ = 0, cut_ = 0;
  StreamEdit::Piece piece_;  // of one segment: kept, since allocating it anew costs more than the edit
  PerFlow<Flow> flows_;
};

// What such a box declares: these kinds of its payload, and the numbers that follow where lengths change, what it cuts
// past its MTU, and with ack=yes what it acknowledges.
std::vector<DeclaredEdit> stream_edits(const Params&, const std::vector<std::string>& kinds, bool lengths = true);

}  // namespace gauntlet
