// From what was seen to what it says: pure, so every run can be judged again and every rule is tested with tables.
#pragma once
#include "probe/findings.hh"
#include "probe/observation.hh"

namespace gauntlet {

TraceReport locate(const Observation&);
TraceReport locate_quotes(const Observation&);  // the same without sentences

// Adds what an agent's probes found on the way back. Hops there count from the destination: its neighbour is hop 1.
void add_way_back(const Observation& back, TraceReport& report);

// Where a translator is that no quote shows. Each observation holds two probes: one that passes it and one that it has
// no mapping for; the first goes to the destination, the second comes from there. Empty ones place nothing.
void place_translation(const Observation& forth, const Observation& back, TraceReport&);
// The reason for an interval without a place: only what arrived shows the change.
inline constexpr const char* kTranslatedBack = "quotes of translated packets are translated back";
// A box that renumbers segments and the quotes of them, but not the SACK blocks in these: they tell where it is.
void place_renumbering(TraceReport&);
// What is translated on both ways and was found in one place: the same box does both. Only where both ways are as long.
void place_by_other_way(const Observation&, TraceReport&);

// Smallest TTL with which this probe got an answer from the destination; 0: none did, or its answers do not say to
// what.
uint8_t distance_of(const ProbeRun&, const IpAddress& destination);
// The same over all TCP probes; where no answer says its TTL, the destination stands behind the last hop that was
// quoted.
uint8_t tcp_distance_of(const Observation&);
// Largest TTL whose quote a router sent back.
// A router says that this goes no further (destination unreachable: RFC 792 type 3, RFC 4443 type 1).
bool turned_back(const HopQuote&, const IpAddress& destination);
uint8_t last_hop_of(const ProbeRun&);

// The parts; each adds to the report.
void locate_fields(const Observation&, TraceReport&);  // forward path, from quotes (locate_fields.cc)
void locate_answers(const Observation&,
                    TraceReport&);  // what the destination answered, and what it did not (locate_answers.cc)
void locate_flow(const Observation&, TraceReport&);      // an open connection (locate_flow.cc)
void locate_distance(const Observation&, TraceReport&);  // proxies, TTL rewriting (locate_distance.cc)
void locate_surplus(const Observation&, TraceReport&);   // more than was sent (locate_surplus.cc)
void explain(const Observation&, TraceReport&);          // sentences and meanings (explain.cc)

// A finding with its id made: FIELD[.SEGMENT].DIRECTION: VERDICT.
TraceFinding make_finding(std::string field, std::string segment, PathDirection, std::string verdict);
// Adds it, or merges it with one of the same id whose interval overlaps: the intersection stays.
void add_finding(TraceReport&, TraceFinding);

}  // namespace gauntlet
