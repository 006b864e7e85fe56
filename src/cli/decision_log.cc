#include "cli/decision_log.hh"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "path/classify.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostLines = 20'000;

// What a person needs to find the packet in a capture: numbers as they stand in it.
Json describe(ConstBytes bytes) {
  Json out = {{"bytes", bytes.size()}};
  const Layout layout = layout_of(bytes);
  if (!layout.tcp) {
    out["protocol"] = layout.proto;
    return out;
  }
  const TcpView tcp(bytes, layout);
  out["class"] = names_of(glance(tcp).classes & ~static_cast<Classes>(kClassAny | kClassNonsyn));
  out["sport"] = tcp.source();
  out["dport"] = tcp.destination();
  out["seq"] = tcp.seq();
  out["payload"] = layout.payload_size;
  return out;
}

// Offset in the IP packet of the first byte that differs.
size_t first_difference(ConstBytes a, ConstBytes b) {
  const auto n = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + n, b.begin()).first - a.begin());
}

}  // namespace

struct DecisionLog::File {
  std::ofstream out;
  size_t lines = 0, omitted = 0;
  std::optional<Time> began;
  // The packet at work.
  std::vector<uint8_t> original;
  Packet::Origin origin = Packet::kNoOrigin;
  Direction toward = Direction::to_server;
  Emit* next = nullptr;
  Json sent = Json::array();
  bool as_it_came = false;  // sent on once, with the same bytes, the same way, and nothing else

  void line(Time now, Json record) {
    if (!began) began = now;
    if (++lines > kMostLines) {
      ++omitted;
      return;
    }
    Json all = {{"us", std::chrono::duration_cast<std::chrono::microseconds>(now - *began).count()}};
    all.update(record);
    out << all.dump() << '\n';
  }
};

DecisionLog::DecisionLog(Chain chain, const std::string& path) : chain_(std::move(chain)) {
  if (path.empty()) return;
  file_ = std::make_unique<File>();
  file_->out.open(path, std::ios::trunc);
  if (!file_->out) throw EnvironmentError("cannot write " + path + ": does its folder exist, is the disk full?");
}

DecisionLog::~DecisionLog() {
  if (file_ && file_->omitted > 0) file_->out << Json{{"omitted", file_->omitted}}.dump() << '\n';
}

void DecisionLog::packet(Packet p, Direction toward, Time now, Emit& out) {
  if (!file_) return chain_.packet(std::move(p), toward, now, out);
  File& f = *file_;
  if (!f.began) f.began = now;
  const ConstBytes bytes = std::as_const(p).bytes();
  f.original.assign(bytes.begin(), bytes.end());
  f.origin = p.origin();
  f.toward = toward;
  f.next = &out;
  f.sent = Json::array();
  f.as_it_came = false;
  chain_.packet(std::move(p), toward, now, *this);
  if (f.as_it_came && f.sent.size() == 1) return;
  Json record = {{"packet", f.origin}, {"dir", name_of(toward)}};
  record.update(describe(f.original));
  record["sent"] = std::move(f.sent);
  f.line(now, std::move(record));
}

void DecisionLog::unasked(const char* why, Time now, Emit& out, bool ticking) {
  if (!file_) return ticking ? chain_.tick(now, out) : chain_.flush(out);
  File& f = *file_;
  f.original.clear();
  f.origin = Packet::kNoOrigin;
  f.next = &out;
  f.sent = Json::array();
  ticking ? chain_.tick(now, *this) : chain_.flush(*this);
  if (f.sent.empty()) return;
  Json record = {{"because", why}};
  record["sent"] = std::move(f.sent);
  f.line(now, std::move(record));
}

void DecisionLog::tick(Time now, Emit& out) { unasked("timer", now, out, true); }
void DecisionLog::flush(Emit& out) {
  unasked("end of run", file_ && file_->began ? *file_->began : Time{}, out, false);
}

void DecisionLog::send(Packet p, Direction toward) {
  File& f = *file_;
  const ConstBytes bytes = std::as_const(p).bytes();
  Json one = {{"dir", name_of(toward)}};
  one.update(describe(bytes));
  const bool same_bytes = bytes.size() == f.original.size() && !f.original.empty() &&
                          std::memcmp(bytes.data(), f.original.data(), bytes.size()) == 0;
  if (p.origin() == Packet::kNoOrigin) {
    one["what"] = same_bytes ? "copy" : "made";
  } else if (p.origin() != f.origin) {
    one["what"] = "held";
    one["packet"] = p.origin();
  } else {
    one["what"] = same_bytes ? "as it came" : "changed";
    if (!same_bytes) one["first_changed_byte"] = first_difference(bytes, f.original);
    f.as_it_came = same_bytes && toward == f.toward;
  }
  f.sent.push_back(std::move(one));
  f.next->send(std::move(p), toward);
}

}  // namespace gauntlet
