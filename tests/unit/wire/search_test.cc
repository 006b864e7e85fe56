#include "wire/search.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "util/rng.hh"

namespace gauntlet {
namespace {

// The plain way.
size_t plain(ConstBytes in, std::string_view text, size_t from) {
  const auto at = std::search(in.begin() + static_cast<long>(from), in.end(), text.begin(), text.end(),
                              [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  return at == in.end() ? kNowhere : static_cast<size_t>(at - in.begin());
}

TEST(Search, FindsWhatThePlainWayFinds) {
  Rng rng(3);
  size_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> in(rng.below(300));
    const uint64_t letters = 1 + rng.below(3);  // few: so that beginnings and ends of the text stand everywhere
    for (uint8_t& b : in) b = static_cast<uint8_t>(0xfe + rng.below(letters));
    std::string text(1 + rng.below(6), '\0');
    for (char& c : text) c = static_cast<char>(0xfe + rng.below(letters));
    for (size_t from = 0; from <= in.size(); from += 1 + rng.below(70)) {
      const size_t at = find_text(in, text, from);
      ASSERT_EQ(at, plain(in, text, from)) << in.size() << " bytes from " << from;
      found += at != kNowhere ? 1 : 0;
    }
  }
  EXPECT_GT(found, 1000u);
}

TEST(Search, AtBothEndsAndNowhere) {
  std::vector<uint8_t> in(200, '.');
  in[0] = in[199] = 'a';
  EXPECT_EQ(find_text(in, "a"), 0u);
  EXPECT_EQ(find_text(in, "a", 1), 199u);
  EXPECT_EQ(find_text(in, ".a"), 198u);
  EXPECT_EQ(find_text(in, "a", 200), kNowhere);
  EXPECT_EQ(find_text(in, ""), kNowhere);
  EXPECT_EQ(find_text({}, "a"), kNowhere);
  EXPECT_EQ(find_text(in, std::string(201, '.')), kNowhere);
}

}  // namespace
}  // namespace gauntlet
