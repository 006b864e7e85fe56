// --expect FILE: what a trace must find, for CI. One finding per line: its id, then optionally where it is: `@ LO-HI`
// (the interval must lie inside). '#' at the beginning or behind a blank begins a comment. An empty file expects a
// clean path.
#pragma once
#include <string>
#include <vector>

#include "probe/findings.hh"

namespace gauntlet {

struct Expectation {
  std::string id;
  int lo = 0, hi = kDestination;
  int line = 0;
};

std::vector<Expectation> parse_expectations(const std::string& text,
                                            const std::string& file);  // throws UsageError with the line
// One line per difference: what was expected and is not there, and what is there and was not expected. Empty: as
// expected.
std::vector<std::string> differences(const std::vector<Expectation>&, const TraceReport&);

}  // namespace gauntlet
