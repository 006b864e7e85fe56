// The retransmission timeout (RFC 6298), in nanoseconds like every time here.
#pragma once
#include <algorithm>

#include "util/time.hh"

namespace gauntlet {

class Rto {
 public:
  Rto(Duration initial, Duration least, Duration most) : least_(least), most_(most), rto_(initial) {}

  // A round trip of a segment that was sent once only, or of one told apart by its timestamp (Karn; RFC 6298 3).
  void sample(Duration rtt) {
    rtt = std::max(rtt, Duration(1));
    if (srtt_ == Duration(0)) {
      srtt_ = rtt;
      rttvar_ = rtt / 2;
    } else {
      const Duration error = srtt_ > rtt ? srtt_ - rtt : rtt - srtt_;
      rttvar_ = (rttvar_ * 3 + error) / 4;
      srtt_ = (srtt_ * 7 + rtt) / 8;
    }
    rto_ = std::clamp(srtt_ + std::max(rttvar_ * 4, kGranularity), least_, most_);
    backoff_ = 0;
  }
  void back_off() { backoff_ = std::min(backoff_ + 1, 16); }  // (5.5)
  void progress() { backoff_ = 0; }                           // new data was acknowledged (5.7)
  Duration value() const { return std::min(rto_ * (1 << backoff_), most_); }
  Duration srtt() const { return srtt_; }  // 0 before the first sample

 private:
  static constexpr Duration kGranularity = std::chrono::milliseconds(1);
  Duration least_, most_, rto_, srtt_{0}, rttvar_{0};
  int backoff_ = 0;
};

}  // namespace gauntlet
