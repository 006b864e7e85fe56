// The one JSON type of the tree: keys keep the order they were written in, so reports read the way they were made.
// Headers include this (forward declarations only); sources that touch a value include <nlohmann/json.hpp>.
#pragma once
#include <nlohmann/json_fwd.hpp>

namespace gauntlet {
using Json = nlohmann::ordered_json;
}
