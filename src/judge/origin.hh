// Where wrong bytes come from: another place of the stream, the other stream, an edit in place, zeros, an insertion.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace gauntlet {

enum class OriginKind : uint8_t {
  missing,    // nothing was delivered there
  displaced,  // bytes of another place of the same stream
  reflected,  // bytes of another stream: the other direction's, another run's
  edit,       // other bytes in place of as many; the stream goes on behind them
  zeros,      // the same, all of them 0
  inserted,   // bytes that no sender sent, in front of the right ones
  replaced,   // bytes that no sender sent, in place of fewer or more
  foreign,    // bytes that no sender sent, and nothing within reach says where the stream goes on
};
const char* name_of(OriginKind);

struct Origin {
  OriginKind kind = OriginKind::foreign;
  uint64_t length = 0;                 // wrong bytes in a row, as far as can be told; of `missing`: how many
  std::optional<uint64_t> belongs_to;  // of `displaced` and `reflected`: offset in its stream, its first byte is 0
  std::string text;                    // one clause for a person
};

// `at`: the first offset where `delivered` differs from `sent`, or its end. `preface`: bytes of `sent` in front of the
// coded lines (docs/evidence.md section 3).
Origin origin_of_wrong(std::span<const uint8_t> sent, std::span<const uint8_t> delivered, uint64_t at,
                       uint64_t preface = 0);

}  // namespace gauntlet
