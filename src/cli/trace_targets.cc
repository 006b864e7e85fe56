// gauntlet trace --targets FILE: one trace after the other, one line of JSON each, never faster than --rate, and where
// it left off when it is started again.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/trace_parts.hh"
#include "probe/paced_transport.hh"
#include "util/error.hh"
#include "util/fd.hh"

namespace gauntlet {
namespace {

constexpr uint64_t kDefaultRate = 1000;

struct Target {
  std::string text;  // "HOST" or "HOST PORT", as its line says
  std::string host;
  uint16_t port = 0;
};

std::vector<Target> read_targets(const Options& options) {
  const std::string& file = options.text("targets");
  std::istringstream in(read_file("targets", file));
  std::vector<Target> all;
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    std::istringstream words(line.substr(0, line.find('#')));
    Target t;
    std::string port, more;
    if (!(words >> t.host)) continue;
    t.port = static_cast<uint16_t>(options.number("port", 1, 65535));
    t.text = t.host;
    if (words >> port) {
      unsigned number = 0;
      const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
      if (error != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535 || words >> more)
        throw UsageError(fmt::format("{}:{}: HOST or HOST PORT is wanted", file, n));
      t.port = static_cast<uint16_t>(number);
      t.text += " " + port;
    }
    all.push_back(std::move(t));
  }
  return all;
}

// Lines that are whole stay; what a run that was ended in the middle of one left behind it goes.
class Results {
 public:
  explicit Results(const Options& options) {
    if (!options.given("out")) return;
    const std::string& path = options.text("out");
    file_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file_) throw UsageError(SystemError("--out: open " + path, errno).what());
    std::string text = read_file("out", path);
    text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    check("cut " + path + " behind its last whole line", ::ftruncate(file_.get(), static_cast<off_t>(text.size())));
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      const Json j = Json::parse(line, nullptr, false);
      if (!j.is_object() || !j.contains("target") || !j["target"].is_string())
        throw UsageError(fmt::format("--out {}: holds something else than results of --targets", path));
      done_.insert(j["target"].get<std::string>());
    }
  }
  bool has(const std::string& target) const { return done_.contains(target); }
  void add(const Json& result) {
    const std::string line = result.dump() + "\n";
    const int fd = file_ ? file_.get() : STDOUT_FILENO;
    for (size_t at = 0; at < line.size();)
      at += static_cast<size_t>(check_size("write a result", ::write(fd, line.data() + at, line.size() - at)));
    done_.insert(result["target"].get<std::string>());
  }

 private:
  Fd file_;
  std::set<std::string> done_;
};

struct One {
  Json line;
  int exit = kUnreachable;
};

One trace_one(const Options& options, TraceRequest request, const Expectations& expected, const Target& target,
              SendBudget& budget) {
  TraceResult result;
  std::string error;
  request.port = target.port;
  result.seen.port = target.port;
  const auto addresses = resolve(target.host, family_of(options));
  if (addresses.empty()) {
    error = "no address for this name";
  } else {
    request.destination = result.seen.destination = addresses.front();
    try {
      request.source = source_towards(request.destination);
    } catch (const SystemError& e) {
      error = e.what();
    }
  }
  if (error.empty()) {
    RawTransport raw(request.source, request.destination);
    PacedTransport transport(raw, budget);
    result = trace(transport, request);
  }
  const auto unexpected = error.empty() ? unexpected_in(expected, result.report) : std::nullopt;
  One one;
  one.exit = exit_of(result.report, unexpected);
  const TraceHeading heading{target.host, target.port, result.established, result.took, ""};
  one.line = trace_json(result.seen, result.back, result.report, heading, one.exit);
  one.line["target"] = target.text;
  if (!error.empty()) one.line["error"] = error;
  return one;
}

}  // namespace

int trace_targets(const Options& options) {
  for (const char* other : {"follow", "agent", "pcap"})
    if (options.given(other)) throw UsageError(fmt::format("--{} does not go with --targets", other));
  if (!options.words().empty()) throw UsageError("--targets names the hosts: no HOST beside it");
  const TraceRequest request = trace_request(options);
  (void)family_of(options);
  const Expectations expected = read_expectations(options);
  const std::vector<Target> targets = read_targets(options);
  Results results(options);
  SendBudget budget(static_cast<uint32_t>(options.given("rate") ? options.number("rate", 1, 1000000) : kDefaultRate));
  keep_net_raw_only();
  std::set<int> exits;
  for (const Target& target : targets) {
    if (results.has(target.text)) continue;  // of an earlier run, or listed twice
    const One one = trace_one(options, request, expected, target, budget);
    results.add(one.line);
    exits.insert(one.exit);
  }
  for (const int code : {kNotAsExpected, kInterference, kInconclusive, kClean})
    if (exits.contains(code)) return code;
  return exits.empty() ? kClean : kUnreachable;
}

}  // namespace gauntlet
