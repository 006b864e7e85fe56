// SACK blocks left as they were while the numbers beside them moved. And a budget of packets that is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/locate.hh"
#include "probe/paced_transport.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::string> brief(const TraceReport& r) {
  std::vector<std::string> out;
  for (const TraceFinding& f : r.findings)
    out.push_back(f.id + " " + std::to_string(f.interval.lo) + "-" + std::to_string(f.interval.hi));
  return out;
}

// Shifts the acknowledgement number as a box does that rewrites the server's sequence numbers; blocks too, or not.
BoxEdit shift_ack(uint32_t by, bool blocks) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit edit(p, l);
    edit.set_ack(edit.view().ack() + by);
    const Option o = find_option(edit.view().options(), kOptSack);
    if (!blocks || o.size == 0) return;
    std::vector<uint8_t> body(8);
    for (size_t i = 0; i < 8; i += 4) store32(&body[i], load32(&edit.view().options()[o.offset + 2u + i]) + by);
    edit.write_options(o.offset + 2u, body);
  };
}

TEST(Verdicts, SackBlocksMustMoveWithTheAcknowledgement) {
  for (const bool v6 : {false, true}) {
    PathModel m;
    m.v6 = v6;
    m.after_check[2] = shift_ack(77000, false);
    EXPECT_THAT(brief(locate(observe(m, {"sack"}))),
                UnorderedElementsAre("tcp.ack.forward: shifted 2-3", "tcp.sack.ack.forward: untranslated 2-3"));
    m.after_check[2] = shift_ack(77000, true);
    EXPECT_THAT(brief(locate(observe(m, {"sack"}))), ElementsAre("tcp.ack.forward: shifted 2-3"));
  }
}

class Clockwork : public ProbeTransport {  // time passes only in receive()
 public:
  Time now() override { return now_; }
  void send(ConstBytes) override { sent.push_back(now_); }
  std::optional<Arrival> receive(Time deadline) override {
    now_ = std::max(now_, deadline);
    return std::nullopt;
  }
  uint16_t reserve_port(uint8_t) override { return 1; }
  uint64_t random() override { return 1; }
  std::vector<Time> sent;

 private:
  Time now_ = std::chrono::seconds(5);
};

TEST(PacedTransport, NeverMoreThanItsBudgetInAnySecondEvenOverSeveralTargets) {
  SendBudget budget(10);
  Clockwork wire;
  for (int target = 0; target < 3; ++target) {
    PacedTransport paced(wire, budget);
    for (int i = 0; i < 15; ++i) paced.send({});
  }
  ASSERT_EQ(wire.sent.size(), 45u);
  for (size_t i = 10; i < 45; ++i) EXPECT_GE(wire.sent[i] - wire.sent[i - 10], std::chrono::seconds(1));
  EXPECT_LE(wire.sent.back() - wire.sent.front(), std::chrono::seconds(4));
}

}  // namespace
}  // namespace gauntlet
