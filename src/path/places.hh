// The places in a stream that a person names for a box that cuts or joins segments: offsets joined by +, 0 being the
// first byte of the flow and direction; or `mapping`: where the mappings begin and end that a segment carries.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "path/pieces.hh"
#include "path/seen.hh"
#include "util/number_list.hh"
#include "wire/tcp.hh"

namespace gauntlet {

class Places {
 public:
  // Throws UsageError, which begins with `what`. Nothing: none were named.
  Places(const std::string& text, const char* what)
      : mapping_(text == "mapping"), at_(mapping_ ? std::vector<uint32_t>() : number_list(text, 0, UINT32_MAX, what)) {}

  bool named() const { return mapping_ || !at_.empty(); }

  // Where the segment's payload begins in its stream, modulo 2^32. None when the SYN was not seen.
  static std::optional<uint32_t> begin_of(TcpView tcp, const Seen& seen) {
    const auto way = static_cast<size_t>(seen.toward);
    if (!seen.facts->isn_known[way]) return std::nullopt;
    return tcp.seq() + (tcp.has(kSyn) ? 1 : 0) - seen.facts->isn[way] - 1;
  }
  // The places, as far as a segment with these options knows them.
  const std::vector<uint32_t>& known_to(ConstBytes options) {
    if (mapping_) at_ = mapping_bounds(options);
    return at_;
  }
  // Does a segment end at one?
  bool one_ends(TcpView tcp, const Seen& seen) {
    const auto begin = begin_of(tcp, seen);
    return begin && std::ranges::count(known_to(tcp.options()), *begin + seen.layout.payload_size) > 0;
  }

 private:
  bool mapping_;
  std::vector<uint32_t> at_;
};

}  // namespace gauntlet
