#include "path/middlebox.hh"

#include <nlohmann/json.hpp>

namespace gauntlet {

Json Middlebox::state() const { return nullptr; }

}  // namespace gauntlet
