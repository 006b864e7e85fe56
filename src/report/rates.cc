#include "report/rates.hh"

#include <fmt/format.h>

#include <algorithm>

namespace gauntlet {
namespace {

std::string verdict_of(const CellResult& c) {
  return c.outcome.empty() ? c.level : fmt::format("{} {} [{}]", c.level, c.outcome, c.bytes);
}

}  // namespace

std::vector<CellRate> rates_of(const Results& results) {
  std::map<std::string, CellRate> rates;
  for (const CellResult& c : results.cells) {
    CellRate& rate = rates[without_round(c.cell)];
    rate.cell = without_round(c.cell);
    rate.undecided = c.undecided;
    ++rate.rounds;
    ++rate.seen[verdict_of(c)];
  }
  std::vector<CellRate> out;
  for (auto& [cell, rate] : rates)
    if (rate.rounds > 1) out.push_back(std::move(rate));
  return out;
}

std::string rates_text(const std::vector<CellRate>& rates) {
  if (rates.empty()) return "";
  const auto same = std::count_if(rates.begin(), rates.end(), [](const CellRate& r) { return r.steady(); });
  size_t least = rates.front().rounds, most = least;
  for (const CellRate& r : rates) least = std::min(least, r.rounds), most = std::max(most, r.rounds);
  std::string out =
      fmt::format("repeated: {} cells, {} rounds each: {} with the same verdict each time\n", rates.size(),
                  least == most ? fmt::to_string(most) : fmt::format("{} to {}", least, most), same);
  for (const CellRate& r : rates) {
    if (r.steady()) continue;
    out += fmt::format("  {}{}", r.cell, r.may_vary() ? "" : " !");
    for (const auto& [verdict, times] : r.seen) out += fmt::format("  {} {}/{}", verdict, times, r.rounds);
    if (r.may_vary()) out += "  (undecided: " + r.undecided + ")";
    out += "\n";
  }
  return out;
}

}  // namespace gauntlet
