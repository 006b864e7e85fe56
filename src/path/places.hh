// The places in a stream that a person names for a box that cuts or joins segments: offsets joined by +, 0 being the
// first byte of the flow and direction; or `mapping`: where the mappings begin and end that a segment carries.
// For one that joins also `inside`: wherever a mapping goes on that the first segment carries.
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
  enum class For { cutting, joining };
  // Throws UsageError, which begins with `what`. Nothing: none were named.
  Places(const std::string& text, const char* what, For use)
      : mapping_(text == "mapping"), inside_(text == "inside" && use == For::joining) {
    if (!mapping_ && !inside_) at_ = number_list(text, 0, UINT32_MAX, what);
  }

  bool named() const { return mapping_ || inside_ || !at_.empty(); }

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
    if (!begin) return false;
    const uint32_t end = *begin + seen.layout.payload_size;
    if (!inside_) return std::ranges::count(known_to(tcp.options()), end) > 0;
    const std::vector<uint32_t> bounds = mapping_bounds(tcp.options());  // each begins, then ends
    for (size_t i = 0; i + 1 < bounds.size(); i += 2)
      if (end - bounds[i] - 1 < bounds[i + 1] - bounds[i] - 1) return true;
    return false;
  }

 private:
  bool mapping_, inside_;
  std::vector<uint32_t> at_;
};

}  // namespace gauntlet
