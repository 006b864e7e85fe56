#include "probe/spec.hh"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "probe/craft.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Flag {
  const char* word;
  uint8_t bits;
};
constexpr std::array<Flag, 9> kFlags{{{"syn", kSyn},
                                      {"synack", kSyn | kAck},
                                      {"ack", kAck},
                                      {"fin", kFin},
                                      {"rst", kRst},
                                      {"psh", kPsh},
                                      {"urg", kUrg},
                                      {"ece", kEce},
                                      {"cwr", kCwr}}};

// Words at unescaped '/'; an escape inside text= is resolved here, so a value can hold a '/'.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      words.emplace_back();
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      const char c = text[++i];
      words.back() += c == 'r' ? '\r' : c == 'n' ? '\n' : c == 's' ? ' ' : c;
    } else {
      words.back() += text[i];
    }
  }
  return words;
}

int64_t number(const std::string& word, const std::string& value, int64_t low, int64_t high) {
  int64_t n = 0;
  const char* first = value.c_str() + (value.starts_with('+') ? 1 : 0);
  const char* last = value.c_str() + value.size();
  const auto [end, error] = std::from_chars(first, last, n);
  if (first == last || error != std::errc() || end != last || n < low || n > high)
    throw UsageError(fmt::format("probe word '{}={}': a number from {} to {} is wanted", word, value, low, high));
  return n;
}

bool header_word(ProbeSpec& spec, const std::string& word, const std::string& value) {
  if (word == "dscp") {
    spec.dscp = static_cast<uint8_t>(number(word, value, 0, 63));
  } else if (word == "ecn") {
    spec.ecn = static_cast<uint8_t>(number(word, value, 0, 3));
  } else if (word == "win") {
    spec.window = static_cast<uint16_t>(number(word, value, 0, 65535));
  } else if (word == "dport") {
    spec.destination_port = static_cast<uint16_t>(number(word, value, 1, 65535));
  } else if (word == "seq") {
    spec.seq_offset = static_cast<int32_t>(number(word, value, INT32_MIN, INT32_MAX));
  } else if (word == "len") {
    // Position-coded: a displaced or resized piece says where it came from.
    const int64_t n = number(word, value, 0, 65000);
    while (static_cast<int64_t>(spec.payload.size()) < n) {
      const std::string line = fmt::format("{:07d}\n", spec.payload.size());
      const size_t left = static_cast<size_t>(n) - spec.payload.size();
      spec.payload.insert(spec.payload.end(), line.begin(),
                          line.begin() + static_cast<long>(std::min<size_t>(left, 8)));
    }
  } else if (word == "text") {
    spec.payload.insert(spec.payload.end(), value.begin(), value.end());
  } else if (word == "data") {
    const auto bytes = bytes_of_hex(value);
    spec.payload.insert(spec.payload.end(), bytes.begin(), bytes.end());
  } else if (word == "hex") {
    spec.segment = bytes_of_hex(value);
    if (spec.segment.size() < 20)
      throw UsageError("probe word 'hex': at least the 20 bytes of a TCP header are wanted");
  } else if (word == "pad" && (value == "nop" || value == "eol")) {
    spec.pad_eol = value == "eol";
  } else {
    return false;
  }
  return true;
}

}  // namespace

ProbeSpec parse_spec(const std::string& text) {
  ProbeSpec spec;
  spec.text = text;
  bool any = false;
  for (const std::string& token : words_of(text)) {
    const size_t equals = token.find('=');
    const std::string word = token.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : token.substr(equals + 1);
    const auto flag = std::find_if(kFlags.begin(), kFlags.end(), [&](const Flag& f) { return word == f.word; });
    if (flag != kFlags.end() && equals == std::string::npos) {
      spec.flags |= flag->bits;
    } else if (token == "fresh") {
      spec.fresh = true;
    } else if (token == "udp" || token == "icmp") {
      spec.proto = token == "udp" ? 17 : 1;
    } else if (header_word(spec, word, value)) {
      if (word == "hex") spec.flags = spec.segment[13];
    } else if (is_option_word(word)) {
      spec.options.push_back({word, value});
    } else {
      throw UsageError(fmt::format("probe '{}': no such word '{}'; see gauntlet list probes", text, token));
    }
    any = true;
  }
  if (!any || (spec.proto == 6 && spec.flags == 0 && spec.segment.empty()))
    throw UsageError(fmt::format("probe '{}': say what it is: flags (syn, ack, ...), udp, icmp or hex=", text));
  check_options(spec);
  return spec;
}

std::string ProbeSpec::segment_name() const {
  if (proto == 17) return "udp";
  if (proto != 6) return "icmp";
  if (flags & kRst) return "rst";
  if (flags & kSyn) return flags & kAck ? "synack" : "syn";
  if (has_option("mpcapable-ack")) return "ack3";
  if (!payload.empty()) return "data";
  return flags & kFin ? "fin" : "ack";
}

bool ProbeSpec::has_option(const std::string& word) const {
  return std::any_of(options.begin(), options.end(), [&](const OptionWord& o) { return o.word == word; });
}

}  // namespace gauntlet
