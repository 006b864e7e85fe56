// `gauntlet list boxes`: the boxes and their manual pages, generated from the code.
#pragma once
#include <string>
#include <vector>

#include "util/box_schema.hh"

namespace gauntlet {

std::string boxes_text(const std::vector<BoxSchema>&);  // one line each
std::string boxes_json(const std::vector<BoxSchema>&);  // {"boxes":[{"name","summary","params":[{...}],"manual"}]}

}  // namespace gauntlet
