#include "cli/trace_parts.hh"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "util/error.hh"

namespace gauntlet {

std::string read_file(const char* option, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw UsageError(fmt::format("--{} {}: cannot be read", option, path));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_secret(const Options& options) {
  if (!options.given("secret")) throw UsageError("--agent needs --secret FILE, the same as the agent's");
  std::string secret = read_file("secret", options.text("secret"));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return secret;
}

Expectations read_expectations(const Options& options) {
  if (!options.given("expect")) return std::nullopt;
  return parse_expectations(read_file("expect", options.text("expect")), options.text("expect"));
}

TraceRequest trace_request(const Options& options) {
  TraceRequest request;
  request.port = static_cast<uint16_t>(options.number("port", 1, 65535));
  request.probes = options.all("probe");
  request.syn_only = options.flag("syn-only");
  request.limits.max_ttl = static_cast<uint8_t>(options.number("max-ttl", 1, 63));
  request.limits.tries = static_cast<uint8_t>(options.number("tries", 1, 10));
  (void)wanted_probes(request, false);
  return request;
}

int family_of(const Options& options) {
  if (options.flag("ipv4") && options.flag("ipv6")) throw UsageError("--ipv4 and --ipv6 exclude each other");
  return options.flag("ipv4") ? 4 : options.flag("ipv6") ? 6 : 0;
}

// Where nothing was to be found, as expected is what was seen to be so: not a host that cannot be reached, not a path
// that does not show itself.
int exit_of(const TraceReport& report, const std::optional<std::vector<std::string>>& unexpected) {
  const bool judged = unexpected && report.reach != Reach::silent;
  if (judged && !unexpected->empty()) return kNotAsExpected;
  if (!report.findings.empty()) return judged ? kClean : kInterference;
  if (report.reach == Reach::silent || report.reach == Reach::unreachable) return kUnreachable;
  return report.inconclusive ? kInconclusive : kClean;
}

int exit_of(const SystemError& e) {
  static constexpr int kFile[] = {ENOSPC, EDQUOT, EFBIG, EIO, EROFS, EPIPE};
  return std::find(std::begin(kFile), std::end(kFile), e.code().value()) == std::end(kFile) ? kUnreachable
                                                                                            : kCannotWrite;
}

std::optional<std::vector<std::string>> unexpected_in(const Expectations& expected, const TraceReport& report) {
  if (!expected) return std::nullopt;
  return differences(*expected, report);
}

std::string line_of(const Json& result) { return result.dump(-1, ' ', false, Json::error_handler_t::replace); }

void refuse(const Options& options, std::initializer_list<const char*> others, const char* beside) {
  for (const char* other : others)
    if (options.given(other)) throw UsageError(fmt::format("--{} does not go with {}", other, beside));
}

int tell_trace(const Options& options, const Expectations& expected, const TraceResult& result,
               const TraceHeading& heading) {
  const auto unexpected = unexpected_in(expected, result.report);
  const int code = exit_of(result.report, unexpected);
  print_trace(options, result, heading, code);
  for (const std::string& line : unexpected.value_or(std::vector<std::string>{})) fmt::print(stderr, "{}\n", line);
  return code;
}

void print_trace(const Options& options, const TraceResult& result, const TraceHeading& heading, int code) {
  if (options.flag("json")) {
    fmt::print("{}\n", line_of(trace_json(result.seen, result.back, result.report, heading, code)));
  } else {
    fmt::print("{}", trace_table(result.seen, result.report, heading));
  }
}

FrameFile::FrameFile(const Options& options) {
  if (!options.given("pcap")) return;
  try {
    file_.emplace(options.text("pcap"), "trace", LinkType::raw);
  } catch (const SystemError& e) {
    throw UsageError(e.what());
  }
}

FrameFile::~FrameFile() {
  try {
    if (file_) order_.all_leave();
  } catch (const SystemError&) {
  }
}

void FrameFile::close(ProbeTransport& transport) {
  if (!file_) return;
  while (transport.receive(transport.now())) {
  }
  order_.all_leave();
  file_->close();
}

}  // namespace gauntlet
