// What the ways to run `gauntlet trace` share: one host, a connection that is followed, a list of targets.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "capture/capture.hh"
#include "capture/in_order.hh"
#include "cli/options.hh"
#include "probe/expect.hh"
#include "probe/raw_transport.hh"
#include "probe/render.hh"
#include "probe/trace.hh"
#include "util/error.hh"
#include "util/json.hh"

namespace gauntlet {

// The prober's own exit codes; after sysexits.h where that has one.
enum TraceExit {
  kClean = 0,
  kInterference = 10,
  kNotAsExpected = 11,
  kInconclusive = 20,
  kBadUsage = 64,
  kUnreachable = 69,
  kCannotWrite = 74,
  kNoPrivilege = 77
};

using Expectations = std::optional<std::vector<Expectation>>;  // nullopt: --expect was not given

std::string read_file(const char* option, const std::string& path);  // throws UsageError
std::string read_secret(const Options&);                             // of --secret
Expectations read_expectations(const Options&);
TraceRequest trace_request(const Options&);  // all but the addresses; throws UsageError for a probe that cannot be
int family_of(const Options&);               // 4, 6, or 0: both

// `unexpected`: what differences() said; nullopt without --expect.
// Nothing unexpected does not make clean what could not be seen: 69 and 20 stay.
int exit_of(const TraceReport&, const std::optional<std::vector<std::string>>& unexpected);
int exit_of(const SystemError&);  // what the machine refused: the network, or a file
std::optional<std::vector<std::string>> unexpected_in(const Expectations&, const TraceReport&);
// One line, whatever bytes a name on the command line has.
std::string line_of(const Json& result);
// Throws UsageError for an option that this way to run would not look at.
void refuse(const Options&, std::initializer_list<const char*> others, const char* beside);
// As a table, or as one line of JSON that says this exit code.
void print_trace(const Options&, const TraceResult&, const TraceHeading&, int code);
// The same, and what was not as expected; returns the exit code.
int tell_trace(const Options&, const Expectations&, const TraceResult&, const TraceHeading&);

// --pcap: every packet that left and came in, or nothing. In the order of their times: ICMP has a queue of its own, and
// is read sooner or later than what came with it.
class FrameFile {
 public:
  explicit FrameFile(const Options&);
  ~FrameFile();  // writes what came; says nothing when that fails, as the writer's
  FrameFile(const FrameFile&) = delete;
  FrameFile& operator=(const FrameFile&) = delete;
  void frame(Time since_epoch, ConstBytes packet) {
    if (file_) order_.frame(since_epoch, packet);
  }
  bool wanted() const { return file_.has_value(); }
  void close(ProbeTransport&);  // what has arrived in the meantime is part of it

 private:
  std::optional<CaptureWriter> file_;
  InOrder order_{std::chrono::milliseconds(100), [this](Time time, ConstBytes packet) { file_->frame(time, packet); }};
};

int trace_host(const Options&, const std::string& host);
// --follow FLOW, or, when `command` is not empty, the connections of that command to the host.
int trace_follow(const Options&, const std::vector<std::string>& command);
int trace_targets(const Options&);  // --targets FILE

}  // namespace gauntlet
