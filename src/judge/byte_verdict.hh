// The byte verdict of one direction: I, T, U or C (oracle), and whose fault the first wrong, missing or doubled byte
// is.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "judge/made_up.hh"
#include "judge/origin.hh"

namespace gauntlet {

using ByteView = std::span<const uint8_t>;

struct ByteEvidence {
  ByteView sent;                    // the whole stream the sender's application was to send
  ByteView delivered;               // what the receiver's application got
  std::optional<ByteView> control;  // what plain TCP delivered through the same box
  ByteView shadow;                  // what a conforming receiver had to deliver, from the capture at the receiver
  ByteView unchecked;               // the same without looking at checksums
  ByteView plain;                   // the same as plain TCP would, of one flow; empty when several carried data
  ByteView offered;                 // what the sender put on the wire: its own capture, rebuilt the same way
  uint64_t preface = 0;             // bytes of `sent` in front of its coded lines
  bool clean_end = false;           // the receiver's application was told end of stream
  bool sender_ok = false;           // the sender's application saw no error
  bool mptcp_on = false;            // MPTCP was still on at the receiver at the end
};

struct ByteVerdict {
  bool known = true;                    // false: the receiver did not tell its bytes, and nothing below holds
  char letter = 'I';                    // a stream that ended early with an error, right as far as it goes, is I
  bool complete = false;                // every byte that was to be sent arrived
  std::optional<uint64_t> first_wrong;  // offset; missing bytes are wrong
  std::optional<Origin> origin;         // where the bytes found there come from
  uint64_t duplicates = 0;              // lines of the payload delivered more than once
  MadeUp made_up;                       // delivered, and brought by no packet
  std::optional<std::string> culprit;   // box, sender, receiver
  std::string why;                      // one sentence on the letter and the culprit
};

ByteVerdict byte_verdict(const ByteEvidence& e);

// I < T < U < C.
char worse_letter(char a, char b);

}  // namespace gauntlet
