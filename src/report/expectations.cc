#include "report/expectations.hh"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "util/error.hh"
#include "util/toml_reader.hh"

namespace gauntlet {
namespace {

// The leading dotted numbers; empty when there are none.
std::vector<unsigned> version_of(std::string_view& text) {
  std::vector<unsigned> out;
  while (true) {
    unsigned part = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc{}) return out;
    out.push_back(part);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.size() < 2 || text[0] != '.' || text[1] < '0' || text[1] > '9') return out;
    text.remove_prefix(1);
  }
}

bool less(std::vector<unsigned> a, std::vector<unsigned> b) {
  const size_t longer = std::max(a.size(), b.size());
  a.resize(longer);
  b.resize(longer);
  return a < b;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

bool names_scenario(const std::string& glob) {
  const std::string scenario = glob.substr(0, glob.find('@'));
  return !scenario.empty() && scenario.find_first_of("*?") == std::string::npos;
}

// The file that an entry's evidence begins with ("docs/findings.md 4: ..."); empty where it begins with something else.
std::string file_of(const std::string& evidence) {
  std::string word = evidence.substr(0, evidence.find_first_of(" #"));
  word.erase(word.find_last_not_of(",;:.)") + 1);
  return word.find('/') == std::string::npos || word.find("://") != std::string::npos ? "" : word;
}

// Seen from the working directory, or from the folder of the list or one above it: the list may be named from anywhere.
bool is_there(const std::string& file, const std::string& list) {
  namespace fs = std::filesystem;
  std::error_code unknown;
  if (fs::exists(file, unknown)) return true;
  for (fs::path folder = fs::absolute(list).parent_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / file, unknown)) return true;
    if (folder == folder.parent_path()) return false;
  }
}

Known load_known(const TomlValue& table, const std::string& name, Problems& problems) {
  TomlReader reader(table, "[[known]]", problems);
  Known k;
  k.place = fmt::format("{}:{}", name, table.line);
  k.cell = reader.text("cell", true, "a glob over cell ids").value_or("");
  if (!k.cell.empty() && !names_scenario(k.cell))
    problems.add(reader.line_of("cell"),
                 fmt::format("`cell` cannot be '{}': it would cover what nobody looked at; name one scenario in full, "
                             "wildcards stand behind its '@'",
                             k.cell));
  k.check = reader.text("check", true, "the id of the check that fails, exactly").value_or("");
  if (k.check.find_first_of("*?") != std::string::npos)
    problems.add(reader.line_of("check"),
                 fmt::format("`check` cannot be '{}': no wildcard over checks; name the one that fails", k.check));
  k.level = reader.word("level", {"deviation", "harm"}, true).value_or("");
  if (const auto text = reader.text("kernel", true, "the kernels it was seen on, such as \">=6.18, <7.0\"")) {
    k.kernel_text = *text;
    try {
      k.kernel = KernelRange::parse(*text);
    } catch (const UsageError& e) {
      problems.add(reader.line_of("kernel"), e.what());
    }
  }
  k.reason = reader.text("reason", true, "one sentence: what the kernel does instead").value_or("");
  k.evidence = reader.text("evidence", true, "what proves it: capture, shadow receiver, control run").value_or("");
  k.since = reader.date("since", true).value_or("");
  k.review = reader.date("review", true).value_or("");
  if (!k.since.empty() && !k.review.empty() && k.review <= k.since)
    problems.add(reader.line_of("review"),
                 fmt::format("`review` {} is not after `since` {}; set a later day", k.review, k.since));
  reader.finish();
  return k;
}

}  // namespace

KernelRange KernelRange::parse(std::string_view text) {
  const auto fail = [whole = std::string(text)] {
    throw UsageError(fmt::format(
        "`kernel` cannot be '{}'; write bounds joined by commas (allowed: \">=6.18, <7.0\", \">=6.18\", \"<7.0\")",
        whole));
  };
  KernelRange range;
  while (true) {
    skip_space(text);
    Bound bound;
    bound.at_least = text.starts_with(">=");
    if (!bound.at_least && (!text.starts_with("<") || text.starts_with("<="))) fail();
    text.remove_prefix(bound.at_least ? 2 : 1);
    skip_space(text);
    bound.version = version_of(text);
    if (bound.version.empty()) fail();
    range.bounds_.push_back(bound);
    skip_space(text);
    if (text.empty()) return range;
    if (text.front() != ',') fail();
    text.remove_prefix(1);
  }
}

bool KernelRange::holds(std::string_view kernel) const {
  const auto version = version_of(kernel);
  return std::all_of(bounds_.begin(), bounds_.end(),
                     [&](const Bound& b) { return b.at_least ? !less(version, b.version) : less(version, b.version); });
}

std::vector<Known> parse_expectations(std::string_view text, const std::string& name) {
  const TomlValue root = parse_toml(text, name);
  Problems problems(name);
  TomlReader reader(root, "the file", problems);
  std::vector<Known> out;
  for (const TomlValue* table : reader.tables("known")) out.push_back(load_known(*table, name, problems));
  reader.finish();
  for (size_t i = 0; i < out.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (out[i].cell == out[j].cell && out[i].check == out[j].check && out[i].kernel_text == out[j].kernel_text)
        problems.add(std::stoi(out[i].place.substr(out[i].place.rfind(':') + 1)),
                     fmt::format("the same cell, check and kernel as {}; remove one", out[j].place));
  problems.throw_if_any();
  return out;
}

std::vector<Known> load_expectations(const std::string& path) {
  std::vector<Known> all = parse_expectations(read_text_file(path), path);
  for (Known& k : all)
    if (const std::string file = file_of(k.evidence); !file.empty() && !is_there(file, path)) k.missing = file;
  return all;
}

}  // namespace gauntlet
