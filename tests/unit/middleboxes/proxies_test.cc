// What the vectors cannot say of the proxies, because their sequence numbers come from the seed: MPTCP ends at them,
// who is answered when, and what a refusal or a reset becomes.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "middleboxes/registry.hh"
#include "notation/notation.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using std::chrono::seconds;

class Proxy : public testing::Test, protected Emit {
 protected:
  // One word for each packet: direction, flags, payload size; options in the order they stand; absolute numbers aside.
  struct Sent {
    std::string text;
    uint32_t seq, ack;
    uint16_t window;
    std::vector<uint8_t> options;
  };
  void make(const char* spec) { chain_.emplace(std::vector{link_of(spec)}, 7); }
  void send(Packet p, Direction toward) override {
    const Layout l = layout_of(std::as_const(p).bytes());
    ASSERT_TRUE(l.tcp);
    const TcpView t(std::as_const(p).bytes(), l);
    std::string text = toward == Direction::to_server ? "> " : "< ";
    for (const auto& [flag, letter] : {std::pair{kSyn, 'S'}, {kFin, 'F'}, {kRst, 'R'}, {kAck, '.'}}) {
      if (t.has(flag)) text += letter;
    }
    if (l.payload_size > 0) text += " " + std::to_string(l.payload_size);
    for (const Option& o : options_of(t.options())) {
      if (o.kind > 1) text += " o" + std::to_string(o.kind);
    }
    sent_.push_back({text, t.seq(), t.ack(), t.window(), {t.options().begin(), t.options().end()}});
  }
  std::vector<std::string> in(const std::string& line) {
    notation::Line l = notation::parse(line);
    sent_.clear();
    chain_->packet(std::move(l.packet), l.toward, now_, *this);
    return texts();
  }
  std::vector<std::string> wait(Duration time) {
    sent_.clear();
    for (now_ += time; chain_->next_tick() && *chain_->next_tick() <= now_;) chain_->tick(now_, *this);
    return texts();
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Sent& s : sent_) all.push_back(s.text);
    return all;
  }
  // Acknowledgement numbers, relative to the notation's zero for that direction.
  static long to_client_stream(uint32_t seq) { return static_cast<int32_t>(seq - notation::kServerIsn); }

  using Lines = std::vector<std::string>;
  std::optional<Chain> chain_;
  std::vector<Sent> sent_;
  Time now_{0};
};

constexpr const char* kSyn30 = "> S 0:1 win 5000 <mss 1460, sackOK, ts 7 0, nop, wscale 3, mpc v1 nokey>";

TEST_F(Proxy, SynProxyShakesHandsTwiceAndThenTranslates) {
  make("syn-proxy:mss=1300,wscale=5");
  EXPECT_EQ(in(kSyn30), (Lines{"< S. o2 o4 o8 o3"}));
  EXPECT_EQ(sent_[0].window, 0);
  EXPECT_EQ(load16(&sent_[0].options[2]), 1300);
  const long own = to_client_stream(sent_[0].seq);
  EXPECT_EQ(in(kSyn30), (Lines{"< S. o2 o4 o8 o3"})) << "a repeated SYN, the same answer";
  EXPECT_EQ(to_client_stream(sent_[0].seq), own);
  const std::string ack = std::to_string(own + 1);
  EXPECT_EQ(in("> . 1:1 ack " + ack + " win 100 <nop*2, ts 8 1000000>"), (Lines{"> S o2 o4 o8 o3"}));
  EXPECT_EQ(sent_[0].seq, notation::kClientIsn);
  EXPECT_EQ(sent_[0].window, 800) << "the client's window, not scaled on a SYN";
  EXPECT_EQ(sent_[0].options.back(), 3) << "the client's own scale";
  EXPECT_EQ(in("> . 1:1 ack " + ack + " win 100 <nop*2, ts 8 1000000>"), Lines{});
  EXPECT_EQ(wait(seconds(1)), (Lines{"> S o2 o4 o8 o3"})) << "the SYN to the server is repeated";
  EXPECT_EQ(in("< S. 0:1 ack 1 win 6400 <mss 1400, sackOK, ts 500 8, nop, wscale 2>"), (Lines{"> . o8", "< . o8"}));
  EXPECT_EQ(to_client_stream(sent_[0].ack), 1);
  EXPECT_EQ(sent_[0].window, 100);
  EXPECT_EQ(to_client_stream(sent_[1].seq), own + 1);
  EXPECT_EQ(sent_[1].window, 6400 >> 5) << "now the client may send";
  EXPECT_EQ(in("< S. 0:1 ack 1 win 6400 <mss 1400, sackOK, ts 500 8, nop, wscale 2>"), (Lines{"> . o8"}));
  EXPECT_EQ(in("< S. 0:1 ack 1 win 6400 <mss 1400, sackOK, ts 500 8, nop, wscale 2> {csum=+5}"), Lines{}) << "damaged";

  EXPECT_EQ(in("< P. 1:6 ack 1 win 800 <nop*2, ts 510 8> \"hello\""), (Lines{"< . 5 o8"}));
  EXPECT_EQ(to_client_stream(sent_[0].seq), own + 1);
  EXPECT_EQ(sent_[0].window, (800 << 2) >> 5);
  EXPECT_EQ(load32(&sent_[0].options[4]), 1'000'010u) << "the server's clock goes on from the box's";
  EXPECT_EQ(load32(&sent_[0].options[8]), 8u);
  const std::string six = std::to_string(own + 6), nine = std::to_string(own + 9), ten = std::to_string(own + 10);
  EXPECT_EQ(in("> . 1:1 ack " + six + " win 90 <nop*2, ts 9 1000010, nop*2, sack " + nine + ":" + ten + ">"),
            (Lines{"> . o8 o5"}));
  EXPECT_EQ(to_client_stream(sent_[0].ack), 6);
  EXPECT_EQ(load32(&sent_[0].options[8]), 510u);
  EXPECT_EQ(to_client_stream(load32(&sent_[0].options[16])), 9);
  EXPECT_EQ(sent_[0].window, 90);
}

TEST_F(Proxy, SynProxyTellsTheClientWhatTheServerSaid) {
  make("syn-proxy");
  in("> S 0:1 win 5000 <mss 1460>");
  const std::string ack = std::to_string(to_client_stream(sent_[0].seq) + 1);
  in("> . 1:1 ack " + ack);
  EXPECT_EQ(in("< R. 0:0 ack 1"), (Lines{"< R."}));
  EXPECT_EQ(in("> . 1:1 ack " + ack), Lines{}) << "over";

  make("syn-proxy");
  in("> S 0:1 win 5000 <mss 1460>");
  in("> . 1:1 ack " + std::to_string(to_client_stream(sent_[0].seq) + 1));
  Lines all;
  for (int i = 0; i < 70; ++i) {
    for (auto& t : wait(seconds(1))) all.push_back(t);
  }
  EXPECT_EQ(all, (Lines{"> S o2", "> S o2", "> S o2", "> S o2", "> S o2", "< R."})) << "no server there";
}

TEST_F(Proxy, SplitEndsMptcpAndAnswersEarlyOrLate) {
  make("split-tcp");
  EXPECT_EQ(in(kSyn30), (Lines{"< S. o2 o4 o8 o3", "> S o2 o4 o8 o3"}));
  make("split-tcp:accept=late");
  EXPECT_EQ(in(kSyn30), (Lines{"> S o2 o4 o8 o3"}));
  const long isn = static_cast<int32_t>(sent_[0].seq - notation::kClientIsn);
  EXPECT_EQ(in(kSyn30), Lines{});
  EXPECT_EQ(in("< S. 0:1 ack " + std::to_string(isn + 1) + " win 900 <mss 1400>"), (Lines{"< S. o2 o4 o8 o3", "> ."}));
}

TEST_F(Proxy, SplitPassesRefusalAndResetOn) {
  make("split-tcp:accept=late");
  in("> S 0:1 win 900 <mss 1460>");
  long isn = static_cast<int32_t>(sent_[0].seq - notation::kClientIsn);
  EXPECT_EQ(in("< R. 0:0 ack " + std::to_string(isn + 1)), (Lines{"< R."}));

  make("split-tcp");
  in("> S 0:1 win 900 <mss 1460>");
  isn = static_cast<int32_t>(sent_[1].seq - notation::kClientIsn);
  const std::string own = std::to_string(to_client_stream(sent_[0].seq) + 1);
  in("> . 1:1 ack " + own);
  in("< S. 0:1 ack " + std::to_string(isn + 1) + " win 900 <mss 1400>");
  EXPECT_EQ(in("> P. 1:6 ack " + own + " \"hello\""), (Lines{"< .", "> . 5"})) << "acknowledged by the box, sent on";
  EXPECT_EQ(in("> R 6:6"), (Lines{"> R."}));
  EXPECT_EQ(in("> P. 6:7 ack " + own + " \"x\""), Lines{}) << "nobody's";
}

TEST_F(Proxy, CaptiveAnswersAloneAndCloses) {
  make("captive:url=http://x/");
  EXPECT_EQ(in(kSyn30), (Lines{"< S. o2 o4 o8 o3"}));
  const std::string own = std::to_string(to_client_stream(sent_[0].seq) + 1);
  EXPECT_EQ(in("> . 1:1 ack " + own + " win 5000 <nop*2, ts 8 0>"), Lines{});
  const std::string wanted =
      "HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const Lines answer = in("> P. 1:6 ack " + own + " win 5000 <nop*2, ts 8 0> \"hello\"");
  EXPECT_EQ(answer, (Lines{"< . o8", "< . " + std::to_string(wanted.size()) + " o8", "< F. o8"}));
  EXPECT_EQ(in("< P. 1:6 ack 1"), Lines{}) << "the server, had it anything to say";
}

// Past the limit the quietest connection is forgotten; what comes of it later is nobody's and does not pass.
TEST_F(Proxy, ForgottenConnectionsAreDropped) {
  make("split-tcp:limit=2");
  in("> #1 S 0:1");
  in("> #2 S 0:1");
  in("> #1 S 0:1");
  in("> #3 S 0:1");
  EXPECT_EQ(in("> #2 . 1:1 ack 1"), Lines{});
  EXPECT_EQ(in("> #1 S 0:1"), (Lines{"< S. o2"})) << "still there: its SYN/ACK again";
  EXPECT_EQ(chain_->state()[0]["state"]["forgotten"], 1);
}

TEST(Declared, KindsAreOfTheClosedList) {
  std::stringstream list;
  list << std::ifstream(GAUNTLET_SOURCE_DIR "/docs/evidence.md").rdbuf();
  for (const char* spec : {"syn-proxy", "split-tcp", "captive", "pep:lose=3", "normaliser",
                           "normaliser:holes=drop,copy=sender", "hole", "ack-unseen", "ack-unseen:mode=correct",
                           "inwindow", "rst:drop=yes", "fin", "blackhole", "tfo-strip", "tfo-strip:what=drop"}) {
    const Chain::Link link = link_of(spec);
    EXPECT_FALSE(link.entry->schema.declares(link.params).empty()) << spec;
    for (const DeclaredEdit& edit : link.entry->schema.declares(link.params)) {
      EXPECT_NE(list.str().find("`" + edit.kind + "`"), std::string::npos) << spec << ": " << edit.kind;
      EXPECT_TRUE(edit.dir == "c2s" || edit.dir == "s2c" || edit.dir == "both") << spec;
    }
  }
}

}  // namespace
}  // namespace gauntlet
