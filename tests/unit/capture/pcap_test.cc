#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_maker.hh"

namespace gauntlet {
namespace {

using test::Raw;
using test::read_all;
using test::TempFile;
using testing::ElementsAre;
using testing::HasSubstr;

Raw pcap(bool big, uint32_t magic) { return Raw(big).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1); }

TEST(Pcap, ALinkTypeWeDoNotKnowIsDamage) {
  Raw file = Raw().u32(0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(0);  // BSD loopback
  file.u32(1700000000).u32(7).u32(3).u32(3).add({2, 0, 0});
  const TempFile f(file.bytes());
  std::string error;
  EXPECT_EQ(read_all(f.path(), &error).size(), 0u);
  EXPECT_THAT(error, HasSubstr("frame 1, offset 40: link type 0; known are "));
}

TEST(Pcap, EveryMagicAndByteOrder) {
  struct Row {
    bool big;
    uint32_t magic;
    int64_t ns;
  };
  for (const Row& row : {Row{false, 0xa1b2c3d4, 7'000}, Row{true, 0xa1b2c3d4, 7'000}, Row{false, 0xa1b23c4d, 7},
                         Row{true, 0xa1b23c4d, 7}}) {
    Raw file = pcap(row.big, row.magic);
    file.u32(1700000000).u32(7).u32(3).u32(60).add({1, 2, 3});
    file.u32(1700000001).u32(8).u32(1).u32(1).add({9});
    const TempFile f(file.bytes());
    const auto all = read_all(f.path());
    ASSERT_EQ(all.size(), 2u) << row.big << row.magic;
    EXPECT_EQ(all[0].number, 1u);
    EXPECT_EQ(all[0].time.count(), 1700000000'000000000 + row.ns);
    EXPECT_EQ(all[0].link, LinkType::ethernet);
    EXPECT_EQ(all[0].original_size, 60u);
    EXPECT_THAT(all[0].bytes, ElementsAre(1, 2, 3));
    EXPECT_EQ(all[1].number, 2u);
    EXPECT_THAT(all[1].bytes, ElementsAre(9));
  }
}

TEST(Pcap, SecondsPast2038) {
  const TempFile f(pcap(false, 0xa1b2c3d4).u32(0xffffffff).u32(0).u32(0).u32(0).bytes());
  EXPECT_EQ(read_all(f.path()).at(0).time.count(), 4294967295'000000000);
}

TEST(Pcap, CutAnywhereKeepsWhatCameBefore) {
  Raw file = pcap(false, 0xa1b2c3d4);
  file.u32(1).u32(0).u32(4).u32(4).add({1, 2, 3, 4});
  const size_t whole = file.bytes().size();  // 44
  file.u32(2).u32(0).u32(4).u32(4).add({5, 6, 7, 8});
  for (size_t size = whole + 1; size < file.bytes().size(); ++size) {
    const TempFile f({file.bytes().begin(), file.bytes().begin() + static_cast<long>(size)});
    std::string error;
    const auto all = read_all(f.path(), &error);
    ASSERT_EQ(all.size(), 1u) << size;
    EXPECT_THAT(all[0].bytes, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(error, HasSubstr(f.path() + ": frame 2, offset 44: the file ends inside")) << size;
  }
}

TEST(Pcap, AbsurdFrameLengthIsRefused) {
  const TempFile f(pcap(false, 0xa1b2c3d4).u32(1).u32(0).u32(0xfffffff0).u32(60).bytes());
  std::string error;
  EXPECT_TRUE(read_all(f.path(), &error).empty());
  EXPECT_THAT(error, HasSubstr("frame 1, offset 24: a frame of 4294967280 bytes"));
}

TEST(Pcap, DamageIsToldAgain) {
  const TempFile f(pcap(false, 0xa1b2c3d4).u32(1).bytes());
  CaptureReader reader(f.path());
  Frame frame;
  EXPECT_THROW(reader.next(frame), CaptureError);
  EXPECT_THROW(reader.next(frame), CaptureError);
}

TEST(Pcap, OtherFilesAreNamed) {
  const auto complaint = [](std::vector<uint8_t> bytes) {
    const TempFile f(bytes);
    std::string error;
    read_all(f.path(), &error);
    return error;
  };
  EXPECT_THAT(complaint({}), HasSubstr("the file is empty"));
  EXPECT_THAT(complaint({0x1f, 0x8b, 8, 0}), HasSubstr("gzip"));
  EXPECT_THAT(complaint({'h', 'e', 'l', 'l', 'o'}), HasSubstr("neither pcap nor pcapng"));
  EXPECT_THAT(complaint({0xd4, 0xc3, 0xb2, 0xa1, 2, 0}), HasSubstr("ends inside the file header"));
  std::string error;
  read_all("/nonexistent/x.pcap", &error);
  EXPECT_THAT(error, HasSubstr("/nonexistent/x.pcap: cannot open the capture: No such file"));
}

}  // namespace
}  // namespace gauntlet
