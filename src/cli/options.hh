// One table of options per verb: --help on one screen, unknown or malformed options are UsageErrors that name the
// remedy.
//
//   const Command kCommand{"gauntlet serve --port P [OPTIONS]", "the server of the endpoint pair", {
//       {"port", "P", "", "TCP port to listen on", VerbOption::required}, {"once", "", "", "serve one connection and
//       end"}}};
//   const auto options = parse_options(kCommand, words);
//   if (!options) return kExitOk;                       // --help was asked for and has been printed
//   const auto port = options->number("port", 1, 65535);
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hh"

namespace gauntlet {

struct VerbOption {
  enum Need { optional, required, repeated };
  std::string name;      // without the dashes
  std::string value;     // what stands for the value in --help; empty: a flag
  std::string fallback;  // empty: none
  std::string help;      // one line; "(default: ...)" is added
  Need need = optional;
};

struct Command {
  std::string usage;    // "gauntlet serve --port P [OPTIONS]"
  std::string purpose;  // one line
  std::vector<VerbOption> options;
  std::string positional;  // "PATTERN...": what words without dashes are; empty: there must be none
  std::string epilogue;    // printed after the options: an example
};

class Options {
 public:
  bool given(std::string_view name) const;  // by a person, not by its fallback
  bool flag(std::string_view name) const { return given(name); }
  const std::string& text(std::string_view name) const;              // the last one given, or the fallback, or ""
  const std::vector<std::string>& all(std::string_view name) const;  // of a repeated one, in order
  uint64_t number(std::string_view name, uint64_t min,
                  uint64_t max) const;  // UsageError when it is none or out of range
  // UsageError unless it is one of `allowed`.
  const std::string& choice(std::string_view name, const std::vector<std::string>& allowed) const;
  const std::vector<std::string>& words() const { return words_; }  // positional

 private:
  friend std::optional<Options> parse_options(const Command&, Arguments);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> fallbacks_;
  std::vector<std::string> words_;
};

// UsageError, beginning with `what`, when it is none or out of range.
uint64_t number_of(std::string_view written, uint64_t min, uint64_t max, std::string_view what);

// nullopt: --help was given and printed. Throws UsageError.
std::optional<Options> parse_options(const Command&, Arguments);
std::string help_of(const Command&);

}  // namespace gauntlet
