// The header comments of the box files, put into the binary by the build (cmake/Manuals.cmake).
#pragma once
#include <string_view>

namespace gauntlet {

std::string_view manual_of(std::string_view box);  // without comment marks; empty when the file has no header comment

}  // namespace gauntlet
