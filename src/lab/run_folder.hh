// The folder of a run and of each of its cells (docs/evidence.md section 4).
#pragma once
#include <string>

#include "lab/cell_plan.hh"

namespace gauntlet {

enum class Keep { always, failed, never };  // captures and received bytes; verdicts, reports and logs always stay

// cells/NAME below `out` with log/ and one folder per run, and plan.json in it. Returns its absolute path.
std::string make_cell_folder(const std::string& out, const std::string& name, const Cell&, const std::string& binary,
                             const OwnEndpoints& own = {});

// Writes evidence.json once the worker has ended.
void write_evidence(const std::string& folder, const Cell&, const std::vector<std::string>& errors);

// replay.txt: the line that repeats exactly this cell.
void write_replay(const std::string& folder, const std::string& line);

// Removes the large files of a cell, according to `keep`, and leaves a note: without them it cannot be judged again.
void thin_out(const std::string& folder, Keep, bool failed);
bool thinned_out(const std::string& folder);

}  // namespace gauntlet
