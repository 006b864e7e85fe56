// The bench a cell is judged on: the evidence, what was found in it so far, and the checks made. Each step below adds
// checks; none throws.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "judge/byte_verdict.hh"
#include "judge/cell_evidence.hh"
#include "judge/diff.hh"
#include "judge/outcome.hh"
#include "judge/verdict.hh"

namespace gauntlet {

struct CutDiff {
  std::string run;
  size_t before = 0;                   // cuts before and before + 1
  std::vector<const BoxPlace*> boxes;  // between them; empty: only routers
  std::string only;                    // the classes of segment that all of these boxes see; empty: any
  Diff diff;
};

struct Bench {
  CellEvidence evidence;
  std::vector<CutDiff> diffs;
  std::map<std::string, OutcomeView> outcomes;  // by run
  std::map<std::string, ByteVerdict> up, down;  // by run
  // What a conforming receiver had to deliver, by "RUN/ROLE" of the receiver; where that was not what was sent and
  // delivered.
  std::map<std::string, std::vector<uint8_t>> shadows;
  Verdict verdict;

  // Adds a check; the returned reference is good until the next one.
  Check& add(std::string id, Level level, std::string reason = "", std::string expected = "", std::string actual = "");
  bool armed() const;  // no check so far is an error
  const RunEvidence* run(const char* name) const { return evidence.run(name); }
};

void check_evidence(Bench&);  // reports, captures, queues: whole and without loss
void diff_cuts(Bench&);       // fills diffs
void check_hits(Bench&);      // the boxes changed packets
void check_edits(Bench&);     // what they changed is what they declare
void judge_runs(Bench&);      // fills outcomes, up, down
void check_baseline(Bench&);
void check_invariants(Bench&);
void check_expectation(Bench&);
void check_signals(Bench&);
void tell_story(Bench&);

// True when one of these covers the difference or cannot be had without it (an insertion shifts the numbers behind it).
bool declared_by(const std::vector<DeclaredEdit>& all, const Difference& d);
// True when `declared` (kind, field, direction) covers this difference.
bool covers(const DeclaredEdit& declared, const Difference& d);
bool field_covers(const std::string& declared, const std::string& field);  // empty: any; "option 30": every subtype

}  // namespace gauntlet
