// Files as memory: their bytes, given back and looked at again, and a named end when the file shrinks meanwhile.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "capture/capture.hh"
#include "capture/mapped_file.hh"

namespace gauntlet {
namespace {

struct Mapped : ::testing::Test {
  std::string path = ::testing::TempDir() + "mapped_test." + std::to_string(::getpid());
  void SetUp() override { std::ofstream(path) << std::string(20'000, 'a') << "end"; }
  void TearDown() override { ::unlink(path.c_str()); }
};

TEST_F(Mapped, GivesItsBytesBeforeAndAfterRelease) {
  const MappedFile file(path);
  ASSERT_EQ(file.bytes().size(), 20'003u);
  EXPECT_EQ(file.bytes()[20'002], 'd');
  file.release();
  EXPECT_EQ(file.bytes()[0], 'a');
  EXPECT_EQ(file.bytes()[20'002], 'd');
}

TEST_F(Mapped, EmptyIsNoBytes) {
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  EXPECT_TRUE(MappedFile(path).bytes().empty());
}

TEST_F(Mapped, WhatIsNoFileIsRefusedByName) {
  try {
    MappedFile file("/dev/null");
    FAIL() << "not refused";
  } catch (const CaptureError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("/dev/null: a pipe can be read only once"));
  }
  EXPECT_THROW(MappedFile(path + ".none"), CaptureError);
}

// Forwards, backwards, across the ends of blocks and at the file's end.
TEST_F(Mapped, ReadsWhatIsMapped) {
  constexpr size_t kSize = (2u << 20) + 777;
  {
    std::ofstream out(path);
    for (size_t i = 0; i < kSize; ++i) out.put(static_cast<char>(i * 7919 >> 5));
  }
  const MappedFile file(path);
  const std::vector<size_t> places{0, 5000, (1u << 20) - 10, 1u << 20, 2u << 20, kSize - 1500, 3};
  for (const size_t at : places) {
    const ConstBytes read = file.read(at, 1500);
    if (at + 1500 > kSize) {
      EXPECT_TRUE(read.empty()) << at;
      continue;
    }
    ASSERT_EQ(read.size(), 1500u) << at;
    EXPECT_TRUE(std::equal(read.begin(), read.end(), file.bytes().begin() + static_cast<std::ptrdiff_t>(at))) << at;
  }
  EXPECT_EQ(file.read(100, kSize - 100).size(), kSize - 100);
}

using MappedDeath = Mapped;
TEST_F(MappedDeath, AFileThatShrinksEndsTheProcessWithItsName) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const MappedFile file(path);
        if (::truncate(path.c_str(), 10) != 0) std::exit(9);
        ::unlink(path.c_str());  // this process made it and does not come back to TearDown
        file.release();
        std::exit(file.bytes()[15'000] == 'a' ? 8 : 7);
      },
      ::testing::ExitedWithCode(2), "mapped_test.*: the capture shrank while it was read");
}

}  // namespace
}  // namespace gauntlet
