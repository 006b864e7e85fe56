// "5003+5004": numbers joined by '+', as parameters of boxes have them.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace gauntlet {

// Throws UsageError, which begins with `what`, for anything that is not a number from `min` to `max`. Nothing: none.
std::vector<uint32_t> number_list(std::string_view text, uint32_t min, uint32_t max, std::string_view what);

}  // namespace gauntlet
