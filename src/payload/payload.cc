#include "payload/payload.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "util/rng.hh"

namespace gauntlet {
namespace {

using Line = std::array<uint8_t, kPayloadLine>;
constexpr size_t kTagAt = 4, kTagDigits = 8, kOffsetAt = 13, kOffsetDigits = 16, kFillerAt = 30;

void digits(uint8_t* end, size_t n, uint64_t value, unsigned base) {
  for (; n > 0; --n, value /= base) *--end = static_cast<uint8_t>("0123456789abcdef"[value % base]);
}

void make_line(const Payload& stream, uint64_t offset, uint8_t* out) {
  std::memcpy(out, name_of(stream.direction), 3);
  out[3] = out[kOffsetAt - 1] = out[kFillerAt - 1] = ' ';
  digits(out + kTagAt + kTagDigits, kTagDigits, stream.tag, 16);
  digits(out + kOffsetAt + kOffsetDigits, kOffsetDigits, offset, 10);
  // Five bits a letter, twelve letters a number.
  Rng rng((uint64_t{stream.tag} << 1 | static_cast<uint64_t>(stream.direction)) * 0x9e3779b97f4a7c15 + offset);
  uint64_t bits = 0;
  for (size_t i = kFillerAt, left = 0; i < kPayloadLine - 1; ++i, --left, bits >>= 5) {
    if (left == 0) {
      bits = rng.next();
      left = 12;
    }
    out[i] = static_cast<uint8_t>("abcdefghijklmnopqrstuvwxyz234567"[bits & 31]);
  }
  out[kPayloadLine - 1] = '\n';
}

template <class T>
bool read_number(std::span<const uint8_t> text, T& value, int base) {
  const auto* p = reinterpret_cast<const char*>(text.data());
  const auto result = std::from_chars(p, p + text.size(), value, base);
  return result.ec == std::errc() && result.ptr == p + text.size();
}

}  // namespace

const char* name_of(StreamDirection d) { return d == StreamDirection::c2s ? "c2s" : "s2c"; }

void Payload::fill(uint64_t offset, std::span<uint8_t> out) const {
  if (offset < preface.size()) {
    const size_t part = std::min<size_t>(preface.size() - static_cast<size_t>(offset), out.size());
    std::memcpy(out.data(), preface.data() + offset, part);
    out = out.subspan(part);
    offset += part;
  }
  offset -= std::min<uint64_t>(offset, preface.size());
  Line line;
  while (!out.empty()) {
    const size_t from = offset % kPayloadLine;
    const size_t part = std::min(kPayloadLine - from, out.size());
    if (part == kPayloadLine) {
      make_line(*this, offset, out.data());
    } else {
      make_line(*this, offset - from, line.data());
      std::memcpy(out.data(), line.data() + from, part);
    }
    offset += part;
    out = out.subspan(part);
  }
}

std::vector<uint8_t> Payload::make(uint64_t offset, size_t size) const {
  std::vector<uint8_t> bytes(size);
  fill(offset, bytes);
  return bytes;
}

std::optional<PayloadLine> read_line(std::span<const uint8_t> bytes) {
  if (bytes.size() < kPayloadLine || bytes[kPayloadLine - 1] != '\n' || bytes[3] != ' ') return std::nullopt;
  PayloadLine found;
  found.stream.direction = bytes[0] == 'c' ? StreamDirection::c2s : StreamDirection::s2c;
  if (!read_number(bytes.subspan(kTagAt, kTagDigits), found.stream.tag, 16)) return std::nullopt;
  if (!read_number(bytes.subspan(kOffsetAt, kOffsetDigits), found.offset, 10)) return std::nullopt;
  Line line;
  make_line(found.stream, found.offset, line.data());
  if (found.offset % kPayloadLine != 0 || !std::equal(line.begin(), line.end(), bytes.begin())) return std::nullopt;
  return found;
}

}  // namespace gauntlet
