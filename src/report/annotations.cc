#include <fmt/core.h>

#include "report/formats.hh"
#include "report/story.hh"

namespace gauntlet {
namespace {

// Workflow commands: what would end the text, and in a property also what would end the property.
std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string annotations(const Results& results) {
  std::string out;
  for (const CellResult& cell : cells_to_tell(results)) {
    const Told how = told(cell);
    if (how != Told::failed && how != Told::errored) continue;
    std::string place;
    if (!cell.file.empty()) place = fmt::format("file={},line={},", escaped(cell.file, true), cell.line);
    out += fmt::format("::error {}title={}::{}\n", place, escaped(cell.cell, true), escaped(story_of(cell), false));
  }
  return out;
}

}  // namespace gauntlet
