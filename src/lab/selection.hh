// Which cells a run is made of, and in which order.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "scenario/scenario.hh"

namespace gauntlet {

struct Selection {
  std::vector<std::string> patterns = {};  // any of them; none and no filter: the tag `core`
  std::string filter = {};                 // and this, when given
  unsigned shard = 1, shards = 1;          // --shard K/N: the cells whose id hashes to K; the same wherever it runs
  unsigned repeat = 1;
  bool shuffle = false;
  uint64_t seed = 1;  // of the order, and of every cell's own seed
};

struct SelectedCell {
  Cell cell;
  unsigned round = 1;        // 1 .. repeat
  std::string name() const;  // the cell's id; from round 2 on with "~ROUND" behind it
};

// The scenarios must outlive the cells. Throws UsageError for a malformed pattern.
std::vector<SelectedCell> select(const std::vector<Scenario>&, const Selection&);

// "2/5" -> {2, 5}. Throws UsageError.
std::pair<unsigned, unsigned> parse_shard(const std::string&);

}  // namespace gauntlet
