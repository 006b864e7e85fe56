// The boxes under test, taken from the registry: the examples of every manual, and the modes those leave out. A box
// whose manual has no example makes these throw, so none can be forgotten.
#pragma once
#include <string>
#include <vector>

#include "middleboxes/registry.hh"

namespace gauntlet {

// Every spec in the `Example` lines of a box's manual; the name alone when they show another use of it.
std::vector<std::string> examples_of(const BoxEntry&);
// Those of every box, then more modes.
std::vector<std::string> all_specs();
std::vector<std::string> specs_of(std::initializer_list<std::string_view> boxes);
// For test names: "3_strip_mode_eol".
std::string name_of_spec(size_t index, std::string_view spec);

}  // namespace gauntlet
