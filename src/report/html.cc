// One HTML file that needs nothing else: no script, no network. The matrix, then every cell with its checks; a cell of
// the matrix leads to its story. Links to evidence are relative to the folder of the results.
#include <fmt/core.h>

#include "report/formats.hh"
#include "report/matrix.hh"
#include "report/story.hh"
#include "report/table.hh"
#include "report/xml.hh"

namespace gauntlet {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><title>gauntlet</title><style>
body{font:14px/1.4 sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:1em 0}
th,td{border:1px solid #ccc;padding:2px 6px;text-align:left}td.c a{color:inherit;text-decoration:none;font-weight:bold;padding:0 2px}tr:hover td:first-child{font-weight:bold}
.pass{background:#cfc}.lenient{background:#ffc}.deviation{background:#fc9}.harm{background:#f99}.error{background:#d9f}.skip{background:#eee}
pre{background:#f6f6f6;padding:.6em;white-space:pre-wrap}summary{cursor:pointer}
</style></head><body><h1>gauntlet</h1>
)";

std::string css_class(const std::string& level) {
  for (const std::string& known : kLevels)
    if (known == level) return known;
  return "error";
}

std::string anchor(const std::string& cell) { return "cell-" + xml_attribute(cell); }

std::string facts_of(const Results& results) {
  std::string out;
  for (const RunFacts& run : results.runs)
    out += fmt::format("<p>gauntlet {}, kernel {}, seed {}</p>\n", xml_text(run.tool), xml_text(run.kernel), run.seed);
  out += fmt::format("<p><b>{}</b></p>\n", xml_text(totals_line(results)));
  for (const std::string& damage : results.damage)
    out += fmt::format("<p class=\"error\">damaged: {}</p>\n", xml_text(damage));
  return out;
}

// A letter per cell, each with its own link: what else its id says stands in the title.
std::string letters_of(const MatrixEntry& entry) {
  std::string out = entry.missing > 0 ? std::string(entry.missing, '?') : "";
  for (const CellResult* cell : entry.cells)
    out += fmt::format("<a class=\"{}\" href=\"#{}\" title=\"{}\">{}{}</a>", css_class(cell->level), anchor(cell->cell),
                       xml_attribute(cell->cell + ": " + why(*cell)), letter_of(cell->level), xml_text(mark_of(*cell)));
  return out;
}

std::string table_of(const Results& results) {
  const Matrix matrix = matrix_of(results);
  std::string out = "<table><tr><th>scenario</th>";
  for (const std::string& column : matrix.columns) out += fmt::format("<th>{}</th>", xml_text(column));
  out += "</tr>\n";
  for (const MatrixRow& row : matrix.rows) {
    out += fmt::format("<tr><td>{}</td>", xml_text(row.scenario));
    for (const MatrixEntry& entry : row.entries)
      out += entry.empty()
                 ? "<td></td>"
                 : fmt::format("<td class=\"c {}\">{}</td>", css_class(worst_level(entry)), letters_of(entry));
    out += "</tr>\n";
  }
  return out + fmt::format("</table>\n<p>{}</p>\n", xml_text(kLegend));
}

std::string checks_of(const CellResult& cell) {
  std::string out =
      "<table><tr><th>check</th><th>clause</th><th>level</th><th>expected</th><th>was</th><th>evidence</th></tr>\n";
  for (const CheckResult& c : cell.checks) {
    std::string frames;
    for (const uint64_t frame : c.frames) frames += fmt::format(" {}", frame);
    out += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}{}</td></tr>\n",
                       xml_text(c.id), xml_text(c.clause), c.level == "not_evaluated" ? "skip" : css_class(c.level),
                       xml_text(c.level), xml_text(c.expected), xml_text(c.actual), xml_text(c.capture), frames);
  }
  return out + "</table>\n";
}

std::string told_of(const CellResult& cell) {
  std::string out = fmt::format("<details id=\"{}\"{}><summary><span class=\"{}\">{}</span> {} {} {}</summary>\n",
                                anchor(cell.cell), told(cell) == Told::passed ? "" : " open=\"open\"",
                                css_class(cell.level), xml_text(cell.level), xml_text(cell.cell),
                                xml_text(cell.outcome), cell.bytes.empty() ? "" : "[" + xml_text(cell.bytes) + "]");
  out += checks_of(cell);
  if (told(cell) != Told::passed) out += fmt::format("<pre>{}</pre>\n", xml_text(story_of(cell)));
  if (!cell.artifacts.empty())
    out += fmt::format("<p>evidence: <a href=\"{0}\">{0}</a></p>\n", xml_attribute(cell.artifacts));
  if (!cell.replay.empty()) out += fmt::format("<pre>{}</pre>\n", xml_text(cell.replay));
  return out + "</details>\n";
}

}  // namespace

std::string html_report(const Results& results) {
  std::string out = kHead + facts_of(results) + table_of(results) + "<h2>Cells</h2>\n";
  for (const CellResult& cell : cells_to_tell(results)) out += told_of(cell);
  return out + "</body></html>\n";
}

}  // namespace gauntlet
