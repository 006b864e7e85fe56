#include "judge/shadow_subflow.hh"

namespace gauntlet {

const ShadowMapping* ShadowSubflow::covering(int64_t place) const {
  // Mappings may overlap (a sender may map again what it sends again): a few steps back find the one that reaches
  // furthest.
  auto it = mappings_.upper_bound(place);
  for (int steps = 0; steps < 64 && it != mappings_.begin(); ++steps) {
    --it;
    if (place < it->second.end()) return &it->second;
  }
  return nullptr;
}

const ShadowMapping* ShadowSubflow::behind(int64_t place) const {
  const auto it = mappings_.upper_bound(place);
  return it == mappings_.end() ? nullptr : &it->second;
}

}  // namespace gauntlet
