#include <fmt/core.h>

#include <map>

#include "report/formats.hh"
#include "report/story.hh"
#include "report/xml.hh"

namespace gauntlet {
namespace {

struct Counts {
  size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;

  void add(const CellResult& cell) {
    ++tests;
    seconds += cell.seconds;
    const Told how = told(cell);
    failures += how == Told::failed ? 1 : 0;
    errors += how == Told::errored ? 1 : 0;
    skipped += how == Told::known || how == Told::skipped ? 1 : 0;
  }
  std::string attributes() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.3f}")", tests, failures, errors,
                       skipped, seconds);
  }
};

std::string outcome_element(const CellResult& cell) {
  const std::string message = xml_attribute(headline(cell)), story = xml_text(story_of(cell));
  switch (told(cell)) {
    case Told::passed:
      return "";
    case Told::known:
    case Told::skipped:
      return fmt::format("      <skipped message=\"{}\">{}</skipped>\n", message, story);
    case Told::failed:
      return fmt::format("      <failure message=\"{}\" type=\"{}\">{}</failure>\n", message,
                         xml_attribute(cell.gate == "xpass" ? "xpass" : cell.level), story);
    case Told::errored:
      return fmt::format("      <error message=\"{}\" type=\"error\">{}</error>\n", message, story);
  }
  return "";
}

std::string testcase(const CellResult& cell) {
  const CellName name = name_of_cell(cell.cell);
  const std::string inside = outcome_element(cell);
  const std::string open = fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.3f}")",
                                       xml_attribute(name.scenario), xml_attribute(name.axes), cell.seconds);
  return inside.empty() ? open + "/>\n" : open + ">\n" + inside + "    </testcase>\n";
}

// Of the first run: shards of one run share them.
std::string properties(const Results& results) {
  if (results.runs.empty()) return "";
  const RunFacts& run = results.runs.front();
  std::string out = "    <properties>\n";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_attribute(value));
  };
  add("tool", run.tool);
  add("kernel", run.kernel);
  add("commit", run.commit);
  add("seed", std::to_string(run.seed));
  return out + "    </properties>\n";
}

}  // namespace

std::string junit_xml(const Results& results) {
  const auto cells = cells_to_tell(results);
  std::map<std::string, std::string> bodies;  // folder -> its test cases
  std::map<std::string, Counts> counts;
  Counts all;
  for (const CellResult& cell : cells) {
    const std::string folder = name_of_cell(cell.cell).folder;
    bodies[folder] += testcase(cell);
    counts[folder].add(cell);
    all.add(cell);
  }
  std::string out =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gauntlet\" {}>\n", all.attributes());
  for (const auto& [folder, body] : bodies)
    out += fmt::format("  <testsuite name=\"{}\" {}>\n{}{}  </testsuite>\n", xml_attribute(folder),
                       counts[folder].attributes(), properties(results), body);
  return out + "</testsuites>\n";
}

}  // namespace gauntlet
