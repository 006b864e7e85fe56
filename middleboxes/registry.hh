// Every box there is. Adding one takes its file, one line in registry.cc, tests/vectors/NAME.toml and a scenario.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "path/chain.hh"
#include "path/middlebox.hh"

namespace gauntlet {

std::span<const BoxEntry> boxes();
// For a program that brings boxes of its own (tests/meta): called before anything else here.
void add_boxes(std::span<const BoxEntry> more);
const BoxEntry* find_box(std::string_view name);  // null when there is none
std::vector<BoxSchema> box_schemas();             // for the scenario loader and the judge
std::string boxes_markdown();                      // middleboxes/README.md
Chain::Link link_of(std::string_view spec);       // "strip:kind=30" checked; throws UsageError with the remedy

}  // namespace gauntlet
