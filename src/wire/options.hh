// TCP options as they stand in the bytes (RFC 9293 3.1), walked tolerantly.
//
// The walk visits every option up to and including EOL or the first malformed one; both end it, and what stands behind
// EOL is the `rest`. A malformed option (length 0, 1, or past the end) takes all that is left; it is never an error,
// but reported as such and left alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

inline constexpr uint8_t kOptEol = 0, kOptNop = 1, kOptMss = 2, kOptWscale = 3, kOptSackOk = 4, kOptSack = 5,
                         kOptTimestamp = 8, kOptMptcp = 30;

struct Option {
  uint8_t kind = 0;
  bool malformed = false;  // the length byte is missing, below 2, or runs past the end; `size` is then what is left
  uint16_t offset = 0;     // from the first option byte
  uint16_t size = 0;       // whole option: 1 for EOL and NOP
};

class OptionWalk {
 public:
  explicit OptionWalk(ConstBytes options) : bytes_(options.first(options.size() < 0xffff ? options.size() : 0xffff)) {}

  // The next option, false after the last. EOL and a malformed option are returned once, then the walk is over.
  bool next(Option& out) {
    if (over_ || at_ >= bytes_.size()) return false;
    const size_t left = bytes_.size() - at_;
    const uint8_t kind = bytes_[at_];
    size_t size = 1;
    bool malformed = false;
    if (kind == kOptEol) {
      over_ = true;
    } else if (kind != kOptNop) {
      size = left < 2 ? 0 : bytes_[at_ + 1];
      if (size < 2 || size > left) {
        over_ = malformed = true;
        size = left;
      }
    }
    out = {kind, malformed, at_, static_cast<uint16_t>(size)};
    at_ = static_cast<uint16_t>(at_ + size);
    return true;
  }
  uint16_t offset() const { return at_; }  // where the walk stands: the rest begins here
  ConstBytes rest() const { return bytes_.subspan(at_); }

 private:
  ConstBytes bytes_;
  uint16_t at_ = 0;
  bool over_ = false;
};

std::vector<Option> options_of(ConstBytes options);
// The first well-formed option of this kind before any EOL; size 0 when there is none.
Option find_option(ConstBytes options, uint8_t kind);

}  // namespace gauntlet
