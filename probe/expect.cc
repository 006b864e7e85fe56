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

std::string without_comment(const std::string& line) {
  for (size_t at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1))
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  return line;
}

bool read_interval(const std::string& text, Expectation& e) {
  int end = 0;
  if (std::sscanf(text.c_str(), " %3d-%3d%n", &e.lo, &e.hi, &end) != 2) return false;
  return text.find_first_not_of(" \t", static_cast<size_t>(end)) == std::string::npos && e.lo >= 0 && e.lo <= e.hi &&
         e.hi <= kDestination;
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
    line = trimmed(without_comment(line));
    if (line.empty()) continue;
    Expectation e;
    e.line = n;
    const size_t at = line.find('@');
    e.id = trimmed(line.substr(0, at));
    if (e.id.find(": ") == std::string::npos)
      throw UsageError(fmt::format("{}:{}: '{}' is not a finding's id (FIELD.DIRECTION: VERDICT)", file, n, e.id));
    if (at != std::string::npos && !read_interval(line.substr(at + 1), e))
      throw UsageError(fmt::format("{}:{}: after '@' an interval of hops LO-HI is wanted, 0-{} at most", file, n,
                                   int{kDestination}));
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
