#include "cli/options.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "util/error.hh"

namespace po = boost::program_options;

namespace gauntlet {
namespace {

const std::string kNothing;
const std::vector<std::string> kNone;
constexpr const char* kWords = "words";  // holds what has no dashes

po::options_description described(const Command& command) {
  po::options_description all;
  all.add_options()("help,h", "");
  for (const VerbOption& o : command.options) {
    if (o.value.empty())
      all.add_options()(o.name.c_str(), "");
    else
      all.add_options()(o.name.c_str(), po::value<std::vector<std::string>>()->composing(), "");
  }
  all.add_options()(kWords, po::value<std::vector<std::string>>());
  return all;
}

po::variables_map parsed(const Command& command, Arguments words) {
  po::positional_options_description positional;
  if (!command.positional.empty()) positional.add(kWords, -1);
  const auto all = described(command);
  // No guessing: an abbreviation that works today would be another option tomorrow.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  po::variables_map result;
  try {
    po::store(po::command_line_parser(std::vector<std::string>(words.begin(), words.end()))
                  .options(all)
                  .positional(positional)
                  .style(style)
                  .run(),
              result);
  } catch (const po::too_many_positional_options_error&) {
    throw UsageError("takes no words without dashes; see --help");
  } catch (const po::error& e) {
    throw UsageError(fmt::format("{}; see --help", e.what()));
  }
  return result;
}

}  // namespace

std::string help_of(const Command& command) {
  size_t width = 4;
  const auto left = [](const VerbOption& o) { return o.value.empty() ? o.name : o.name + " " + o.value; };
  for (const VerbOption& o : command.options) width = std::max(width, left(o).size());
  std::string text = fmt::format("usage: {}\n{}\n\n", command.usage, command.purpose);
  for (const VerbOption& o : command.options) {
    const std::string fallback = o.fallback.empty() ? "" : fmt::format(" (default: {})", o.fallback);
    text += fmt::format("  --{:<{}}  {}{}{}\n", left(o), width, o.help, fallback,
                        o.need == VerbOption::required ? " (required)" : "");
  }
  text += fmt::format("  --{:<{}}  this text\n", "help", width);
  if (!command.epilogue.empty()) text += "\n" + command.epilogue + "\n";
  return text;
}

std::optional<Options> parse_options(const Command& command, Arguments words) {
  const po::variables_map given = parsed(command, words);
  if (given.count("help") != 0) {
    fmt::print("{}", help_of(command));
    return std::nullopt;
  }
  Options result;
  if (given.count(kWords) != 0) result.words_ = given[kWords].as<std::vector<std::string>>();
  for (const VerbOption& o : command.options) {
    result.fallbacks_[o.name] = o.fallback;
    if (given.count(o.name) == 0) {
      if (o.need == VerbOption::required)
        throw UsageError(fmt::format("--{} {} is missing; see --help", o.name, o.value));
      continue;
    }
    auto& values = result.values_[o.name];
    if (!o.value.empty()) values = given[o.name].as<std::vector<std::string>>();
    if (o.need != VerbOption::repeated && values.size() > 1)
      throw UsageError(fmt::format("--{} is given twice", o.name));
  }
  return result;
}

bool Options::given(std::string_view name) const { return values_.find(name) != values_.end(); }

const std::vector<std::string>& Options::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

const std::string& Options::text(std::string_view name) const {
  const auto& values = all(name);
  if (!values.empty()) return values.back();
  const auto fallback = fallbacks_.find(name);
  return fallback == fallbacks_.end() ? kNothing : fallback->second;
}

uint64_t number_of(std::string_view written, uint64_t min, uint64_t max, std::string_view what) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (error != std::errc() || end != written.data() + written.size() || value < min || value > max) {
    throw UsageError(fmt::format("{} {}: a number from {} to {} is needed", what, written, min, max));
  }
  return value;
}

uint64_t Options::number(std::string_view name, uint64_t min, uint64_t max) const {
  return number_of(text(name), min, max, fmt::format("--{}", name));
}

const std::string& Options::choice(std::string_view name, const std::vector<std::string>& allowed) const {
  const std::string& written = text(name);
  if (std::find(allowed.begin(), allowed.end(), written) == allowed.end()) {
    throw UsageError(fmt::format("--{} {}: one of {} is needed", name, written, fmt::join(allowed, ", ")));
  }
  return written;
}

}  // namespace gauntlet
