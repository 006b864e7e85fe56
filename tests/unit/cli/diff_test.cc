// `gauntlet diff`: its exit code says whether there was anything to say.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "capture/capture.hh"
#include "cli/verb.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;

struct Diffed {
  int exit;
  std::string said;
};

// Two captures of one link type with these IP packets.
Diffed diff(LinkType link, const std::vector<std::vector<uint8_t>>& a, const std::vector<std::vector<uint8_t>>& b) {
  const auto folder = std::filesystem::temp_directory_path() / ("gauntlet-diff-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::vector<std::string> paths;
  for (const auto* packets : {&a, &b}) {
    paths.push_back((folder / std::to_string(paths.size())).string());
    CaptureWriter writer(paths.back(), "test", link);
    for (const auto& packet : *packets) writer.frame(std::chrono::seconds(1), packet);
    writer.close();
  }
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit = verb_diff(paths);
  testing::internal::GetCapturedStdout();
  std::filesystem::remove_all(folder);
  return {exit, testing::internal::GetCapturedStderr()};
}

const std::vector<uint8_t> kPacket{0x45, 0, 0, 21, 0, 1, 0, 0, 64, 99, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 7};

TEST(VerbDiff, NothingComparedIsNoSuccess) {
  EXPECT_EQ(diff(LinkType::raw, {kPacket}, {kPacket}).exit, 0);
  const Diffed empty = diff(LinkType::raw, {}, {});
  EXPECT_EQ(empty.exit, kExitUsage);
  EXPECT_THAT(empty.said, HasSubstr("nothing was compared"));
}

TEST(VerbDiff, ALinkTypeWeDoNotKnowIsNoSuccess) {
  const Diffed null = diff(static_cast<LinkType>(0), {kPacket}, {kPacket});
  EXPECT_EQ(null.exit, kExitUsage);
  EXPECT_THAT(null.said, HasSubstr("frame 1, offset "));
  EXPECT_THAT(null.said, HasSubstr("link type 0"));
}

}  // namespace
}  // namespace gauntlet
