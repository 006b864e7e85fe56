// Checks a received stream against what was sent, piece by piece as it arrives, and names the origin of the first wrong
// bytes.
#pragma once
#include "payload/payload.hh"

namespace gauntlet {

// Where bytes that stand in the wrong place come from.
struct PayloadOrigin {
  uint64_t at = 0;          // offset in the received stream from which on this holds
  Payload stream;           // usually the one that was expected; another one: reflected, or of another run
  uint64_t belongs_to = 0;  // offset in that stream of the byte received at `at`
};

struct FirstWrong {
  uint64_t offset = 0;       // the first received byte that differs from the one sent there
  std::vector<uint8_t> got;  // what was received from there on, at most kWindow bytes
  // `at` == offset: the wrong bytes are of that stream. `at` > offset: foreign bytes first (an insertion, an edit),
  // then that. nullopt: no whole line, at any alignment, within the window.
  std::optional<PayloadOrigin> origin;
};

class PayloadVerifier {
 public:
  static constexpr size_t kWindow = 256;  // bytes

  // `total`: what the sender sends, its preface included; whatever arrives behind it is wrong.
  PayloadVerifier(Payload expected, uint64_t total) : expected_(expected), total_(total) {}

  void take(std::span<const uint8_t> bytes);  // the next bytes of the stream
  uint64_t received() const { return received_; }
  uint64_t wrong_bytes() const { return wrong_; }
  std::optional<FirstWrong> first_wrong() const;  // with as much of its window as has arrived

 private:
  Payload expected_;
  uint64_t total_;
  uint64_t received_ = 0;
  uint64_t wrong_ = 0;
  uint64_t first_wrong_ = 0;
  std::vector<uint8_t> window_;
};

// The origin of `window`, received at `offset`: its first whole line, followed back to where its stream begins to
// match.
std::optional<PayloadOrigin> origin_of(std::span<const uint8_t> window, uint64_t offset);

}  // namespace gauntlet
