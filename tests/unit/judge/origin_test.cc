// Where wrong bytes come from, each kind by hand; and what the evidence folder holds of them.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cell.hh"
#include "judge/origin.hh"

namespace gauntlet::test {
namespace {

using ::testing::HasSubstr;

const Raw kSent = coded(0, 4096);

Raw file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Origin, NothingThere) {
  const Origin o = origin_of_wrong(kSent, coded(0, 1000), 1000);
  EXPECT_EQ(o.kind, OriginKind::missing);
  EXPECT_EQ(o.length, 3096u);
}

TEST(Origin, AnotherPlaceOfTheStream) {
  Raw got = kSent;
  std::copy(kSent.begin() + 2048, kSent.begin() + 2560, got.begin() + 1024);
  // The lines of both places begin alike ("c2s 00000000 00000000000"): the first byte that differs is a digit.
  const uint64_t at = static_cast<uint64_t>(std::mismatch(got.begin(), got.end(), kSent.begin()).first - got.begin());
  const Origin o = origin_of_wrong(kSent, got, at);
  EXPECT_EQ(o.kind, OriginKind::displaced);
  EXPECT_EQ(o.belongs_to, at + 1024);
}

TEST(Origin, ALostBlockMovesWhatIsBehindIt) {
  Raw got = kSent;
  got.erase(got.begin() + 700, got.begin() + 1200);
  const uint64_t at = static_cast<uint64_t>(std::mismatch(got.begin(), got.end(), kSent.begin()).first - got.begin());
  const Origin o = origin_of_wrong(kSent, got, at);
  EXPECT_EQ(o.kind, OriginKind::displaced);
  EXPECT_EQ(o.belongs_to, at + 500);
  EXPECT_THAT(o.text, HasSubstr("the 500 before them are missing"));
}

TEST(Origin, AnotherStream) {
  Raw got = kSent;
  const Raw other = coded(0, 512, Way::s2c);
  std::copy(other.begin(), other.end(), got.begin() + 1024);
  const Origin o = origin_of_wrong(kSent, got, 1024);
  EXPECT_EQ(o.kind, OriginKind::reflected);
  EXPECT_EQ(o.belongs_to, 0u);
}

TEST(Origin, AnEditInPlace) {
  Raw got = kSent;
  got[1030] ^= 0x20;
  const Origin o = origin_of_wrong(kSent, got, 1030);
  EXPECT_EQ(o.kind, OriginKind::edit);
  EXPECT_EQ(o.length, 1u);
}

TEST(Origin, AnEditOfTheLastByte) {
  Raw got = kSent;
  got.back() ^= 1;
  EXPECT_EQ(origin_of_wrong(kSent, got, 4095).kind, OriginKind::edit);
}

TEST(Origin, Zeros) {
  Raw got = kSent;
  std::fill(got.begin() + 1000, got.begin() + 1700, uint8_t{0});
  const Origin o = origin_of_wrong(kSent, got, 1000);
  EXPECT_EQ(o.kind, OriginKind::zeros);
  EXPECT_EQ(o.length, 700u);
}

TEST(Origin, AnInsertion) {
  Raw got = kSent;
  const Raw more = text("X-Injected: 1\r\n");
  got.insert(got.begin() + 640, more.begin(), more.end());
  const Origin o = origin_of_wrong(kSent, got, 640);
  EXPECT_EQ(o.kind, OriginKind::inserted);
  EXPECT_EQ(o.length, more.size());
}

TEST(Origin, FewerBytesReplaced) {
  Raw got = kSent;
  got.erase(got.begin() + 640, got.begin() + 700);
  const Raw more = text("@@@@@@@@@@");
  got.insert(got.begin() + 640, more.begin(), more.end());
  const Origin o = origin_of_wrong(kSent, got, 640);
  EXPECT_EQ(o.kind, OriginKind::replaced);
  EXPECT_THAT(o.text, HasSubstr("10 bytes in place of 60"));
}

TEST(Origin, ForeignToTheEnd) {
  Raw got = kSent;
  got.push_back(0);  // not as long as what was sent: no edit in place
  for (size_t i = 640; i < got.size(); ++i) got[i] = static_cast<uint8_t>(i * 7 + 1);
  EXPECT_EQ(origin_of_wrong(kSent, got, 640).kind, OriginKind::foreign);
}

TEST(Origin, OffsetsCountThePreface) {
  const Raw preface = text("USER x\r\n");
  const Raw sent = preface + kSent;
  Raw got = sent;
  got.erase(got.begin() + 200, got.begin() + 300);
  const uint64_t at = static_cast<uint64_t>(std::mismatch(got.begin(), got.end(), sent.begin()).first - got.begin());
  const Origin o = origin_of_wrong(sent, got, at, preface.size());
  EXPECT_EQ(o.kind, OriginKind::displaced);
  EXPECT_EQ(o.belongs_to, at + 100);
}

// A receiver that delivers another byte than the wire brought: both streams lie side by side.
TEST(WrongBytes, ShadowStandsBesideWhatWasDelivered) {
  CellFolder cell;
  cell.server_received["mptcp"][2500] ^= 0x20;
  const Verdict v = cell.judge();
  ASSERT_EQ(v.wrong.size(), 1u) << story(v);
  const WrongBytes& w = v.wrong[0];
  EXPECT_EQ(w.run + " " + w.way + " " + w.letter, "mptcp up C");
  EXPECT_EQ(w.offset, 2500u);
  EXPECT_EQ(w.kind, "edit");
  EXPECT_EQ(w.culprit, "receiver");
  EXPECT_EQ(w.parted, 2500u);
  EXPECT_EQ(file(cell.path(w.delivered)), cell.server_received["mptcp"]);
  EXPECT_EQ(file(cell.path(w.shadow)), coded(0, 6000));
  const Json told = Json::parse(std::ifstream(cell.path("verdict.json")));
  EXPECT_EQ(told.at("wrong").at(0).at("shadow"), "mptcp/server.shadow");
  EXPECT_EQ(told.at("wrong").at(0).at("offset"), 2500);
}

TEST(WrongBytes, AShadowOfAnEarlierJudgementIsGone) {
  CellFolder cell;
  cell.write();
  std::ofstream(cell.path("mptcp/server.shadow")) << "old";
  EXPECT_EQ(cell.judge().level, Level::pass);
  EXPECT_FALSE(std::ifstream(cell.path("mptcp/server.shadow")).good());
}

}  // namespace
}  // namespace gauntlet::test
