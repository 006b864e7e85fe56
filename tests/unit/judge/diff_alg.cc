// Edits of other length in short lines, as an application gateway makes them: each is told at its own place, though
// there are never 64 equal bytes between two of them.
#include <gmock/gmock.h>

#include "one_edit.hh"

namespace gauntlet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Line {
  std::string before, behind;
};

// Lines of the client, each acknowledged, through a box that translates all numbers.
struct Gateway {
  Scene s;
  int64_t sent = 0, arrived = 0;
  Gateway() { s.handshake(); }
  void say(const Line& line) {
    s.before_and_behind(Way::c2s, {s.c2s(sent, text(line.before))}, {s.c2s(arrived, text(line.behind))});
    sent += static_cast<int64_t>(line.before.size());
    arrived += static_cast<int64_t>(line.behind.size());
    answer(0);
  }
  void answer(uint8_t fin) {
    Tcp u = s.s2c(0), d = u;
    u.ack = static_cast<uint32_t>(1001 + arrived);
    d.ack = static_cast<uint32_t>(1001 + sent);
    u.flags |= fin, d.flags |= fin;
    s.before_and_behind(Way::s2c, {u}, {d});
  }
  void close() {
    Tcp u = s.c2s(sent), d = s.c2s(arrived);
    u.flags |= kFin, d.flags |= kFin;
    s.before_and_behind(Way::c2s, {u}, {d});
    ++sent, ++arrived;
    answer(kFin);
  }
};

struct Found {
  std::string kind;
  int64_t offset;
  bool operator==(const Found&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Found& f) { return out << f.kind << " at " << f.offset; }

std::vector<Found> through(const std::vector<Line>& lines, bool fin) {
  Gateway g;
  for (const Line& line : lines) g.say(line);
  if (fin) g.close();
  std::vector<Found> found;
  for (const Difference& d : g.s.diff().differences) {
    found.push_back({d.kind, d.offset});
    if (d.kind == "ack_shift" || d.kind == "proxy_acked") ADD_FAILURE() << d.kind;
  }
  return found;
}

const Line kLonger{"PORT 192,0,2,1,10,20\r\n", "PORT 203,0,113,14,10,20\r\n"},
    kOther{"PORT 192,0,2,1,10,21\r\n", "PORT 203,0,113,14,10,21\r\n"}, kRetr{"RETR file\r\n", "RETR file\r\n"},
    kList{"LIST\r\n", "LIST\r\n"};

TEST(DiffAlg, TwoLinesOfOtherLength) {
  for (const bool fin : {false, true}) {
    EXPECT_THAT(through({kLonger, kRetr, kOther, kRetr}, fin),
                ElementsAre(Found{"changed", 5}, Found{"inserted", 14}, Found{"seq_shift_from", 14},
                            Found{"changed", 38}, Found{"inserted", 47}, Found{"seq_shift_from", 47}))
        << fin;
  }
}

TEST(DiffAlg, OneAfterTheOther) {
  for (const bool fin : {false, true})
    EXPECT_THAT(through({kLonger, kOther, kList}, fin),
                ElementsAre(Found{"changed", 5}, Found{"inserted", 14}, Found{"seq_shift_from", 14},
                            Found{"changed", 27}, Found{"inserted", 36}, Found{"seq_shift_from", 36}))
        << fin;
}

TEST(DiffAlg, AChangeOfTheSameLengthBetweenThem) {
  EXPECT_THAT(through({kLonger, {"TYPE A\r\n", "TYPE I\r\n"}, kOther, kRetr}, true).size(), 7u);
  EXPECT_THAT(
      through({{"TYPE A\r\n", "TYPE I\r\n"}, kLonger, kRetr}, false),
      ElementsAre(Found{"changed", 5}, Found{"changed", 13}, Found{"inserted", 22}, Found{"seq_shift_from", 22}));
}

TEST(DiffAlg, ShorterAndLonger) {
  EXPECT_THAT(
      through({{"PORT 203,0,113,14,10,20\r\n", "PORT 192,0,2,1,10,20\r\n"}, kRetr, kLonger, kRetr}, true).size(), 6u);
}

TEST(DiffAlg, NothingWhereNothingWasDone) { EXPECT_THAT(through({kRetr, kList, kRetr}, true), IsEmpty()); }

}  // namespace
}  // namespace gauntlet::test
