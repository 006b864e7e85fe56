// A translator of the client's addresses and ports, with a table for each family of its pool: which mapping a packet
// has, what becomes of one whose mapping was lost, and of the ICMP errors about them. A box derives from it and only
// says how.
#pragma once
#include <array>
#include <vector>

#include "path/middlebox.hh"
#include "path/nat_table.hh"
#include "path/per_flow.hh"
#include "path/quote_edit.hh"

namespace gauntlet {

class Translator : public Middlebox {
 public:
  struct Options {
    NatTable::Options table;
    bool hairpin = true;  // the client's packets to the pool go to whom they stand for (RFC 4787 6); else dropped
    bool quotes = true;   // what ICMP errors quote is translated, too (RFC 5508 4.2)
    enum class Lost { renewed, silent, reset } lost = Lost::renewed;  // the packets of a mapping that is lost
  };
  // One pool per family at most.
  Translator(const std::vector<Prefix>& pools, const Options&, Rng);

  void packet(Packet, const Seen&, Emit&) final;
  Json state() const final;

 private:
  NatTable* table_of(const Layout&);
  NatMapping* mapping_of(ConstBytes, const Seen&, NatTable&);
  void error(Packet&, const Seen&, const Quote&, NatTable&) const;
  void up(Packet, const Seen&, NatTable&, Emit&);
  void down(Packet, const Seen&, NatTable&, Emit&);
  void refuse(const Packet&, const Seen&, Emit&);
  void drop() { ++unwanted_; }

  Options options_;
  std::vector<NatTable> tables_;
  PerFlow<std::array<NatTable::Handle, 2>> handles_;  // by direction
  uint64_t unwanted_ = 0;
};

}  // namespace gauntlet
