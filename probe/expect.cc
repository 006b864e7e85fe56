#include "probe/expect.hh"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "util/error.hh"

namespace gauntlet {
namespace {

std::string trimmed(const std::string& s) {
  const size_t first = s.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
}

bool fits(const Expectation& e, const TraceFinding& f) {
  return f.id == e.id && f.interval.lo >= e.lo && f.interval.hi <= e.hi;
}

}  // namespace

std::vector<Expectation> parse_expectations(const std::string& text, const std::string& file) {
  std::vector<Expectation> all;
  std::istringstream in(text);
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    Expectation e;
    e.line = n;
    const size_t at = line.find('@');
    e.id = trimmed(line.substr(0, at));
    if (e.id.find(": ") == std::string::npos)
      throw UsageError(fmt::format("{}:{}: '{}' is not a finding's id (FIELD.DIRECTION: VERDICT)", file, n, e.id));
    if (at != std::string::npos && std::sscanf(line.c_str() + at, "@ %d-%d", &e.lo, &e.hi) != 2)
      throw UsageError(fmt::format("{}:{}: after '@' an interval of hops LO-HI is wanted", file, n));
    all.push_back(std::move(e));
  }
  return all;
}

std::vector<std::string> differences(const std::vector<Expectation>& expected, const TraceReport& report) {
  std::vector<std::string> out;
  for (const Expectation& e : expected)
    if (std::none_of(report.findings.begin(), report.findings.end(), [&](const TraceFinding& f) { return fits(e, f); }))
      out.push_back(fmt::format("expected and not found: {} (line {})", e.id, e.line));
  for (const TraceFinding& f : report.findings)
    if (std::none_of(expected.begin(), expected.end(), [&](const Expectation& e) { return fits(e, f); }))
      out.push_back(
          fmt::format("found and not expected: {} between hop {} and hop {}", f.id, f.interval.lo, f.interval.hi));
  return out;
}

}  // namespace gauntlet
