#include "cli/cli.hh"
#include "cli/verb.hh"

namespace gauntlet {
namespace {

// One line per verb, so that a new one touches nothing else.
constexpr Verb kVerbs[] = {
    {"box", "a chain of boxes on live packets or over a capture", verb_box},
    {"capture", "captures several interfaces in several network namespaces", verb_capture},
    {"diff", "what happened between two captures of the same traffic", verb_diff},
    {"doctor", "what this machine can run, and what to do about each \"no\"", verb_doctor},
    {"list", "the boxes and the scenarios there are", verb_list},
    {"run", "the lab: Mininet, NFQUEUE boxes, kernel MPTCP endpoints; default: the tag core", verb_run},
    {"judge", "judges the evidence of cells again", verb_judge},
    {"report", "results.jsonl as matrix, Markdown, JUnit, KTAP, badge; what changed", verb_report},
    {"gate", "pass or fail against ci/expectations.toml", verb_gate},
    {"nodes", "network namespaces for a cell's nodes, as long as somebody listens", verb_nodes},
    {"set-up", "settings, addresses, routes and queue rules of a cell's nodes", verb_set_up},
    {"serve", "the server of the endpoint pair: kernel MPTCP, or TCP as control", verb_serve},
    {"connect", "the client of the endpoint pair", verb_connect},
    {"trace", "the prober: which hop does what to Multipath TCP", verb_trace},
    {"version", "the version of this binary", verb_version},
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace gauntlet
