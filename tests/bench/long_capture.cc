// Writes two captures of the same traffic, as long as one likes: `long_capture CLIENT SERVER MEGABYTES`, half for each.
//
// Eight TCP flows at once, segments of 1000 bytes with time stamps, one acknowledgement for two of them. Between the
// two points one segment in 1000 is lost (and sent again 20 segments later) and one in 5000 has one byte changed.
// Prints what a diff has to find, as JSON: {"frames":N,"dropped":D,"changed":C}.
#include <fmt/core.h>

#include <charconv>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

#include "capture/capture.hh"
#include "util/rng.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

constexpr size_t kHeaders = 52, kPayload = 1000;
constexpr uint32_t kFlows = 8;

struct Segment {
  uint32_t flow;
  bool to_server;
  uint8_t flags;
  uint32_t seq, ack;
  size_t size;
  uint16_t id;
  uint32_t stamp = 0;  // time stamp: milliseconds when it was sent
};

class Traffic {
 public:
  Traffic(const std::string& client, const std::string& server)
      : client_(client, "client", LinkType::raw), server_(server, "server", LinkType::raw) {}

  void run(uint64_t bytes) {
    for (uint32_t f = 0; f < kFlows; ++f) {
      pass({f, true, kSyn, 0, 0, 0, next_id()});
      pass({f, false, kSyn | kAck, 0, 1, 0, next_id()});
      pass({f, true, kAck, 1, 1, 0, next_id()});
    }
    for (uint32_t sent = 0; written_ < bytes; ++sent) {
      const uint32_t f = sent % kFlows;
      const Segment s{f, true, kAck | kPsh, 1 + at_[f], 1, kPayload, next_id()};
      at_[f] += kPayload;
      if (sent % 1000 == 999) {
        write(client_, s);
        lost_.push_back({sent + 20, s});
        ++dropped_;
      } else {
        pass(s, sent % 5000 == 2500);
      }
      if (sent / kFlows % 2 == 1) pass({f, false, kAck, 1, 1 + at_[f], 0, next_id()});
      while (!lost_.empty() && lost_.front().first <= sent) {
        lost_.front().second.id = next_id();
        pass(lost_.front().second);
        lost_.pop_front();
      }
    }
    for (auto& [when, s] : lost_) pass(s);
    client_.close();
    server_.close();
    fmt::print("{{\"frames\":{},\"dropped\":{},\"changed\":{}}}\n", frames_, dropped_, changed_);
  }

 private:
  uint16_t next_id() { return ++id_; }
  void pass(Segment s, bool change = false) {
    s.stamp = static_cast<uint32_t>(time_.count() / 1'000'000);
    changed_ += change ? 1 : 0;
    write(s.to_server ? client_ : server_, s);
    write(s.to_server ? server_ : client_, s, true, change);
  }
  void write(CaptureWriter& file, const Segment& s, bool behind = false, bool change = false) {
    const size_t size = kHeaders + s.size;
    uint8_t* b = packet_;
    std::memset(b, 0, kHeaders);
    b[0] = 0x45;
    store16(b + 2, static_cast<uint16_t>(size));
    store16(b + 4, s.id);
    b[8] = behind ? 63 : 64;
    b[9] = kProtoTcp;
    store32(b + (s.to_server ? 12 : 16), 0xc0000201);
    store32(b + (s.to_server ? 16 : 12), 0xc6336401);
    store16(b + (s.to_server ? 20 : 22), static_cast<uint16_t>(40000 + s.flow));
    store16(b + (s.to_server ? 22 : 20), 5000);
    store32(b + 24, s.seq + 1'000'000 * (s.flow + 1));
    store32(b + 28, (s.flags & kAck) != 0 ? s.ack + 1'000'000 * (s.flow + 1) : 0);
    b[32] = 0x80;
    b[33] = s.flags;
    store16(b + 34, 500);
    std::memcpy(b + 40, "\x01\x01\x08\x0a", 4);
    store32(b + 44, s.stamp);
    store32(b + 48, 1);
    Rng bytes(s.seq);
    for (size_t k = 0; k < s.size; k += 8) {
      const uint64_t word = bytes.next();
      std::memcpy(b + kHeaders + k, &word, 8);
    }
    if (change) b[kHeaders + 500] ^= 0x20;
    write_checksums({b, size});
    time_ += std::chrono::microseconds(5);
    file.frame(time_, {b, size});
    written_ += size + 32;
    ++frames_;
  }

  CaptureWriter client_, server_;
  Time time_ = std::chrono::seconds(1'700'000'000);
  uint32_t at_[kFlows] = {};
  uint16_t id_ = 0;
  std::deque<std::pair<uint32_t, Segment>> lost_;
  uint64_t written_ = 0, frames_ = 0, dropped_ = 0, changed_ = 0;
  uint8_t packet_[kHeaders + kPayload] = {};
};

}  // namespace
}  // namespace gauntlet

int main(int argc, char** argv) {
  uint64_t megabytes = 0;
  const std::string_view number = argc == 4 ? argv[3] : "";
  const auto read = std::from_chars(number.data(), number.data() + number.size(), megabytes);
  if (number.empty() || read.ptr != number.data() + number.size() || megabytes == 0 || megabytes > 1'000'000) {
    fmt::print(stderr, "long_capture CLIENT SERVER MEGABYTES\n");
    return 2;
  }
  gauntlet::Traffic(argv[1], argv[2]).run(megabytes << 20);
  return 0;
}
