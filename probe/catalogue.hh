// The probes with a name: what `gauntlet list probes` prints and `--probe NAME` takes.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace gauntlet {

enum class ProbePhase { first, established };  // first: no connection needed

struct NamedProbe {
  const char* name;
  ProbePhase phase;
  bool battery;  // sent when no --probe is given; routers that limit answer the first ones, so order is by value
  const char* spec;
  const char* reveals;  // one sentence
};

std::span<const NamedProbe> probes();
const NamedProbe* find_probe(std::string_view name);  // null when there is none

}  // namespace gauntlet
