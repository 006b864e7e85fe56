// A trace as a table for people, and as JSON (probe/trace.schema.json).
#pragma once
#include <string>

#include "probe/findings.hh"
#include "util/json.hh"

namespace gauntlet {

inline constexpr const char* kTraceSchema = "gauntlet-trace/1";

struct TraceHeading {
  std::string host;  // as asked for
  uint16_t port = 0;
  bool established = false;  // a connection was opened for the probes that need one
  Duration took{};
  std::string followed{};  // a sentence on what was sent, when a real connection was followed
};

std::string trace_table(const Observation&, const TraceReport&, const TraceHeading&);
Json trace_json(const Observation&, const Observation& back, const TraceReport&, const TraceHeading&, int exit_code);
std::string probe_list();  // what `gauntlet list probes` prints
Json probe_list_json();

}  // namespace gauntlet
