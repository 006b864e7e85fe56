// A seeded generator that gives the same numbers on every platform (the standard library's distributions do not).
// xoshiro256** by Blackman and Vigna, seeded through SplitMix64.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace gauntlet {

class Rng {
 public:
  explicit Rng(uint64_t seed);

  uint64_t next();
  uint64_t below(uint64_t bound);          // 0 .. bound-1; 0 when bound is 0
  bool chance(double probability);         // true with this probability, 0 .. 1
  Rng fork(std::string_view name);         // an independent stream; the same name from the same state gives the same one

 private:
  std::array<uint64_t, 4> state_{};
};

uint64_t hash64(std::string_view text, uint64_t seed = 0);  // FNV-1a, finished with SplitMix64; stable for ever

}  // namespace gauntlet
