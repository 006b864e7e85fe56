// The parts of load.cc: one function per kind of table. All problems are added, nothing throws.
#pragma once
#include "scenario/scenario.hh"
#include "util/toml_reader.hh"

namespace gauntlet {

void load_boxes(const std::vector<const TomlValue*>& tables, const std::vector<BoxSchema>& schemas, Scenario&,
                Problems&);
void load_expects(const std::vector<const TomlValue*>& tables, Scenario&, Problems&);
void load_matrix(const TomlValue& table, Scenario&, Problems&);
// What only shows once everything is read: cells without an expect, expects without a cell, boxes no cell's packets
// cross.
void check_cells(const Scenario&, const TomlValue& root, Problems&);

// The same box with `path` set by the axis (unless the file sets it), parameters and declared edits made anew.
BoxUse with_path(const BoxUse&, const std::string& path);
bool same_path_only(const BoxUse&);  // "path1.r2" rather than "core"

}  // namespace gauntlet
