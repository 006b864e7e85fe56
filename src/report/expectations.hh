// ci/expectations.toml: the deviations we know of. Reviewed by people, never written by the tool.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace gauntlet {

// ">=6.18, <7.0": bounds joined by commas, all must hold. A missing part of a version counts as 0.
class KernelRange {
 public:
  // Throws UsageError naming what is allowed.
  static KernelRange parse(std::string_view text);
  bool holds(std::string_view kernel) const;  // "6.18.5-amd64": what follows the numbers does not count

 private:
  struct Bound {
    bool at_least;
    std::vector<unsigned> version;
  };
  std::vector<Bound> bounds_;
};

struct Known {
  std::string cell;   // glob; the scenario, in front of the '@', in full
  std::string check;  // exact
  std::string level;  // deviation, harm
  KernelRange kernel;
  std::string kernel_text, reason, evidence, since, review;  // dates as YYYY-MM-DD
  std::string place;                                         // "ci/expectations.toml:12"
  std::string missing;  // the file that `evidence` names, where there is none; load_expectations looks
};

// Throw UsageError with every problem of the file.
std::vector<Known> parse_expectations(std::string_view text, const std::string& name);
std::vector<Known> load_expectations(const std::string& path);

}  // namespace gauntlet
