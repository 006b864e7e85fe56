#include "util/number_list.hh"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "util/error.hh"

namespace gauntlet {

std::vector<uint32_t> number_list(std::string_view text, uint32_t min, uint32_t max, std::string_view what) {
  std::vector<uint32_t> all;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t plus = std::min(rest.find('+'), rest.size());
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + plus, number);
    if (error != std::errc{} || end != rest.data() + plus || number < min || number > max || plus + 1 == rest.size())
      throw UsageError(fmt::format("{} wants numbers from {} to {}, joined by +; '{}' is none", what, min, max, text));
    all.push_back(number);
    rest.remove_prefix(std::min(plus + 1, rest.size()));
  }
  return all;
}

}  // namespace gauntlet
