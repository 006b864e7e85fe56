// Where along the path a field changed: the interval rule.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "probe/findings.hh"

namespace gauntlet {

// What one hop says about one field.
struct HopState {
  uint8_t ttl = 0;
  FieldState state;
  bool checksum_updated = false;         // of the same quote
  std::optional<uint16_t> sum_change{};  // of the same quote's TCP checksum
  bool same_length = false;              // the quoted IP total length is what was sent: nothing has been cut out yet
};

struct Transition {
  HopInterval interval;
  FieldState from, to;  // from.evidence == equal: from what was sent
  bool back = false;    // to what it was before an earlier change
};

struct FieldPath {
  std::vector<Transition> transitions;
  std::vector<uint8_t> artefacts;  // single hops that contradict both neighbours: damage done by the quoting router
};

// `hops` ascends by TTL and has every TTL before the destination once. `any_value`: the sent value differs from TTL to
// TTL, so two changes are the same whatever they changed it to. Ambiguous states count only when a later hop settles
// them; what stays ambiguous is left to the caller.
FieldPath follow(const std::vector<HopState>& hops, bool any_value = false);

}  // namespace gauntlet
