#include "judge/byte_verdict.hh"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "payload/verifier.hh"

namespace gauntlet {
namespace {

size_t common(ByteView a, ByteView b) {
  const size_t n = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin()).first -
                             a.begin());
}

// `delivered` is this stream, or (where the receiver was told of an error, not of an end) the beginning of it.
bool is_that(const ByteEvidence& e, ByteView stream) {
  if (stream.empty() || e.delivered.size() > stream.size() || common(e.delivered, stream) < e.delivered.size())
    return false;
  return e.delivered.size() == stream.size() || !e.clean_end;
}

// Lines of our payload that stand at two places of what was delivered.
uint64_t doubled_lines(ByteView bytes) {
  std::set<std::pair<uint32_t, uint64_t>> seen;
  uint64_t doubled = 0;
  for (size_t i = 0; i + kPayloadLine <= bytes.size();) {
    const auto line = read_line(bytes.subspan(i));
    if (!line) {
      ++i;
      continue;
    }
    doubled += seen.emplace(line->stream.tag, line->offset).second ? 0 : 1;
    i += kPayloadLine;
  }
  return doubled;
}

std::optional<uint8_t> byte_at(ByteView v, uint64_t at) {
  return at < v.size() ? std::optional<uint8_t>(v[at]) : std::nullopt;
}

void blame(const ByteEvidence& e, ByteVerdict& v) {
  const uint64_t at = *v.first_wrong;
  const auto sent = byte_at(e.sent, at), got = byte_at(e.delivered, at), due = byte_at(e.shadow, at),
             loose = byte_at(e.unchecked, at), offered = byte_at(e.offered, at);
  const auto set = [&](const char* who, const char* why) {
    v.culprit = who;
    v.why = why;
  };
  if (sent && due && *due == *sent) {
    if (!got) return set("receiver", "the wire brought the byte, the receiver did not deliver it");
    return set("receiver", "the wire brought the right byte, the receiver delivered another");
  }
  if (sent && offered && *offered != *sent) return set("sender", "the sender put the wrong byte on the wire");
  if (sent && !offered && !due) return set("sender", "the sender never put the byte on the wire");
  if (!got) return set("box", "the sender sent the byte, nothing deliverable of it reached the receiver");
  if (due && *due == *got)
    return set("box",
               "the byte was right before the box and wrong behind it, and a conforming receiver delivers it so");
  if (loose && *loose == *got) return set("receiver", "the receiver delivered bytes whose checksum failed");
  if (!due && !loose) return set("receiver", "the receiver delivered bytes no mapping covers");
  return set("receiver", "the receiver delivered another byte than the wire brought");
}

}  // namespace

char worse_letter(char a, char b) {
  static constexpr std::string_view kOrder = "ITUC";
  return kOrder.find(a) >= kOrder.find(b) ? a : b;
}

ByteVerdict byte_verdict(const ByteEvidence& e) {
  ByteVerdict v;
  const size_t right = common(e.delivered, e.sent);
  v.complete = right == e.sent.size() && e.delivered.size() == e.sent.size();
  if (v.complete) {
    v.why = "identical to what was sent";
    return v;
  }
  v.first_wrong = right;
  const bool beginning = right == e.delivered.size();  // right as far as it goes
  if (beginning && !(e.clean_end && e.sender_ok)) {
    v.why = fmt::format("identical for {} of {} bytes, then an error somebody was told of", right, e.sent.size());
    return v;
  }
  const bool as_tcp = (e.control && is_that(e, *e.control)) || is_that(e, e.plain) || is_that(e, e.unchecked);
  v.letter = !beginning && as_tcp ? (e.mptcp_on ? 'U' : 'T') : 'C';
  if (beginning && e.control && is_that(e, *e.control)) v.letter = e.mptcp_on ? 'U' : 'T';
  v.origin = origin_of_wrong(e.sent, e.delivered, right, e.preface);
  if (!beginning) v.duplicates = doubled_lines(e.delivered);
  blame(e, v);
  return v;
}

}  // namespace gauntlet
