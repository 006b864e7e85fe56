#include <array>

#include "cli/cli.hh"
#include "meta_boxes.hh"
#include "middleboxes/registry.hh"

int main(int argc, char** argv) {
  gauntlet::add_boxes(std::array{gauntlet::kEditUndeclared, gauntlet::kIdle, gauntlet::kWindow});
  return gauntlet::main(argc, argv);
}
