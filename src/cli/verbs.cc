#include <array>

#include "cli/cli.hh"
#include "cli/verb.hh"

namespace gauntlet {
namespace {

constexpr std::array<Verb, 1> kVerbs{{
    {"version", "the version of this binary", verb_version},
}};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace gauntlet
