// Follows TCP flows and MPTCP connections past one point of the path and fills Seen. Bounded: past `limit` flows the one
// that was quiet longest is forgotten (and counted), so a SYN flood costs memory once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "path/seen.hh"
#include "wire/packet.hh"

namespace gauntlet {

class FlowTable {
 public:
  explicit FlowTable(size_t limit = 65536);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  Seen see(ConstBytes packet, Direction toward, Time now);

  struct Counts { uint64_t tcp = 0, udp = 0, icmp = 0, fragments = 0, junk = 0, other = 0, flows = 0, forgotten = 0; };
  const Counts& counts() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace gauntlet
