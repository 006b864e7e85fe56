// Where a translator stands that no quote shows, and mappings that a box forgot. The tables follow from what each box
// does to a packet (RFC 5508 4, RFC 4787 5, RFC 8684 3.3.1), hop by hop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/answers.hh"
#include "probe/locate.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using testing::Contains;
using testing::UnorderedElementsAre;

ProbeRun answered_by(const char* name, const std::vector<int>& hops, uint8_t tries = 3) {
  ProbeRun run;
  run.name = name;
  run.tries = tries;
  for (const int hop : hops) {
    HopQuote q;
    q.ttl = static_cast<uint8_t>(hop);
    q.from = *parse_ip_address("10.0." + std::to_string(hop) + ".1");
    run.quotes.push_back(q);
  }
  return run;
}

Observation of(std::vector<ProbeRun> runs) {
  Observation o;
  o.runs = std::move(runs);
  return o;
}

TraceReport known_to_translate(uint8_t distance) {
  TraceReport r;
  r.distance = distance;
  for (const auto& [field, direction, verdict] :
       {std::tuple{"ip.src", PathDirection::forward, "nat"}, std::tuple{"ip.dst", PathDirection::back, "dnat"}}) {
    TraceFinding f = make_finding(field, "", direction, verdict);
    f.interval = {0, kDestination, {kTranslatedBack}};
    r.findings.push_back(f);
  }
  return r;
}

std::string place(const TraceFinding& f) { return std::to_string(f.interval.lo) + "-" + std::to_string(f.interval.hi); }

// The translator is in r3 of five, on its way out. What goes to its own address dies there: unanswered from r3 on when
// it is taken in front of the check, from r4 on when behind. Either way (3,4] is inside.
TEST(Translator, APacketToOurOwnOutsideAddressEndsThere) {
  for (const std::vector<int>& to_outside : {std::vector<int>{1, 2}, {1, 2, 3}, {2}, {}}) {
    TraceReport r = known_to_translate(6);
    const ProbeRun passes = answered_by("passes", {1, 2, 3, 4, 5}), ends = answered_by("ends", to_outside);
    place_translation(of({passes, ends}), {}, r);
    const int last = to_outside.empty() ? 0 : to_outside.back();
    EXPECT_EQ(place(r.findings[0]), std::to_string(last) + "-" + std::to_string(last + 2));
    EXPECT_TRUE(r.findings[0].inferred);
    EXPECT_EQ(place(r.findings[1]), "0-255");
  }
}

// Seen from the server the same router is hop 3, too. In: what has no mapping may be checked once more before it is
// thrown away.
TEST(Translator, APacketToNobodysPortEndsThere) {
  TraceReport r = known_to_translate(6);
  place_translation({}, of({answered_by("passes", {1, 2, 4, 5}), answered_by("ends", {1, 2})}), r);
  EXPECT_EQ(place(r.findings[1]), "1-4");
  EXPECT_THAT(r.findings[1].interval.wide_because,
              testing::ElementsAre("hop 2: on which side of its check is not known", "hop 3: silent"));
  EXPECT_EQ(place(r.findings[0]), "0-255");
}

// RFC 4787 6, hairpinning: r3 sends it back, and r2 and r1 answer once more.
TEST(Translator, APacketThatComesBackWasTurnedThere) {
  TraceReport r = known_to_translate(8);
  ProbeRun turned = answered_by("turned", {1, 2, 3, 4, 5});
  turned.quotes[3].from = *parse_ip_address("10.0.2.1");
  turned.quotes[4].from = *parse_ip_address("10.0.1.1");
  place_translation(of({answered_by("passes", {1, 2, 3, 4, 5, 6, 7}), turned}), {}, r);
  EXPECT_EQ(place(r.findings[0]), "2-4");
}

// On its way home it reaches routers from the other side, and they answer from the address they have there.
TEST(Translator, WhoAnswersOnTheWayHomeNeedNotBeKnownByAddress) {
  for (const bool v6 : {false, true}) {
    const ProbeRun passes = answered_by("passes", {1, 2, 3, 4, 5, 6, 7});
    ProbeRun turned = answered_by("turned", {1, 2, 3, 4, 5});
    for (const size_t i : {3, 4}) {
      turned.quotes[i].from = *parse_ip_address("10.9.9." + std::to_string(i));
      ProbeFlow flow;
      flow.source = flow.destination = *parse_ip_address(v6 ? "2001:db8::9" : "192.0.2.9");
      turned.quotes[i].quote = craft(parse_spec("syn"), flow, 1);
    }
    TraceReport r = known_to_translate(8);
    place_translation(of({passes, turned}), {}, r);
    EXPECT_EQ(place(r.findings[0]), "2-4");
    ProbeRun onward = turned;  // hop 4 is asked from the near side and is no router of the way back
    onward.quotes[3].from = passes.quotes[3].from;
    onward.quotes.push_back(onward.quotes[4]);
    onward.quotes[5].ttl = 6;
    onward.quotes[5].from = passes.quotes[3].from;
    r = known_to_translate(8);
    place_translation(of({passes, onward}), {}, r);
    EXPECT_EQ(place(r.findings[0]), "0-255");  // back and forth between r3 and r4
    ProbeFlow flow;
    flow.source = *parse_ip_address(v6 ? "2001:db8::8" : "192.0.2.8");
    flow.destination = *parse_ip_address(v6 ? "2001:db8::9" : "192.0.2.9");
    turned.quotes[4].quote = craft(parse_spec("syn"), flow, 1);  // somewhere else
    r = known_to_translate(8);
    place_translation(of({passes, turned}), {}, r);
    EXPECT_EQ(place(r.findings[0]), "0-255");
  }
}

TEST(Translator, WhatProvesNothingPlacesNothing) {
  const ProbeRun passes = answered_by("passes", {1, 2, 3, 4, 5});
  ProbeRun elsewhere = answered_by("ends", {1, 2});
  elsewhere.quotes[1].from = *parse_ip_address("10.9.9.9");  // goes another way
  ProbeRun loops = answered_by("ends", {1, 2, 3, 4});
  loops.quotes[2].from = *parse_ip_address("10.0.1.1");  // sent back and forth between r1 and r2
  loops.quotes[3].from = *parse_ip_address("10.0.2.1");
  ProbeRun limited = answered_by("ends", {1, 2});
  limited.limited = {3, 4, 5};
  const std::pair<const char*, ProbeRun> all[] = {{"passes all the way", answered_by("ends", {1, 2, 3, 4, 5})},
                                                  {"asked once only", answered_by("ends", {1, 2}, 1)},
                                                  {"another way", elsewhere},
                                                  {"a loop", loops},
                                                  {"routers that limit", limited}};
  for (const auto& [why, run] : all) {
    TraceReport r = known_to_translate(6);
    place_translation(of({passes, run}), of({passes, run}), r);
    EXPECT_EQ(place(r.findings[0]), "0-255") << why;
    EXPECT_EQ(place(r.findings[1]), "0-255") << why;
  }
}

// Quotes come back with their acknowledgement restored and the SACK block as it was behind the box.
TEST(Translator, SackBlocksInQuotesTellWhereNumbersAreShifted) {
  TraceReport r;
  TraceFinding ack = make_finding("tcp.ack", "", PathDirection::back, "shifted");
  ack.interval = {0, 6, {kTranslatedBack}};
  ack.before = "5000";
  ack.after = "4000";
  TraceFinding sack = make_finding("tcp.sack", "ack", PathDirection::back, "changed");
  sack.interval = {2, 3, {}};
  sack.before = "050a0000177000001b58";  // 6000-7000
  sack.after = "050a0000138800001770";   // 5000-6000: as much less
  r.findings = {ack, sack};
  place_renumbering(r);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].id + " " + place(r.findings[0]), "tcp.ack.return: shifted 2-3");
  sack.after = "050a0000138900001771";  // moved by something else
  r.findings = {ack, sack};
  place_renumbering(r);
  EXPECT_EQ(r.findings.size(), 2u);
  EXPECT_EQ(place(r.findings[0]), "0-6");
}

std::vector<std::string> ids(const TraceReport& r) {
  std::vector<std::string> out;
  for (const TraceFinding& f : r.findings) out.push_back(f.id + " " + place(f));
  return out;
}

// A segment made two bytes longer in mid-connection: what follows is shifted by two, its mapping is not.
TEST(Translator, AMappingMustMoveWithItsBytesOnceTheyMove) {
  const uint32_t first = 0x01020304u;
  const auto shift_behind = [&](uint32_t position, bool mapping) -> BoxEdit {
    return [=](Packet& p) {
      Layout l = layout_of(p.bytes());
      TcpEdit edit(p, l);
      if (edit.view().seq() - first < position) return;
      edit.set_seq(edit.view().seq() + 2);
      if (!mapping || edit.view().options().size() < 24) return;  // DSS: 4 + ack 8 + dsn 8 + ssn 4
      uint8_t ssn[4];
      store32(ssn, load32(&edit.view().options()[20]) + 2);
      edit.write_options(20, ssn);
    };
  };
  for (const bool v6 : {false, true}) {
    PathModel m;
    m.v6 = v6;
    m.one_flow = true;
    const std::vector<std::string> probes{"psh/ack/dss=ack8+map8/len=64", "psh/ack/dss=ack8+map8/len=32"};
    m.after_check[2] = shift_behind(64, false);
    EXPECT_THAT(ids(locate(observe(m, probes))),
                UnorderedElementsAre("tcp.seq.forward: shifted 2-3", "mptcp.dss.data.forward: untranslated 2-3"));
    m.quote_of_hop = {{5, 26}};  // the last router shows the shift, and not the mapping
    EXPECT_THAT(ids(locate(observe(m, probes))), Contains("mptcp.dss.data.forward: untranslated 2-3"));
    m.quote_of_hop.clear();
    m.after_check[2] = shift_behind(64, true);  // told as what it is, and not as forgotten
    EXPECT_THAT(ids(locate(observe(m, probes))), testing::Not(Contains(testing::HasSubstr("untranslated"))));
    m.after_check[2] = shift_behind(0, false);  // from the first byte on: relative numbers stay right
    EXPECT_THAT(ids(locate(observe(m, probes))), testing::Not(Contains(testing::HasSubstr("mptcp"))));
  }
}

TEST(Distance, ATtlThatIsLoweredEndsEverythingAtOneRouter) {
  for (const bool v6 : {false, true}) {
    PathModel m;
    m.v6 = v6;
    m.after_check[2] = [v6](Packet& p) { p.data()[v6 ? 7 : 8] = 1; };
    EXPECT_THAT(ids(locate(observe(m, {"mpcapable", "plain", "udp"}))),
                UnorderedElementsAre("ip.ttl.forward: lowered 2-3"));
    m.after_check.clear();
    m.before_check[4] = [v6](Packet& p) {
      uint8_t& ttl = p.data()[v6 ? 7 : 8];
      ttl = std::min<uint8_t>(ttl, 1);
    };
    EXPECT_THAT(ids(locate(observe(m, {"plain"}))), UnorderedElementsAre("ip.ttl.forward: lowered 3-4"));
  }
}

// RFC 9110 15.4, RFC 6585 6, RFC 9112 5: what sends a browser somewhere else, and what does not.
TEST(Portal, OnlyAnAnswerThatLeadsElsewhereIsAPortals) {
  const std::pair<const char*, const char*> all[] = {
      {"HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n\r\n", "http://portal.example/login"},
      {"HTTP/1.0 307 Temporary Redirect\r\nlocation:\thttps://login.example\r\n\r\n", "https://login.example"},
      {"HTTP/1.1 511 Network Authentication Required\r\n\r\n", "its login page"},
      {"HTTP/1.1 200 OK\r\n\r\n<meta http-equiv=\"refresh\" content=\"0; url=http://portal.example/\">",
       "http://portal.example/"},
      {"HTTP/1.1 301 Moved Permanently\r\nLocation: https://example.net/\r\n\r\n", ""},
      {"HTTP/1.1 302 Found\r\nLocation: /start\r\n\r\n", ""},
      {"HTTP/1.1 302 Found\r\nX-Location: http://portal.example/\r\n\r\n", ""},
      // What a terminal obeys, what is no UTF-8, and a line that is none of ours.
      {"HTTP/1.1 302 X\r\nLocation: http://\xff\x1b[2J\n* fine\r\n\r\n", "http://\\xff\\x1b[2J\\x0a* fine"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"HTTP/1.1 404 Not Found\r\nLocation:\r\n\r\n", ""},
      {"HTTP/1.1", ""},
      {"SSH-2.0-x\r\n", ""}};
  for (const auto& [answer, portal] : all) {
    ProbeRun run;
    run.spec = parse_spec("psh/ack/text=GET \\/ HTTP\\/1.1\\r\\nHost: example.net\\r\\n\\r\\n");
    ProbeFlow back;
    back.source = *parse_ip_address("192.0.2.9");
    back.destination = *parse_ip_address("192.0.2.1");
    ProbeSpec spec = parse_spec("psh/ack");
    spec.payload.assign(answer, answer + std::string(answer).size());
    ProbeReply reply;
    reply.packet = craft(spec, back, 60);
    run.replies.push_back(reply);
    EXPECT_EQ(portal_of(of({run})), portal) << answer;
    run.copies_only = true;  // a copy that never got anywhere is not answered by anybody
    EXPECT_EQ(portal_of(of({run})), "");
  }
}

}  // namespace
}  // namespace gauntlet
