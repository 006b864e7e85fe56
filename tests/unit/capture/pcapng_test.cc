#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_maker.hh"

namespace gauntlet {
namespace {

using test::Raw;
using test::read_all;
using test::section;
using test::TempFile;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t kIdb = 1, kSpb = 3, kEpb = 6;

Raw idb(bool big, uint16_t link, uint32_t snap = 0) { return Raw(big).u16(link).u16(0).u32(snap); }
Raw epb(bool big, uint32_t id, uint64_t ticks, const std::vector<uint8_t>& data, uint32_t original = 0) {
  Raw b(big);
  b.u32(id).u32(ticks >> 32).u32(ticks).u32(data.size()).u32(original == 0 ? data.size() : original);
  return b.add(data).pad();
}

TEST(Pcapng, BothByteOrdersAndSeveralSections) {
  Raw file;
  for (const bool big : {false, true}) {
    file.add(section(big).bytes());
    file.add(Raw(big).block(kIdb, idb(big, 1).u16(2).u16(3).add({'e', 't', 'h', 0}).u32(0)).bytes());
    file.add(Raw(big).block(kIdb, idb(big, 101)).bytes());
    file.add(Raw(big).block(kEpb, epb(big, 1, 1'000'001, {1, 2, 3}, 9)).bytes());
  }
  const TempFile f(file.bytes());
  std::vector<std::string> names;
  const auto all = read_all(f.path(), nullptr, &names);
  ASSERT_EQ(all.size(), 2u);
  for (const Frame& frame : all) {
    EXPECT_EQ(frame.time.count(), 1'000'001'000);  // microseconds unless said otherwise
    EXPECT_EQ(frame.link, LinkType::raw);
    EXPECT_EQ(frame.original_size, 9u);
    EXPECT_THAT(frame.bytes, ElementsAre(1, 2, 3));
  }
  EXPECT_EQ(all[0].interface, 1u);
  EXPECT_EQ(all[1].interface, 3u);
  EXPECT_THAT(names, ElementsAre("eth", "", "eth", ""));
}

TEST(Pcapng, TimeResolutions) {
  struct Row {
    uint8_t resolution;
    int64_t offset;
    uint64_t ticks;
    int64_t ns;
  };
  const Row rows[] = {
      {9, 0, 1'700'000'000'123'456'789, 1'700'000'000'123'456'789},
      {3, 0, 1'500, 1'500'000'000},
      {0, 0, 7, 7'000'000'000},
      {12, 0, 1'234'567, 1'234},                  // picoseconds: cut, not rounded
      {0x80 | 10, 0, 1024 + 512, 1'500'000'000},  // 2^-10 s
      {0x80 | 32, 0, (5ULL << 32) + (1ULL << 31), 5'500'000'000},
      {6, 100, 1, 100'000'001'000},  // if_tsoffset
      {6, -1, 1'000'000, 0},
      {0x80 | 127, 0, ~0ULL, 0},
      {127, 0, ~0ULL, 0},
  };
  for (const Row& row : rows) {
    Raw file = section(false);
    file.block(kIdb, idb(false, 1)
                         .u16(9)
                         .u16(1)
                         .add({row.resolution, 0, 0, 0})
                         .u16(14)
                         .u16(8)
                         .u64(static_cast<uint64_t>(row.offset))
                         .u32(0));
    file.block(kEpb, epb(false, 0, row.ticks, {1}));
    const TempFile f(file.bytes());
    EXPECT_EQ(read_all(f.path()).at(0).time.count(), row.ns) << int{row.resolution} << " " << row.ticks;
  }
}

TEST(Pcapng, TimeBeyondNanosecondsIsDamage) {
  Raw file = section(false);
  file.block(kIdb, idb(false, 1).u16(9).u16(1).add({0, 0, 0, 0}).u32(0))
      .block(kEpb, epb(false, 0, 10'000'000'000, {1}));
  const TempFile f(file.bytes());
  std::string error;
  EXPECT_TRUE(read_all(f.path(), &error).empty());
  EXPECT_THAT(error, HasSubstr("beyond the year 2262"));
}

TEST(Pcapng, SimplePacketsAreCutBySnapLength) {
  Raw file = section(false);
  file.block(kIdb, idb(false, 1, 4));
  file.block(kSpb, Raw().u32(6).add({1, 2, 3, 4}));  // 6 on the wire, 4 kept
  file.block(kSpb, Raw().u32(3).add({5, 6, 7, 0}));  // 3, and one byte of padding
  const TempFile f(file.bytes());
  const auto all = read_all(f.path());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].bytes, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(all[0].original_size, 6u);
  EXPECT_THAT(all[1].bytes, ElementsAre(5, 6, 7));
  EXPECT_EQ(all[1].time.count(), 0);
}

TEST(Pcapng, UnknownBlocksAreSkippedAndOldPacketsRead) {
  Raw file = section(false);
  file.block(kIdb, idb(false, 101));
  file.block(5, Raw().u32(0).u64(0));  // interface statistics
  file.block(0x0bad, Raw().add(std::vector<uint8_t>(100'000, 0x0a)));
  file.block(2, Raw().u16(0).u16(0).u32(0).u32(5).u32(2).u32(2).add({8, 9}));
  file.block(kEpb, epb(false, 0, 6, {1}).u16(1).u16(2).add({'h', 'i', 0, 0}).u32(0));  // with a comment
  const TempFile f(file.bytes());
  const auto all = read_all(f.path());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].bytes, ElementsAre(8, 9));
  EXPECT_EQ(all[0].time.count(), 5'000);
  EXPECT_THAT(all[1].bytes, ElementsAre(1));
}

TEST(Pcapng, CutAnywhereKeepsWhatCameBefore) {
  Raw file = section(false);
  file.block(kIdb, idb(false, 1)).block(kEpb, epb(false, 0, 1, {1}));
  const size_t whole = file.bytes().size();
  file.block(kEpb, epb(false, 0, 2, {2}));
  for (size_t size = whole + 1; size < file.bytes().size(); ++size) {
    const TempFile f({file.bytes().begin(), file.bytes().begin() + static_cast<long>(size)});
    std::string error;
    ASSERT_EQ(read_all(f.path(), &error).size(), 1u) << size;
    EXPECT_THAT(error, HasSubstr("frame 2, offset " + std::to_string(whole) + ": the file ends inside a block"))
        << size;
  }
}

TEST(Pcapng, HostileFiles) {
  const auto complaint = [](const Raw& file) {
    const TempFile f(file.bytes());
    std::string error;
    read_all(f.path(), &error);
    return error;
  };
  Raw head = section(false);
  const auto with = [&](const auto& add) {
    Raw file = head;
    add(file);
    return complaint(file);
  };
  EXPECT_THAT(with([](Raw& r) { r.u32(6).u32(0xfffffffc).u32(0); }), HasSubstr("block length 4294967292; at most"));
  EXPECT_THAT(with([](Raw& r) { r.u32(6).u32(8).u32(8); }), HasSubstr("block length 8 is below 12"));
  EXPECT_THAT(with([](Raw& r) { r.u32(6).u32(13).u32(13); }), HasSubstr("no multiple of 4"));
  EXPECT_THAT(with([](Raw& r) { r.u32(99).u32(16).u32(0).u32(20); }),
              HasSubstr("block lengths differ: 16 in front, 20 behind"));
  EXPECT_THAT(with([](Raw& r) { r.block(kEpb, epb(false, 0, 1, {1})); }),
              HasSubstr("interface 0 of 0: never described"));
  EXPECT_THAT(with([](Raw& r) { r.block(kSpb, Raw().u32(1).u32(0)); }), HasSubstr("interface 0 of 0"));
  EXPECT_THAT(with([](Raw& r) { r.block(kIdb, idb(false, 1).u16(2).u16(400)); }),
              HasSubstr("option 2 of an interface runs past"));
  EXPECT_THAT(with([](Raw& r) { r.block(kIdb, Raw().u32(1)); }), HasSubstr("an interface description of 4 body bytes"));
  head.block(kIdb, idb(false, 1));
  EXPECT_THAT(with([](Raw& r) { r.block(kEpb, Raw().u32(0)); }), HasSubstr("a packet of 4 body bytes"));
  EXPECT_THAT(with([](Raw& r) { r.block(kEpb, Raw().u32(0).u64(0).u32(5).u32(5).u32(0)); }),
              HasSubstr("a frame of 5 bytes in a block with room for 4"));
  EXPECT_THAT(with([](Raw& r) { r.block(kSpb, Raw().u32(5).u32(0)); }),
              HasSubstr("a frame of 5 bytes in a block with room for 4"));
  EXPECT_THAT(with([](Raw& r) { r.u32(0x0a0d0d0a).u32(28).u32(0x11223344); }),
              HasSubstr("byte-order magic 0x44332211"));
}

}  // namespace
}  // namespace gauntlet
