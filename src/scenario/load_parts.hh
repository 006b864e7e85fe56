// The parts of load.cc: one function per kind of table. All problems are added, nothing throws.
#pragma once
#include "scenario/scenario.hh"
#include "util/toml_reader.hh"

namespace gauntlet {

void load_boxes(const std::vector<const TomlValue*>& tables, const std::vector<BoxSchema>& schemas, Scenario&,
                Problems&);
// [chaos], and the chain that a cell's seed draws.
void load_chaos(const TomlValue& table, const std::vector<BoxSchema>& schemas, Scenario&, Problems&);
std::vector<BoxUse> draw_chain(const Scenario&, uint64_t seed);
void load_expects(const std::vector<const TomlValue*>& tables, Scenario&, Problems&);
void load_actions(const std::vector<const TomlValue*>& tables, Scenario&, Problems&);
void check_actions(const Scenario&, Problems&);  // with the workload and the matrix
void load_matrix(const TomlValue& table, Scenario&, Problems&);
// What only shows once everything is read: cells without an expect, expects without a cell, boxes no cell's packets
// cross.
void check_cells(const Scenario&, const TomlValue& root, Problems&);

void set_axis(Cell&, const std::string& axis, const std::string& value);
// The same box with what the axes path, dir, when and timing of its scenario say (unless the file sets it itself),
// parameters and declared edits made anew.
BoxUse with_axes(const BoxUse&, const Cell&);
// Some values exclude each other: no SYN/ACK goes to the server, and there is no 20th SYN.
bool possible(const Cell&);
bool same_path_only(const BoxUse&);  // "path1.r2" rather than "core"

}  // namespace gauntlet
