// What happened to bytes that are not quoted. TCP's checksum is a linear sum, so its change names the edit; the IP
// total length, always quoted, names a cut. Every plausible single edit is made on a copy of the sent packet and must
// reproduce everything the quote shows: exactly one survivor is inferred, several are ambiguous, none means an unknown
// edit.
#pragma once
#include <string>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

struct Hypothesis {
  std::string feature;  // "tcp.mss"; empty: nothing behind the quoted bytes changed
  std::string verdict;  // "clamped", "stripped-nop", "stripped-eol", "stripped-cut", "changed"
  std::string before, after;
};

struct Inference {
  bool tried = false;            // the quote covers the checksum, or its length differs from what was sent
  bool unchanged = false;        // nothing hidden needs to have changed
  std::vector<Hypothesis> fits;  // one per feature and verdict
};

// `sent` and `quote` are TCP over the same IP version; `l4` is the offset of the quoted TCP header, `covered` how many
// of its bytes are quoted and inside the quoted IP total length, `total` the quoted IP total length.
Inference infer(ConstBytes sent, ConstBytes quote, size_t l4, size_t covered, size_t total);

}  // namespace gauntlet
