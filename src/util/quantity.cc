// Durations and sizes as people write them.
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "util/box_schema.hh"

namespace gauntlet {
namespace {

using Unit = std::pair<std::string_view, double>;

constexpr std::array<Unit, 6> kTimes{{{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 12> kSizes{{{"", 1.0},
                                       {"B", 1.0},
                                       {"kB", 1e3},
                                       {"KB", 1e3},
                                       {"k", 1e3},
                                       {"MB", 1e6},
                                       {"M", 1e6},
                                       {"GB", 1e9},
                                       {"G", 1e9},
                                       {"KiB", 1024.0},
                                       {"MiB", 1048576.0},
                                       {"GiB", 1073741824.0}}};

// "1.5 s" -> 1.5e9 with kTimes. The result must be a whole number of the base unit below 2^53.
template <size_t N>
std::optional<int64_t> scaled(std::string_view text, const std::array<Unit, N>& units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view word(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (name != word) continue;
    const double value = number * factor;
    const double whole = std::round(value);
    if (whole > 9007199254740992.0 || std::abs(value - whole) > 1e-3) return std::nullopt;
    return static_cast<int64_t>(whole);
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  return text == "0" ? std::optional<int64_t>(0) : scaled(text, kTimes);
}

std::optional<int64_t> parse_size(std::string_view text) { return scaled(text, kSizes); }

}  // namespace gauntlet
