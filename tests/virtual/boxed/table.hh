// What the prober sees of each box, as a page: generated, compared with docs/trace-boxes.md by a test.
#pragma once
#include "virtual/boxed/cases.hh"

namespace gauntlet {

struct BoxRow {
  const BoxCase* row;
  BoxScore one{}, two{}, poor{};  // from one end; with an agent; with routers that quote little, are silent or limit
};

std::string box_table(const std::vector<BoxRow>&);  // Markdown

}  // namespace gauntlet
