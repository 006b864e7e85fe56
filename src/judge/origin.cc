#include "judge/origin.hh"

#include <fmt/core.h>

#include <algorithm>

#include "judge/compare.hh"
#include "payload/verifier.hh"

namespace gauntlet {
namespace {

constexpr size_t kMostEdit = 65536;  // bytes of an edit in place that are looked through for its end
constexpr size_t kAgain = 64;        // right bytes in a row that say the stream goes on; fewer only at its end

ConstBytes part(ConstBytes v, uint64_t at, size_t most) {
  const size_t from = static_cast<size_t>(std::min<uint64_t>(at, v.size()));
  return v.subspan(from, std::min(most, v.size() - from));
}

bool all_zero(ConstBytes v) {
  return !v.empty() && std::all_of(v.begin(), v.end(), [](uint8_t b) { return b == 0; });
}

// How many bytes from `at` on are wrong before both streams are the same again at the same place; nullopt: never.
std::optional<uint64_t> wrong_in_place(ConstBytes sent, ConstBytes delivered, uint64_t at) {
  for (size_t n = 1; n <= kMostEdit && at + n <= delivered.size() && at + n <= sent.size(); ++n) {
    const ConstBytes s = part(sent, at + n, kAgain), d = part(delivered, at + n, kAgain);
    if (std::equal(s.begin(), s.end(), d.begin(), d.end())) return n;
  }
  return std::nullopt;
}

Origin in_place(ConstBytes sent, ConstBytes delivered, uint64_t at, uint64_t n) {
  const ConstBytes was = part(sent, at, static_cast<size_t>(n)), is = part(delivered, at, static_cast<size_t>(n));
  if (all_zero(is)) return {OriginKind::zeros, n, {}, fmt::format("{} zero bytes in place of the right ones", n)};
  return {OriginKind::edit, n, {}, fmt::format("{} bytes edited in place: {} -> {}", n, hex_of(was, 8), hex_of(is, 8))};
}

}  // namespace

const char* name_of(OriginKind kind) {
  static constexpr const char* kNames[] = {"missing", "displaced", "reflected", "edit",
                                           "zeros",   "inserted",  "replaced",  "foreign"};
  return kNames[static_cast<size_t>(kind)];
}

Origin origin_of_wrong(ConstBytes sent, ConstBytes delivered, uint64_t at, uint64_t preface) {
  if (at >= delivered.size()) {
    const uint64_t n = sent.size() - std::min<uint64_t>(at, sent.size());
    return {OriginKind::missing, n, {}, fmt::format("nothing was delivered there: {} bytes are missing", n)};
  }
  const ConstBytes window = part(delivered, at, PayloadVerifier::kWindow);
  const auto found = origin_of(window, at);
  // Lines count from behind the preface. A line of the stream that was expected says so by its place: the tag is in it.
  const auto expected = origin_of(part(sent, preface, PayloadVerifier::kWindow), preface);
  const bool same = found && (!expected || found->stream == expected->stream);
  const uint64_t belongs = found ? found->belongs_to + (same ? preface : 0) : 0;
  if (found && found->at == at && !same)
    return {OriginKind::reflected, 0, belongs,
            fmt::format("bytes of another stream: {} {:08x} offset {}", name_of(found->stream.direction),
                        found->stream.tag, belongs)};
  if (found && found->at == at && belongs != at)
    return {OriginKind::displaced, 0, belongs,
            belongs > at ? fmt::format("bytes of offset {}: the {} before them are missing", belongs, belongs - at)
                         : fmt::format("bytes of offset {}, {} earlier", belongs, at - belongs)};
  if (const auto n = wrong_in_place(sent, delivered, at)) return in_place(sent, delivered, at, *n);
  if (found && same && found->at > at) {
    // The last foreign bytes may happen to be those that stand before the line: they count as found.
    const uint64_t n = found->at - at;
    if (belongs <= at) {
      const uint64_t longer = found->at - belongs;
      return {OriginKind::inserted, longer, {}, fmt::format("{} bytes inserted: {}", longer, hex_of(window, 8))};
    }
    return {OriginKind::replaced,
            n,
            {},
            fmt::format("{} bytes in place of {}: {}", n, belongs - at, hex_of(window.first(n), 8))};
  }
  if (all_zero(window)) return {OriginKind::zeros, window.size(), {}, "zero bytes"};
  return {OriginKind::foreign, 0, {}, "bytes of no stream of ours: " + hex_of(window, 8)};
}

}  // namespace gauntlet
