// Which inside address and port is which outside one (RFC 4787: endpoint-independent mapping, paired pooling). Bounded
// by the outside ports there are and by `limit`: past it the mapping that was quiet longest goes.
#pragma once
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "path/endpoints.hh"
#include "path/prefix.hh"
#include "util/rng.hh"
#include "util/time.hh"

namespace gauntlet {

struct NatPorts {  // of one outside address and protocol, or one block of them
  uint32_t first = 0, count = 0, next = 0, used = 0;
};

struct NatMapping {
  Endpoint inside, outside;
  Translation out, in;  // what turns one into the other
  uint64_t serial = 0;  // of this mapping's life; another one after it was renewed
  Time used{};
  uint64_t packets = 0, bytes = 0;
  bool gone = false;     // the table lost it: `outside` belongs to nobody, or to somebody else
  bool renewed = false;  // it was lost before
  NatPorts* ports = nullptr;
  uint32_t older = 0, newer = 0;
};

class NatTable {
 public:
  struct Options {
    bool keep = false;                    // the same port where it is free
    uint16_t first = 1024, last = 65535;  // ports to give out
    uint16_t block = 0;  // each inside address has this many of them to itself; 0: all of its outside address's
    Duration idle{};     // a mapping that was quiet as long is lost; 0: none is
    uint64_t packets = 0, bytes = 0;  // lost once, when as many went through, either direction; 0: never
    size_t limit = 65536;
  };
  NatTable(const Prefix& pool, const Options&, Rng rng);

  // Valid until the next make(). Null where there is none. One that is due is lost now: it has `gone` set, and only
  // find_inside() still finds it.
  NatMapping* find_inside(const Endpoint& inside, Time now);
  NatMapping* find_outside(const Endpoint& outside, Time now);
  NatMapping* make(const Endpoint& inside, Time now);  // null: no port is free
  bool renew(NatMapping&, Time now);                   // gives a lost one another life; false: no port is free
  void use(NatMapping&, size_t bytes, Time now);       // a packet goes through

  // A mapping seen before, to be found again at once; null when its life is over.
  struct Handle {
    uint32_t index = UINT32_MAX;
    uint64_t serial = 0;
  };
  Handle handle(const NatMapping& m) const { return {static_cast<uint32_t>(&m - all_.data()), m.serial}; }
  NatMapping* at(Handle h, Time now) {
    if (h.index >= all_.size() || all_[h.index].serial != h.serial) return nullptr;
    NatMapping& m = all_[h.index];
    if (due(m, now)) lose(m);
    return &m;
  }

  const Prefix& pool() const { return pool_; }
  size_t size() const { return live_.count; }
  uint64_t forgotten() const { return forgotten_; }
  uint64_t lost() const { return lost_; }

 private:
  struct List {  // by use, quiet longest first
    uint32_t oldest = UINT32_MAX, newest = UINT32_MAX;
    size_t count = 0;
  };
  bool due(const NatMapping& m, Time now) const {
    if (m.gone) return false;
    if (options_.idle.count() != 0 && now - m.used >= options_.idle) return true;
    return !m.renewed && ((options_.packets != 0 && m.packets >= options_.packets) ||
                          (options_.bytes != 0 && m.bytes >= options_.bytes));
  }
  uint32_t number_of(const Endpoint& inside);
  NatPorts* ports_of(const Endpoint& inside, Endpoint& outside);
  bool give_outside(NatMapping&, Time now);
  void free_outside(NatMapping&);
  void lose(NatMapping&);
  void forget(uint32_t index);
  uint32_t index_of(const NatMapping& m) const { return static_cast<uint32_t>(&m - all_.data()); }
  void unlink(List&, NatMapping&);
  void append(List&, NatMapping&);

  Prefix pool_;
  Options options_;
  Rng rng_;
  uint64_t forgotten_ = 0, lost_ = 0, serial_ = 0;
  std::vector<NatMapping> all_;
  std::vector<uint32_t> free_;
  List live_, gone_;
  std::unordered_map<Endpoint, uint32_t, Endpoint::Hash> inside_, outside_;
  std::unordered_map<Endpoint, NatPorts, Endpoint::Hash> ports_;
  std::unordered_map<Endpoint, uint32_t, Endpoint::Hash> numbers_;  // of inside addresses, in order of appearance
};

}  // namespace gauntlet
