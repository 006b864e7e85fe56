// What the rest of the tree may know about a box without seeing its code: its parameters and the edits it declares.
// The registry (middleboxes/) makes these; the scenario loader checks files against them, the judge checks captures.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gauntlet {

// hex: "1e04" or "0x1e04". bytes: text as it stands, or hex behind "0x". classes: words of kClassWords joined by '+'.
enum class ParamType { boolean, integer, real, text, choice, hex, bytes, duration, size, classes, direction, path };
const char* name_of(ParamType);

struct ParamSpec {
  std::string name = {};
  ParamType type = ParamType::text;
  std::string fallback = {};  // as text, the way a person would write it; empty with required = true: must be given
  std::string help = {};      // one line
  std::vector<std::string> choices = {};  // for ParamType::choice
  int64_t min = INT64_MIN;                // for integer, duration (nanoseconds), size (bytes)
  int64_t max = INT64_MAX;
  bool required = false;
};

// The parameters of one box, checked and typed. Every parameter of the schema is present (fallbacks filled in).
class Params {
 public:
  using Value = std::variant<bool, int64_t, double, std::string>;

  bool flag(std::string_view name) const;
  int64_t number(std::string_view name) const;  // integer, duration in nanoseconds, size in bytes
  double real(std::string_view name) const;
  const std::string& text(std::string_view name) const;  // text, choice, hex and bytes (raw), classes, direction, path
  bool given(std::string_view name) const;               // was it written by a person, or is it the fallback?

  void set(std::string name, Value value, bool by_person);
  const std::map<std::string, Value, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string> given_;
};

// One edit that a box says it makes. `kind` is of the closed list in docs/evidence.md ("Kinds of difference"); `field`
// is empty (any field of that kind) or exact ("option 30", "option 30/dss", "src", "dport", "seq" ...). `dir` is c2s,
// s2c or both.
struct DeclaredEdit {
  std::string kind;
  std::string field;
  std::string dir = "both";
};

struct BoxSchema {
  std::string name = {};
  std::string summary = {};            // the first line of its manual
  std::string manual = {};             // the header comment of its file, without comment marks
  std::vector<ParamSpec> params = {};  // its own, then the common ones (dir, when, nth, after, count, path)
  std::vector<DeclaredEdit> (*declares)(const Params&) = nullptr;
};

// The closed list of segment classes and MPTCP subtypes (docs: scenario files, `when`), in the order of path/seen.hh.
inline constexpr std::array<std::string_view, 18> kClassWords = {"syn", "synack", "ack3", "data", "ack",    "fin",
                                                                 "rst", "nonsyn", "any",  "mpc",  "join",   "dss",
                                                                 "add", "rm",     "prio", "fail", "fclose", "tcprst"};

// A box's own parameters followed by the common ones, which one wrapper applies to every box: dir, when, nth, after,
// count, path.
std::vector<ParamSpec> with_common(std::vector<ParamSpec> own, std::string dir = "both", std::string when = "any");

// Checks `written` (name -> text) against the schema. Throws UsageError naming the parameter, what is wrong and what is
// allowed.
Params check_params(const BoxSchema& schema, const std::map<std::string, std::string>& written);

// "strip:kind=30,mode=eol" -> name and written parameters. Throws UsageError. A value may be quoted with ' to hold
// commas.
struct BoxText {
  std::string name;
  std::map<std::string, std::string> written;
};
BoxText parse_box_text(std::string_view text);
std::string to_text(const BoxText& box);  // the shell-friendly form again, keys sorted

// "250us", "5ms", "1.5s" -> nanoseconds; "200 kB", "64KiB", "1448" -> bytes. nullopt when it is neither.
std::optional<int64_t> parse_duration(std::string_view text);
std::optional<int64_t> parse_size(std::string_view text);

}  // namespace gauntlet
