// The scenario model: one TOML file is one scenario; its matrix expands to cells. Every error names file, line and
// remedy. The file format for people: scenarios/README.md.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/action.hh"
#include "util/box_schema.hh"
#include "util/json.hh"

namespace gauntlet {

enum class Load { paced, bulk, pingpong };
enum class Hook { pre, post, local };
enum class Strength { must, should, may, desc, unspec };

// The closed list of outcomes (oracle rows speak of these).
enum class Outcome {
  preserved,
  fallback_handshake,
  fallback_first,
  fallback_late,
  fallback_fail,
  join_refused,
  subflow_reset,
  abort,
  stall
};
const char* name_of(Outcome);   // "fallback-handshake"
const char* name_of(Strength);  // "MUST"
const char* name_of(Load);
const char* name_of(Hook);
std::optional<Outcome> outcome_named(std::string_view);
std::optional<Strength> strength_named(std::string_view);
std::optional<Load> load_named(std::string_view);
std::optional<Hook> hook_named(std::string_view);

struct BoxUse {
  std::string on;  // "path1.r2", "core"
  Hook at = Hook::post;
  BoxText box;    // as written, without on, at
  Params params;  // checked
  std::vector<DeclaredEdit> declares;
  std::shared_ptr<const BoxSchema> schema;
  int line = 0;
};

struct Workload {
  Load load = Load::paced;
  uint64_t up = 0, down = 0;  // bytes of position-coded payload, without the preface
  uint64_t write = 0;    // bytes of one write, so of one mapping at most; 0: the endpoint's own (1000, for bulk 65536)
  uint64_t tick_us = 0;  // paced: between two writes; 0: the endpoint's own (1 ms)
  std::string closes_first;  // "client", "server": the other end waits for its end of stream; empty: nobody waits
  bool fast_open = false;    // the client's first bytes go with the SYN
  std::string preface_up;    // sent by the client before its payload, part of the expected stream; usually empty
};

struct CounterRule {
  std::vector<std::string> must, must_not;
};

// `wire = { removed = "option 30", segment = "synack", at_least = 1 }`, or several in brackets: edits the diff must
// show for the cell to be armed.
struct WireRule {
  std::string kind, field, segment;  // kind of docs/evidence.md section 6; field empty: any; segment empty: any
  uint64_t at_least = 1;
};

struct Expect {
  std::map<std::string, std::vector<std::string>> when;  // `for`: axis -> values; empty: always
  std::string clause;                                    // "RFC 8684 3.1"
  Strength strength = Strength::must;
  std::vector<Outcome> outcome, lenient;
  std::string undecided;        // the kernel decides either way: what was seen how often, and why; usually empty
  std::string bytes = "I";      // letters of I, T, U, C
  CounterRule client, server;   // corroboration, never the only ground of a deviation
  std::vector<unsigned> joins;  // how many established joins may be on the wire; empty: any
  std::vector<WireRule> wire;   // each of them; empty: whatever the boxes declare
  int line = 0;
};

struct Scenario {
  std::string file, id, row, title;
  std::vector<std::string> tags;
  std::string shape = "two-paths";
  unsigned routers = 2;      // per path, 1 .. 10
  bool syn_cookies = false;  // the server answers every SYN with a cookie, and keeps no state for it
  bool deny_join = false;  // the server sets the C bit: no joins to the address and port it was asked at (RFC 8684 3.1)
  uint64_t receive_buffer = 0;  // most bytes of it at either end; 0: the lab's own (512 KiB)
  std::vector<BoxUse> boxes;    // path order, client first
  // [chaos]: instead of `boxes`, cells of `chains` chains drawn from these; of `one_of` (unless empty) each holds one.
  unsigned chains = 0;
  std::vector<BoxUse> ingredients, one_of;
  bool acts_on_tcp = false;  // acts_on = "tcp": hits are demanded in the control too
  Workload workload;
  std::vector<Action> actions;                              // in mid-connection; usually none
  std::vector<Outcome> baseline{Outcome::preserved};        // what these may make of a connection without any box
  std::vector<std::string> server_command, client_command;  // programs in place of our endpoints; usually empty
  std::vector<Expect> expect;
  std::map<std::string, std::vector<std::string>> matrix;  // axis -> values, as written
  unsigned limit_s = 20;                                   // a run that takes longer is ended
  int line = 1;
};

// One expanded scenario. Axes not listed by the matrix have their default and are not in the id.
struct Cell {
  std::string id;  // "opt/strip-capable-synack@ipv4,cs11,p1"
  const Scenario* scenario = nullptr;
  std::vector<std::string> tags;  // of the scenario; in a catalogue `core` and `smoke` only where the cell was chosen
  std::string family = "ipv4", checksum = "cs00", path = "all", endpoint = "kernel";
  std::string dir = "both", when = "any", timing = "always";
  unsigned paths = 1;
  Load load = Load::paced;
  std::vector<BoxUse> boxes;       // with path, dir, when and timing applied
  const Expect* expect = nullptr;  // the first that matches
  uint64_t seed = 0;               // from the run's seed and the id
};

// Throw UsageError with every problem of the file, one per line.
Scenario load_scenario(const std::string& path, const std::vector<BoxSchema>& boxes);
Scenario parse_scenario(std::string_view text, const std::string& name, const std::vector<BoxSchema>& boxes);
std::vector<Scenario> load_scenarios(
    const std::string& folder,
    const std::vector<BoxSchema>& boxes);  // *.toml below it but rows.toml and clauses.toml, sorted by id

// The fixed order of axes, and what one of them is in this cell ("2" for paths), matrix or not.
const std::vector<std::string>& axis_names();
std::string axis_value(const Cell&, std::string_view axis);
std::string axis_token(const Cell&,
                       std::string_view axis);  // as it stands in the id: "p2" for paths = 2, "on-p2" for path = "p2"
// Cells point into the scenario: it must outlive them. Values of one axis come in the order they are written.
std::vector<Cell> expand(const Scenario&, uint64_t seed);

// Every cell of every scenario. `core`: of the scenarios with that tag the fewest cells that show every pair of what
// varies (pairwise.hh); `smoke`: at most 12 cells of those with that tag. `full`: all that carry `core` or `full` in
// their file.
std::vector<Cell> catalogue(const std::vector<Scenario>&, uint64_t seed);

// `opt/* & !slow & ipv4`: globs over ids, tags, axis values; & | ! ( ). Throws UsageError with the position.
bool matches(const Cell&, std::string_view filter);

// What a worker and the judge need of a cell, complete (written to plan.json), and the same read back. read_plan throws
// UsageError when a member is missing.
Json plan_of(const Cell&);

struct PlannedBox {
  std::string on;
  Hook at = Hook::post;
  std::string spec;  // "strip:kind=30,when=syn"
  std::vector<DeclaredEdit> declares;
};

struct Plan {
  std::string cell, scenario, row, title, family, checksum, path, endpoint, seed;
  unsigned paths = 1, routers = 2;
  std::vector<PlannedBox> boxes;
  bool acts_on_tcp = false;
  Workload workload;
  std::vector<Outcome> baseline{Outcome::preserved};
  Expect expect;
  unsigned limit_s = 20;
};
Plan read_plan(const Json&);

}  // namespace gauntlet
