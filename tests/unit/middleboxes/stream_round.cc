#include "stream_round.hh"

#include <algorithm>
#include <optional>

#include "chain_middle.hh"
#include "middleboxes/registry.hh"

namespace gauntlet {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

struct Setting {
  Setting(const std::vector<std::string>& specs, uint64_t s) : seed(s), rng(s), pair(client_pair(rng.chance(0.4))) {
    for (const std::string& spec : specs) {
      links.push_back(link_of(spec));
      text += spec + ' ';
    }
    client = random_config(rng, pair);
    server = random_config(rng, pair.swapped());
    if (text.find("nat:") != std::string::npos) server.pair = {};
  }
  uint64_t seed;
  Rng rng;
  TcpPair pair;
  TcpConfig client, server;
  std::vector<Chain::Link> links;
  std::string text;
};

void set_weather(World& w, Rng& rng) {
  for (Weather* weather : {&w.near, &w.far}) {
    weather->loss = rng.chance(0.4) ? 0 : 0.01 * static_cast<double>(rng.below(10));
    weather->duplicate = rng.chance(0.6) ? 0 : 0.1;
    weather->reorder = rng.chance(0.6) ? 0 : 0.2;
    weather->damage = rng.chance(0.6) ? 0 : 0.05;
    weather->delay = milliseconds(1 + rng.below(20));
  }
}

void set_streams(World& w, Rng& rng) {
  for (End* e : {&w.client, &w.server}) {
    e->to_send = stream_bytes(rng, rng.chance(0.1) ? 0 : rng.below(40000));
    if (rng.chance(0.3)) {
      e->read_step = 1 + rng.below(5000);
      e->read_pause = milliseconds(rng.below(40));
    }
  }
}

void transfer(World& w) {
  w.start();
  ASSERT_TRUE(w.run(seconds(6000))) << name_of(w.client.tcp.state()) << " " << name_of(w.server.tcp.state()) << ", got "
                                    << w.server.got.size() << " of " << w.client.to_send.size() << " and "
                                    << w.client.got.size() << " of " << w.server.to_send.size();
  ASSERT_EQ(w.client.tcp.error(), TcpError::none);
  ASSERT_EQ(w.server.tcp.error(), TcpError::none);
}

// `text` at the beginning of a stream, and behind every few hundred bytes.
void plant(std::vector<uint8_t>& stream, const std::string& text, Rng& rng) {
  std::vector<uint8_t> all(text.begin(), text.end());
  for (size_t at = 0; at < stream.size();) {
    const size_t n = std::min<size_t>(stream.size() - at, 1 + rng.below(900));
    all.insert(all.end(), stream.begin() + static_cast<long>(at), stream.begin() + static_cast<long>(at + n));
    all.insert(all.end(), text.begin(), text.end());
    at += n;
  }
  stream = std::move(all);
}

// How often `text` of what was sent arrived as `becomes`; nothing when any other byte differs.
std::optional<size_t> replacements(ConstBytes sent, ConstBytes got, const std::string& text,
                                   const std::string& becomes) {
  const auto begins = [](ConstBytes bytes, const std::string& with) {
    return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin(),
                                                     [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
  };
  size_t n = 0;
  while (!sent.empty()) {
    if (begins(sent, text)) {
      // The longer one first: one may begin with the other.
      const bool edited = begins(got, becomes) && (becomes.size() >= text.size() || !begins(got, text));
      if (!edited && !begins(got, text)) return std::nullopt;
      n += edited;
      got = got.subspan(edited ? becomes.size() : text.size());
      sent = sent.subspan(text.size());
    } else {
      if (got.empty() || got[0] != sent[0]) return std::nullopt;
      got = got.subspan(1);
      sent = sent.subspan(1);
    }
  }
  return got.empty() ? std::optional(n) : std::nullopt;
}

// The client's stream as the server got it, through one box; the server's stream arrives as it was sent.
struct Through {
  std::vector<uint8_t> sent, got;
  bool failed = false;
  Json state;
};

Through through(const std::string& spec, uint64_t seed) {
  Setting s({spec}, seed);
  auto middle = std::make_unique<ChainMiddle>(s.links, seed);
  const ChainMiddle& box = *middle;
  World w(s.client, s.server, seed, std::move(middle));
  set_weather(w, s.rng);
  for (End* e : {&w.client, &w.server}) e->to_send = stream_bytes(s.rng, 20000);
  transfer(w);
  EXPECT_TRUE(w.client.got == w.server.to_send);
  return {w.client.to_send, w.server.got, testing::Test::HasFailure(), box.state()[0]["state"]};
}

}  // namespace

void stream_round(const std::vector<std::string>& specs, uint64_t seed) {
  Setting s(specs, seed);
  SCOPED_TRACE(testing::Message() << s.text << "seed " << seed);
  World w(s.client, s.server, seed, std::make_unique<ChainMiddle>(s.links, seed));
  set_weather(w, s.rng);
  set_streams(w, s.rng);
  ASSERT_NO_FATAL_FAILURE(transfer(w));
  ASSERT_TRUE(w.server.got == w.client.to_send) << w.server.got.size() << " of " << w.client.to_send.size();
  ASSERT_TRUE(w.client.got == w.server.to_send) << w.client.got.size() << " of " << w.server.to_send.size();
}

size_t edited_round(const std::string& spec, const std::string& text, const std::string& becomes, uint64_t seed) {
  Setting s({spec}, seed);
  SCOPED_TRACE(testing::Message() << s.text << "seed " << seed);
  auto middle = std::make_unique<ChainMiddle>(s.links, seed);
  const ChainMiddle& box = *middle;
  World w(s.client, s.server, seed, std::move(middle));
  set_weather(w, s.rng);
  set_streams(w, s.rng);
  for (End* e : {&w.client, &w.server}) plant(e->to_send, text, s.rng);
  transfer(w);
  if (testing::Test::HasFatalFailure()) return 0;
  const auto up = replacements(w.client.to_send, w.server.got, text, becomes),
             down = replacements(w.server.to_send, w.client.got, text, becomes);
  EXPECT_TRUE(up && down) << "more than the text differs";
  const size_t made = up.value_or(0) + down.value_or(0);
  EXPECT_EQ(box.state()[0]["state"]["edits"], made);
  return made;
}

bool cut_round(const std::string& spec, size_t bytes, uint64_t seed) {
  SCOPED_TRACE(testing::Message() << spec << " seed " << seed);
  const auto [sent, got, failed, state] = through(spec, seed);
  if (failed) return false;
  const bool made = state["edits"] > 0;
  const size_t gone = made ? bytes : 0;
  EXPECT_EQ(got.size() + gone, sent.size());
  const auto gap = std::ranges::mismatch(got, sent);
  EXPECT_TRUE(std::equal(gap.in1, got.end(), gap.in2 + static_cast<long>(gone), sent.end()));
  return made;
}

bool changed_round(const std::string& spec, size_t width, uint64_t seed) {
  SCOPED_TRACE(testing::Message() << spec << " seed " << seed);
  const auto [sent, got, failed, state] = through(spec, seed);
  EXPECT_EQ(got.size(), sent.size());
  if (failed || got.size() != sent.size()) return false;
  const auto first = std::ranges::mismatch(got, sent);
  const auto last = std::mismatch(got.rbegin(), got.rend(), sent.rbegin());
  if (first.in1 == got.end()) return false;
  EXPECT_LE(last.first.base() - first.in1, static_cast<long>(width));
  return true;
}

}  // namespace gauntlet
