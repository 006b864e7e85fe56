// Which subflows belong together, from the keys and tokens that pass by (RFC 8684 3.1, 3.2). One entry per MPTCP
// connection with at least one flow in the table; it goes with its last flow.
#pragma once
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "path/seen.hh"

namespace gauntlet {

class Connections {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // A flow whose entry is `current` (or kNone) carried this MP_CAPABLE; gives its entry from now on.
  uint32_t capable(uint32_t current, Direction toward, bool first_syn, ConstBytes option);
  // A flow began with this MP_JOIN; kNone when the token is not known.
  uint32_t join(ConstBytes option);
  void leave(uint32_t entry);  // a flow is forgotten
  Connection* at(uint32_t entry) { return entry == kNone ? nullptr : &entries_[entry].connection; }

 private:
  struct Entry {
    Connection connection;
    uint32_t flows = 0;
  };
  uint32_t make();
  uint32_t learn(uint32_t entry, bool client, uint64_t key);

  std::deque<Entry> entries_;  // never moves: boxes see pointers
  std::vector<uint32_t> free_;
  std::unordered_map<uint32_t, uint32_t> by_token_;
  uint32_t last_id_ = 0;
};

}  // namespace gauntlet
