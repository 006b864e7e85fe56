#include "io/capture_session.hh"

#include <fmt/core.h>

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "util/error.hh"

namespace gauntlet {

CapturePoint parse_capture_point(const std::string& text) {
  const size_t last = text.rfind(':');
  if (last == std::string::npos) {
    if (text.empty()) throw UsageError("an interface to capture on has no name");
    return {"", text, 0};
  }
  const size_t first = text.find(':');
  CapturePoint p;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + last + 1, end, p.pid);
  if (first == last || error != std::errc{} || stop != end || p.pid <= 0 || first + 1 == last) {
    throw UsageError(fmt::format("'{}': say NODE:INTERFACE:PID, or the name of an interface in this namespace", text));
  }
  p.node = text.substr(0, first);
  p.interface = text.substr(first + 1, last - first - 1);
  return p;
}

CaptureSession::CaptureSession(const std::vector<CapturePoint>& points, const std::string& directory,
                               const CaptureRing::Options& options)
    : directory_(directory) {
  std::set<std::string> names;
  for (const CapturePoint& p : points) {
    if (!names.insert(p.interface).second) throw UsageError(fmt::format("interface {} is named twice", p.interface));
  }
  taps_.reserve(points.size());
  for (const CapturePoint& p : points) {
    const NetNamespace where = p.pid == 0 ? NetNamespace::current() : NetNamespace::of(p.pid);
    taps_.push_back({p, CaptureRing(where, p.interface, options), std::nullopt});
  }
}

void CaptureSession::watch(EventLoop& loop) {
  for (Tap& tap : taps_) {
    loop.watch(tap.ring.fd(), EventLoop::Ready::read, [&tap] {
      return tap.ring.read([&tap](const RingFrame& f) { tap.write(f); }) || tap.ring.clear_error();
    });
  }
}

std::optional<Json> CaptureSession::end() {
  // Also without a run: what was on the wire before the first one belongs to none.
  for (Tap& tap : taps_) tap.ring.drain([&tap](const RingFrame& f) { tap.write(f); });
  if (!run_) return std::nullopt;
  Json result = report();
  for (Tap& tap : taps_) {
    tap.file->close();
    tap.file.reset();
  }
  run_.reset();
  return result;
}

void CaptureSession::begin(const std::string& run) {
  if (run.empty() || run == "." || run == ".." || run.find('/') != std::string::npos) {
    throw UsageError(fmt::format("'{}' cannot be the name of a run: it becomes a folder", run));
  }
  const std::filesystem::path folder = std::filesystem::path(directory_) / run;
  std::filesystem::create_directories(folder);
  for (Tap& tap : taps_) {
    tap.file.emplace((folder / (tap.point.interface + ".pcapng")).string(), tap.point.interface, LinkType::ethernet);
    tap.ring.restart();
  }
  run_ = run;
}

Json CaptureSession::report() {
  if (!run_) return nullptr;
  Json interfaces = Json::array();
  for (Tap& tap : taps_) {
    const auto c = tap.ring.counts();
    interfaces.push_back({{"node", tap.point.node},
                          {"iface", tap.point.interface},
                          {"frames", c.frames},
                          {"dropped", c.dropped},
                          {"truncated", c.truncated},
                          {"file", fmt::format("{}/{}.pcapng", *run_, tap.point.interface)}});
  }
  return {{"report", "capture"}, {"run", *run_}, {"interfaces", interfaces}};
}

}  // namespace gauntlet
