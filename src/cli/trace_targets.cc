// gauntlet trace --targets FILE: one trace after the other, one line of JSON each, never faster than --rate, and where
// it left off when it is started again.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
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
  std::string text;  // "HOST" or "HOST PORT", as its line says; what is no UTF-8 in it is written as \xff
  std::string host;
  uint16_t port = 0;
};

// JSON holds text: bytes that are none would come back from a line of results as something else, and the target would
// be traced again at every start.
std::string as_text(std::string bytes) {
  if (Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace)) == Json(bytes)) return bytes;
  std::string out;
  for (const char c : bytes)
    out += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c)
                                                : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

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
    t.text = as_text(t.text);
    all.push_back(std::move(t));
  }
  return all;
}

// Every line of results begins like this, also one that was not finished.
const std::string kBegin = fmt::format("{{\"schema\":\"{}\"", kTraceSchema);

// Lines that are whole stay; what a run that was ended in the middle of one left behind it goes. Somebody else's file
// is left as it is.
class Results {
 public:
  explicit Results(const Options& options) {
    if (!options.given("out")) return;
    const std::string& path = options.text("out");
    file_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file_) throw UsageError(SystemError("--out: open " + path, errno).what());
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) < 0)
      throw UsageError(fmt::format("--out {}: another run writes to it", path));
    const std::string text = read_file("out", path);
    const size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
    const std::string_view rest = std::string_view(text).substr(whole);
    const size_t alike = std::min(rest.size(), kBegin.size());
    bool ours = rest.substr(0, alike) == kBegin.substr(0, alike);
    std::istringstream in(text.substr(0, whole));
    for (std::string line; ours && std::getline(in, line);) {
      const Json j = Json::parse(line, nullptr, false);
      ours = line.starts_with(kBegin) && j.is_object() && j.contains("target") && j["target"].is_string() &&
             j.contains("exit") && j["exit"].is_number_integer();
      if (ours) done_[j["target"]] = j["exit"];
    }
    if (!ours) throw UsageError(fmt::format("--out {}: holds something else than results of --targets", path));
    if (!rest.empty())
      check("cut " + path + " behind its last whole line", ::ftruncate(file_.get(), static_cast<off_t>(whole)));
  }
  // The exit code of a target that has been traced, in this run or an earlier one.
  std::optional<int> exit_of(const std::string& target) const {
    const auto known = done_.find(target);
    return known == done_.end() ? std::nullopt : std::optional(known->second);
  }
  void add(const Json& result) {
    const std::string line = line_of(result) + "\n";
    const int fd = file_ ? file_.get() : STDOUT_FILENO;
    for (size_t at = 0; at < line.size();)
      at += static_cast<size_t>(check_size("write a result", ::write(fd, line.data() + at, line.size() - at)));
    done_[result["target"]] = result["exit"];
  }

 private:
  Fd file_;
  std::map<std::string, int> done_;
};

// One line of results. What the machine refuses for one target (no route, a device that is down) is its line's, and the
// next one's turn comes.
Json trace_one(const Options& options, TraceRequest request, const Expectations& expected, const Target& target,
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
    try {
      RawTransport raw(request.source, request.destination);
      PacedTransport transport(raw, budget);
      result = trace(transport, request);
    } catch (const SystemError& e) {
      error = e.what();
    }
  }
  const auto unexpected = error.empty() ? unexpected_in(expected, result.report) : std::nullopt;
  const TraceHeading heading{target.host, target.port, result.established, result.took, ""};
  Json line = trace_json(result.seen, result.back, result.report, heading, exit_of(result.report, unexpected));
  line["target"] = target.text;
  if (!error.empty()) line["error"] = error;
  if (unexpected) line["unexpected"] = *unexpected;
  return line;
}

}  // namespace

int trace_targets(const Options& options) {
  refuse(options, {"follow", "agent", "agent-port", "secret", "for", "pcap"}, "--targets");
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
    if (!results.exit_of(target.text)) results.add(trace_one(options, request, expected, target, budget));
    exits.insert(*results.exit_of(target.text));  // of an earlier run, too
  }
  for (const int code : {kNotAsExpected, kInterference, kInconclusive, kUnreachable})
    if (exits.contains(code)) return code;
  return kClean;
}

}  // namespace gauntlet
