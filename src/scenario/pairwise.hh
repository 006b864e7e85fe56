// Which cells of a big product are enough: the fewest (greedily) that show every pair of values that occur together.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "scenario/scenario.hh"

namespace gauntlet {

// What varies between cells: the axes family, checksum, paths and load, and of the interference the family of
// scenarios, the boxes, where they stand and what path, direction, segment class and timing they act on.
// "dimension=value".
std::vector<std::string> features_of(const Cell&);

// Indexes of the chosen cells, ascending. Every expectation of every scenario is shown, and every pair of features of
// two dimensions that any cell has. Depends on ids and features only: not on the order, not on a clock. `most`: at most
// that many, those that show the most first.
std::vector<size_t> pairwise(const std::vector<Cell>&, size_t most = SIZE_MAX);

}  // namespace gauntlet
