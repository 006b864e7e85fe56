// Shell-like globs over names: '*' any run of characters ('/' and ',' too), '?' exactly one. Nothing else is special.
#pragma once
#include <string_view>

namespace gauntlet {
bool glob_matches(std::string_view pattern, std::string_view text);
}
