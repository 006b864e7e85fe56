// A flow of which every byte passes once: of what comes again only the new part goes on, or the copy that is kept.
#pragma once
#include "connection/segment_store.hh"
#include "connection/watch.hh"
#include "path/middlebox.hh"

namespace gauntlet {

struct OncePassed {
  struct Counts {
    uint64_t sent = 0, trimmed = 0;
    SegmentStore::Budget kept;  // by all flows
  };
  Watch watch;
  SegmentStore sent[2], held[2];  // by direction

  void forget() {
    for (auto* stores : {sent, held}) stores[0].clear(), stores[1].clear();
  }
  // `place` does not begin behind what passed. Old bytes go on from the copy that was kept (own), else as they came.
  void pass(Packet p, Layout l, const Watch::Place& place, Direction toward, bool own, Counts& counts, Emit& out) {
    const auto way = static_cast<size_t>(toward);
    Position& high = watch.high[way];
    if (place.end <= high) {
      bool found = false;
      if (own) {
        for (const auto& s : sent[way].all()) {
          if (s.end <= place.at || s.at >= place.end) continue;
          Packet copy = s.packet.copy();
          renew(copy, answer_of(TcpView(std::as_const(p).bytes(), l)));
          out.send(std::move(copy), toward);
          found = true;
          ++counts.sent;
        }
      }
      return found ? void() : out.send(std::move(p), toward);
    }
    Position at = place.at;
    if (high > at) {  // the part that is new
      TcpEdit edit(p, l);
      const auto old = std::min<size_t>(static_cast<size_t>(high - at), l.payload_size);
      if (edit.replace_payload(0, old, {})) {
        edit.set_seq(edit.view().seq() + static_cast<uint32_t>(old));
        at = high;
        ++counts.trimmed;
      }
    }
    sent[way].take(at, place.end, p, counts.kept);
    high = place.end;
    out.send(std::move(p), toward);
  }
};

}  // namespace gauntlet
