// A box changes what its manual names, and nothing else: every packet that leaves is compared with the one it was,
// field by field, and what differs must be in the box's row. Checksums and lengths follow; that they are right is
// tested elsewhere (WhatLeavesIsAsWellFormedAsWhatCame).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "middleboxes/registry.hh"
#include "notation/notation.hh"
#include "random_packet.hh"
#include "specs.hh"
#include "wire/checksum.hh"
#include "wire/icmp.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using Names = std::set<std::string>;

// Options by kind: "30" are the bytes of each one of MPTCP's, sorted. Padding is NOPs, EOL and what stands behind it.
using ByKind = std::map<std::string, std::multiset<std::vector<uint8_t>>>;

std::string kind_name(const Option& o) {
  const bool padding = o.kind == kOptNop || o.kind == kOptEol;
  return padding ? "padding" : o.malformed ? "malformed" : std::to_string(o.kind);
}

ByKind by_kind(ConstBytes options) {
  ByKind all;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    const ConstBytes bytes = options.subspan(o.offset, o.size);
    all[kind_name(o)].emplace(bytes.begin(), bytes.end());
  }
  all["padding"].emplace(walk.rest().begin(), walk.rest().end());
  return all;
}

// The options that are the same in both, in order.
std::vector<uint8_t> others(ConstBytes options, const Names& differ) {
  std::vector<uint8_t> all;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    const std::string kind = kind_name(o);
    if (kind == "padding" || differ.contains("option " + kind)) continue;
    const ConstBytes bytes = options.subspan(o.offset, o.size);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

void compare_tcp(ConstBytes a, const Layout& la, ConstBytes b, const Layout& lb, Names& differ) {
  const TcpView was(a, la), is(b, lb);
  const auto note = [&](bool equal, const char* name) { equal ? void() : void(differ.insert(name)); };
  note(was.source() == is.source(), "sport");
  note(was.destination() == is.destination(), "dport");
  note(was.seq() == is.seq(), "seq");
  note(was.ack() == is.ack(), "ack");
  note(was.flags() == is.flags(), "flags");
  note(was.reserved() == is.reserved(), "reserved");
  note(was.window() == is.window(), "window");
  note(was.urgent() == is.urgent(), "urgent");
  note(std::ranges::equal(was.payload(), is.payload()), "payload");
  note(was.payload().size() == is.payload().size(), "length");
  ByKind before = by_kind(was.options()), after = by_kind(is.options());
  for (const auto& [kind, bytes] : after) before[kind];
  for (const auto& [kind, bytes] : before) note(bytes == after[kind], ("option " + kind).c_str());
  note(others(was.options(), differ) == others(is.options(), differ), "order");
  // Padding that only moved.
  if (differ.empty()) note(std::ranges::equal(was.options(), is.options()), "option padding");
}

// The names of what differs between two packets.
Names differences(ConstBytes a, ConstBytes b) {
  Names differ;
  if (std::ranges::equal(a, b)) return differ;
  const Layout la = layout_of(a), lb = layout_of(b);
  if (la.version == 0 || la.version != lb.version || la.ip_header != lb.ip_header || la.tcp != lb.tcp) return {"other"};
  const bool v4 = la.version == 4;
  for (size_t i = 0; i < la.ip_header; ++i) {
    if (a[i] == b[i]) continue;
    const bool length = i - (v4 ? 2u : 4u) < 2, sum = v4 && i - 10 < 2;
    if (sum || (length && la.tcp && a.size() != b.size())) continue;
    const size_t from = v4 ? 12 : 8, size = v4 ? 4 : 16;
    if (i - from < size) {
      differ.insert("src");
    } else if (i - from - size < size) {
      differ.insert("dst");
    } else if (i == (v4 ? 8u : 7u)) {
      differ.insert("ttl");
    } else if (v4 && i - 4 < 2) {
      differ.insert("id");
    } else if (v4 ? i == 1 : i == 0 ? (a[0] ^ b[0]) < 16 : i == 1 && (a[1] ^ b[1]) % 16 == 0) {
      differ.insert("tos");
    } else {
      differ.insert("other");
    }
  }
  if (la.tcp) {
    compare_tcp(a, la, b, lb, differ);
    // Bytes that the IP header does not speak of.
    const size_t end_a = std::min<size_t>(la.ip_total, a.size()), end_b = std::min<size_t>(lb.ip_total, b.size());
    if (!std::ranges::equal(a.subspan(end_a), b.subspan(end_b))) differ.insert("other");
    return differ;
  }
  std::vector<uint8_t> x(a.begin() + la.l4, a.end()), y(b.begin() + la.l4, b.end());
  if (const size_t field = l4_checksum_at(a, la); field != 0 && x.size() == y.size()) {
    std::fill_n(x.begin() + static_cast<long>(field - la.l4), 2, 0);
    std::fill_n(y.begin() + static_cast<long>(field - la.l4), 2, 0);
  }
  if (x != y) differ.insert(is_icmp_error(a, la) ? "quote" : !la.first ? "other" : "upper");
  return differ;
}

// What each box may change of a packet that goes on, by the fields of its manual. "option K" stands for the parameter
// kind, "option *" for every option. A box that only holds, drops or makes packets has nothing here.
const std::map<std::string, Names> kNamed = {
    {"ack-unseen", {"ack"}},
    {"addopt", {"option 253", "option padding"}},
    {"aware", {"payload", "option 30"}},
    {"badcsum", {}},
    {"blackhole", {}},
    {"captive", {}},
    {"coalesce", {"payload", "length", "ack", "window", "flags", "option *"}},
    {"corrupt", {"option 30"}},
    {"cut", {"payload", "length", "seq", "ack", "option 5", "urgent", "quote"}},
    {"delay", {}},
    {"dnat", {"src", "dst", "sport", "dport", "quote"}},
    {"drop", {}},
    {"dsscsum", {"option 30", "option padding"}},
    {"duplicate", {}},
    {"dupopt", {"option K", "option padding"}},
    {"early-data", {}},
    {"echo", {"option 30", "option padding"}},
    {"edit", {"payload", "length", "seq", "ack", "option 5", "urgent", "quote"}},
    {"fin", {}},
    {"flags", {"flags", "reserved", "urgent"}},
    {"ftp", {"payload", "length", "seq", "ack", "option 5", "urgent", "quote"}},
    {"hole", {}},
    {"http", {"payload", "length", "seq", "ack", "option 5", "urgent", "quote"}},
    {"icmp", {}},
    {"inject", {}},
    {"inwindow", {}},
    {"kind", {"option K", "option 253"}},
    {"lb", {}},
    {"loss", {}},
    {"mss", {"option 2"}},
    {"nat", {"src", "dst", "sport", "dport", "upper", "quote"}},  // upper: ports of UDP, identifiers of ICMP echo
    {"normaliser", {"seq", "payload", "length"}},                 // trims what passed before
    {"optorder", {"order", "option padding"}},
    {"optval", {"option K"}},
    {"pass", {}},
    {"pep", {}},
    {"pmtu", {}},
    {"police", {"tos"}},
    {"prefixnat", {"src", "dst", "quote"}},
    {"quoter", {"quote", "other", "tos", "ttl", "id"}},  // makes the error anew
    {"rate", {}},
    {"reorder", {}},
    {"rst", {}},
    {"seq", {"seq", "ack", "option 5", "quote"}},
    {"split", {"seq", "flags", "payload", "length", "id", "option *"}},
    {"split-tcp", {"quote"}},
    {"strip", {"option K", "option padding"}},
    {"swap", {"payload"}},
    {"syn-proxy", {"seq", "ack", "window", "option 5", "option 8", "quote"}},
    {"tfo-strip", {"option 34", "option 254", "option padding", "payload", "length"}},
    {"timestamps", {"option 8"}},
    {"tos", {"tos"}},
    {"ttl", {"ttl"}},
    {"window", {"window"}},
};

class NamedFields : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  NamedFields() : link_(link_of(std::get<0>(GetParam()))), chain_({link_}, 1) {}

  // The row of the box, with its parameters put in.
  bool allows(const std::string& field) const {
    const std::string& box = link_.entry->schema.name;
    const Names& row = kNamed.at(box);
    if (row.contains(field)) return true;
    if (!field.starts_with("option ")) return false;
    // Behind an EOL that the box put there nobody finds an option any more; behind one it took away all are found.
    const bool eol = box == "strip" && link_.params.text("mode") == "eol";
    // A wrong length byte: what follows is read as something else.
    const bool length = box == "corrupt" && link_.params.text("field") == "length";
    if (row.contains("option *") || eol || length) return true;
    return row.contains("option K") && field == "option " + std::to_string(link_.params.number("kind"));
  }

  struct Sink : Emit {
    std::vector<std::pair<Packet, Direction>> sent;
    void send(Packet p, Direction toward) override {
      p.keep();
      sent.emplace_back(std::move(p), toward);
    }
  };

  Chain::Link link_;
  Chain chain_;
};

TEST_P(NamedFields, NothingElseDiffers) {
  const auto& [spec, ipv6] = GetParam();
  Rng rng(15);
  std::vector<std::vector<uint8_t>> came;
  Sink out;
  Time now{};
  size_t compared = 0;
  for (Packet::Origin i = 0; i < 2500; ++i) {
    const RandomPacket in = random_packet(rng, ipv6, i % 2 == 1);
    const ConstBytes bytes = in.packet.bytes();
    came.emplace_back(bytes.begin(), bytes.end());
    std::vector<uint8_t> slot(bytes.size() + 96, 0xee);
    std::copy(bytes.begin(), bytes.end(), slot.begin() + 64);
    now += Time(1'000'000);
    for (auto due = chain_.next_tick(); due && *due <= now; due = chain_.next_tick()) chain_.tick(now, out);
    chain_.packet(Packet::borrow(slot.data() + 64, bytes.size(), 64, 32, i), in.toward, now, out);
    for (const auto& [p, toward] : out.sent) {
      if (p.origin() == Packet::kNoOrigin) continue;  // the box's own
      ++compared;
      for (const std::string& field : differences(came[p.origin()], p.bytes())) {
        ASSERT_TRUE(allows(field)) << field << "\nin  " << notation::print(came[p.origin()], toward) << "\nout "
                                   << notation::print(p.bytes(), toward);
      }
    }
    out.sent.clear();
  }
  EXPECT_GT(compared, 50u) << "or nothing was tested";
}

TEST(NamedFields, NoBoxIsForgotten) {
  Names listed, there;
  for (const auto& [box, fields] : kNamed) listed.insert(box);
  for (const BoxEntry& box : boxes()) there.insert(box.schema.name);
  EXPECT_EQ(listed, there);
}

// Each byte of a segment is some field's, so a box that touches one more is found out; only checksums are left out.
TEST(NamedFields, EveryByteIsSomebodys) {
  for (const bool ipv6 : {false, true}) {
    const Packet p = notation::parse("> UP. 1:9 ack 1 urg 3 <mss 1460, sackOK, nop, eol>", ipv6).packet;
    const Layout l = layout_of(p.bytes());
    for (size_t at = 0; at < p.size(); ++at) {
      const bool sum = (!ipv6 && at - 10 < 2) || at - (l.l4 + 16u) < 2;
      std::vector<uint8_t> other(p.bytes().begin(), p.bytes().end());
      other[at] ^= 0x01;
      EXPECT_EQ(differences(p.bytes(), other).empty(), sum) << "byte " << at;
    }
  }
}

std::string row_name(const testing::TestParamInfo<std::tuple<std::string, bool>>& row) {
  return name_of_spec(row.index, std::get<0>(row.param)) + (std::get<1>(row.param) ? "_v6" : "_v4");
}
INSTANTIATE_TEST_SUITE_P(Specs, NamedFields, testing::Combine(testing::ValuesIn(all_specs()), testing::Bool()),
                         row_name);

}  // namespace
}  // namespace gauntlet
