#include "lab/private_mounts.hh"

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>

namespace gauntlet {
namespace {

TEST(PrivateMounts, OnlyOutermostFoldersBelowTmpAndRunAreBoundBack) {
  const std::filesystem::path base = std::filesystem::path("/tmp") / ("gauntlet-mounts-" + std::to_string(::getpid()));
  std::filesystem::create_directories(base / "in");
  EXPECT_THAT(hidden_folders({(base / "in").string(), base.string(), "/usr/bin", "/tmp/there/is/none", "relative"}),
              testing::ElementsAre(base.string()));
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace gauntlet
