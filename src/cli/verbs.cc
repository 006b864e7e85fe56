#include <array>

#include "cli/cli.hh"
#include "cli/verb.hh"

namespace gauntlet {
namespace {

constexpr std::array<Verb, 2> kVerbs{{
    {"diff", "what happened between two captures of the same traffic", verb_diff},
    {"version", "the version of this binary", verb_version},
}};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace gauntlet
