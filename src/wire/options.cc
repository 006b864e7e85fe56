#include "wire/options.hh"

namespace gauntlet {

std::vector<Option> options_of(ConstBytes options) {
  std::vector<Option> all;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) all.push_back(o);
  return all;
}

Option find_option(ConstBytes options, uint8_t kind) {
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.kind == kind && !o.malformed) return o;
  }
  return {};
}

}  // namespace gauntlet
