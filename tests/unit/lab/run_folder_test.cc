#include "lab/run_folder.hh"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

// What --keep promises: captures and received bytes go, reports and verdicts stay, and the folder says so.
TEST(RunFolder, ThinsOutOnlyWhatKeepAllows) {
  const fs::path folder = fs::path(testing::TempDir()) / "gauntlet-thin-out";
  const auto fresh = [&] {
    fs::remove_all(folder);
    fs::create_directories(folder / "mptcp");
    for (const char* name : {"c-p1.pcapng", "client.received", "client.json"})
      std::ofstream(folder / "mptcp" / name) << "x";
  };
  struct Case {
    Keep keep;
    bool failed, gone;
  };
  for (const Case& c : {Case{Keep::always, false, false}, Case{Keep::failed, true, false},
                        Case{Keep::failed, false, true}, Case{Keep::never, true, true}}) {
    fresh();
    thin_out(folder.string(), c.keep, c.failed);
    EXPECT_EQ(thinned_out(folder.string()), c.gone);
    EXPECT_EQ(fs::exists(folder / "mptcp/c-p1.pcapng"), !c.gone);
    EXPECT_EQ(fs::exists(folder / "mptcp/client.received"), !c.gone);
    EXPECT_TRUE(fs::exists(folder / "mptcp/client.json"));
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace gauntlet
