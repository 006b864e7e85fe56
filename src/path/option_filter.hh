// Which TCP options a box means: those of one kind, of MPTCP's those of some subtypes, of DSS those with a certain
// mapping.
#pragma once
#include <string>
#include <vector>

#include "mptcp/option.hh"
#include "path/seen.hh"
#include "util/box_schema.hh"
#include "wire/options.hh"

namespace gauntlet {

class OptionFilter {
 public:
  // From the parameters kind, subtype and dss of a box; throws UsageError in its name where they do not go together.
  OptionFilter(const Params&, const std::string& box);

  // `options` is the block that `o` stands in. Malformed options are nobody's.
  bool matches(ConstBytes options, const Option& o) const {
    if (o.kind != kind_ || o.malformed || o.size < 2) return false;
    if (subtypes_ & kClassAny) return true;
    const ConstBytes option = options.subspan(o.offset, o.size);
    const auto subtype = subtype_of(option);
    if (!subtype || (subtypes_ & (kClassMpc << static_cast<unsigned>(*subtype))) == 0) return false;
    return dss_ == 'a' || right_dss(option);
  }
  uint8_t kind() const { return kind_; }

 private:
  bool right_dss(ConstBytes option) const;

  uint8_t kind_;
  Classes subtypes_;  // or kClassAny
  char dss_;          // any, infinite, fin: the first letter
};

// Those parameters: subtype and dss, and kind with its own fallback and smallest value.
std::vector<ParamSpec> option_params(ParamSpec kind, std::vector<ParamSpec> more = {});
// The options they name, as the comparison of two captures calls them: "option 30/dss", "option 8".
std::vector<std::string> option_fields(const Params&);

}  // namespace gauntlet
