// M1: every MPTCP option of RFC 8684, in the segment that carries it, through every edit a box makes to options.
#include <gtest/gtest.h>

#include "path_model.hh"
#include "probe/locate.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

struct Carrier {
  const char* probe;
  const char* field;  // with its segment
};
constexpr Carrier kCarriers[] = {
    {"mpcapable", "mptcp.mp_capable.syn"},
    {"mpcapable-v0", "mptcp.mp_capable.syn"},
    {"mpjoin", "mptcp.mp_join.syn"},
    {"data", "mptcp.mp_capable.data"},
    {"ack3", "mptcp.mp_capable.ack3"},
    {"dss8", "mptcp.dss.data"},
    {"dss4", "mptcp.dss.data"},
    {"addaddr", "mptcp.add_addr.ack"},
    {"addaddr-echo", "mptcp.add_addr.ack"},
    {"rmaddr", "mptcp.remove_addr.ack"},
    {"mpprio", "mptcp.mp_prio.ack"},
    {"ack/mpfail", "mptcp.mp_fail.ack"},
    {"fastclose", "mptcp.mp_fastclose.ack"},
    {"tcprst", "mptcp.mp_tcprst.rst"},
    // MP_JOIN in SYN/ACK and third ACK (RFC 8684 3.2): 16 and 24 bytes.
    {"synack/opt=30:10010102030405060708aabbccdd", "mptcp.mp_join.synack"},
    {"ack/opt=30:10000102030405060708090a0b0c0d0e0f1011121314", "mptcp.mp_join.ack"},
    {"ack/dss=ack4", "mptcp.dss.ack"},
};

TEST(Subtypes, WhatPassesIsNoFinding) {
  for (const Carrier& c : kCarriers)
    for (const bool v6 : {false, true}) {
      const TraceReport r = locate(observe({.v6 = v6}, {c.probe}));
      EXPECT_TRUE(r.findings.empty()) << c.probe << ": " << r.findings.front().id;
    }
}

BoxEdit flip_last_byte() {
  return [](Packet& p) {
    Layout l = layout_of(p.bytes());
    TcpEdit edit(p, l);
    const Option o = find_option(edit.view().options(), 30);
    if (o.size == 0) return;
    const uint8_t last = edit.view().options()[o.offset + o.size - 1u];
    edit.write_options(o.offset + o.size - 1u, std::vector<uint8_t>{static_cast<uint8_t>(last ^ 0x81)});
  };
}

TEST(Subtypes, EveryOptionThroughEveryEdit) {
  const std::pair<const char*, BoxEdit> edits[] = {{"stripped-nop", fill_option(30, kOptNop)},
                                                   {"stripped-eol", fill_option(30, kOptEol)},
                                                   {"stripped-cut", cut_option(30)},
                                                   {"changed", flip_last_byte()}};
  for (const Carrier& c : kCarriers)
    for (const auto& [verdict, edit] : edits)
      for (const bool v6 : {false, true}) {
        // Three bytes and a NOP: cut out and filled up again, they are the same bytes as a NOP fill.
        if (std::string(c.probe) == "mpprio" && std::string(verdict) == "stripped-cut") continue;
        PathModel m;
        m.v6 = v6;
        m.after_check[3] = edit;
        const TraceReport r = locate(observe(m, {c.probe}));
        ASSERT_EQ(r.findings.size(), 1u) << c.probe << " " << verdict << " "
                                         << (r.findings.empty() ? ""
                                                                : r.findings.front().id + ", " + r.findings.back().id);
        EXPECT_EQ(r.findings[0].id, std::string(c.field) + ".forward: " + verdict);
        EXPECT_EQ(r.findings[0].interval.lo, 3);
        EXPECT_EQ(r.findings[0].interval.hi, 4);
        EXPECT_NE(r.findings[0].means, "what this means for MPTCP is not known");
      }
}

}  // namespace
}  // namespace gauntlet
