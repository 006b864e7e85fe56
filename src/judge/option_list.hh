// The options of a segment as a list to compare: padding apart, each with the field name of docs/evidence.md section 6.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "wire/bytes.hh"

namespace gauntlet {

struct ListedOption {
  uint8_t kind = 0;
  uint16_t offset = 0;       // from the first option byte
  std::string field;         // "option 30/dss", "option 8", "malformed option 30"
  ConstBytes bytes;          // the whole option
  std::string text() const;  // for people
  bool operator==(const ListedOption& o) const {
    return std::equal(bytes.begin(), bytes.end(), o.bytes.begin(), o.bytes.end());
  }
};

struct OptionList {
  std::vector<ListedOption> options;  // up to EOL, without NOPs
  std::optional<uint16_t> eol;        // where an EOL stands
  std::string skeleton;               // the order of padding and kinds, and what stands behind the EOL
};

OptionList list_options(ConstBytes options);

}  // namespace gauntlet
