// What must hold for every box, over random packets, well-formed and not.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

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

struct Sent {
  Packet packet;
  Direction toward;
};
struct Collect : Emit {
  std::vector<Sent> sent;
  void send(Packet p, Direction toward) override {
    p.keep();
    sent.push_back({std::move(p), toward});
  }
};

bool is_of(std::string_view spec, std::initializer_list<std::string_view> boxes) {
  return std::ranges::find(boxes, spec.substr(0, spec.find(':'))) != boxes.end();
}
// Breaks checksums: that is its purpose.
bool damages(std::string_view spec) { return is_of(spec, {"badcsum"}); }
// Has connections of its own, whose timers run on.
bool is_endpoint(std::string_view spec) { return is_of(spec, {"captive", "pep", "split-tcp", "syn-proxy"}); }
// Makes packets of its own, or holds some: what leaves cannot be compared with what just came.
bool one_to_one(std::string_view spec) {
  return !is_endpoint(spec) && !is_of(spec, {"coalesce", "delay", "duplicate", "early-data", "echo", "fin", "inject",
                                             "lb", "normaliser", "rate", "reorder", "rst"});
}

// A one's-complement difference: how wrong the checksum is, whatever the packet holds. 0 and 0xffff are both "right".
uint16_t error_of(ConstBytes p, const Layout& l) {
  const size_t field = l4_checksum_at(p, l);
  if (field == 0 || l.fragment || !whole(l, p)) return 0;
  const uint16_t e = fold(static_cast<uint64_t>(load16(p.data() + field)) + static_cast<uint16_t>(~l4_checksum(p, l)));
  return e == 0xffff ? 0 : e;
}

class EveryBox : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  EveryBox() : chain_({link_of(std::get<0>(GetParam()))}, 1), ipv6_(std::get<1>(GetParam())) {}

  std::vector<Sent> feed(ConstBytes bytes, Direction toward) {
    // Lent memory that is overwritten afterwards: a box that keeps a borrowed packet is found out.
    std::vector<uint8_t> slot(bytes.size() + 96, 0xee);
    std::copy(bytes.begin(), bytes.end(), slot.begin() + 64);
    out_.sent.clear();
    now_ += Time(1'000'000);
    for (auto due = chain_.next_tick(); due && *due <= now_; due = chain_.next_tick()) chain_.tick(now_, out_);
    chain_.packet(Packet::borrow(slot.data() + 64, bytes.size(), 64, 32, 7), toward, now_, out_);
    std::fill(slot.begin(), slot.end(), 0xdd);
    return std::move(out_.sent);
  }

  Chain chain_;
  bool ipv6_;
  Collect out_;
  Time now_{};
};

TEST_P(EveryBox, WhatLeavesIsAsWellFormedAsWhatCame) {
  Rng rng(11);
  for (int i = 0; i < 1500; ++i) {
    const RandomPacket in = random_packet(rng, ipv6_, false);
    for (const Sent& s : feed(in.packet.bytes(), in.toward)) {
      const Layout l = layout_of(s.packet.bytes());
      ASSERT_TRUE(whole(l, s.packet.bytes())) << notation::hex(s.packet.bytes());
      ASSERT_TRUE(damages(std::get<0>(GetParam())) || l4_checksum_ok(s.packet.bytes(), l))
          << notation::print(s.packet.bytes(), s.toward);
      if (l.version == 4) {
        ASSERT_EQ(load16(s.packet.data() + 10), ipv4_checksum(s.packet.bytes(), l));
      }
      ASSERT_TRUE(l.tcp || is_icmp_error(s.packet.bytes(), l));
    }
  }
}

// Damage: nothing crashes, what is no IP packet leaves untouched, and a wrong checksum stays wrong by as much.
TEST_P(EveryBox, DamageStaysAsItIs) {
  Rng rng(12);
  const std::string_view spec = std::get<0>(GetParam());
  // These change the IP header, whatever stands behind it.
  const bool of_ip = spec.starts_with("tos") || spec.starts_with("ttl") || spec.starts_with("prefixnat");
  uint64_t junk = 0;
  for (int i = 0; i < 2500; ++i) {
    const RandomPacket in = random_packet(rng, ipv6_, true);
    const Layout before = layout_of(in.packet.bytes());
    junk += before.version == 0 || (before.proto == kProtoTcp && before.first && !before.tcp);
    const auto sent = feed(in.packet.bytes(), in.toward);
    if (!one_to_one(spec)) continue;
    for (const Sent& s : sent) {
      const Layout after = layout_of(s.packet.bytes());
      if (is_icmp_error(s.packet.bytes(), after) && !is_icmp_error(in.packet.bytes(), before))
        continue;  // the box's own
      if (before.version == 0 || (before.proto == kProtoTcp && !before.tcp && before.first && !of_ip)) {
        ASSERT_EQ(notation::hex(s.packet.bytes()), notation::hex(in.packet.bytes()));
      } else if (whole(before, in.packet.bytes())) {
        if (damages(spec)) continue;
        ASSERT_EQ(error_of(s.packet.bytes(), after), error_of(in.packet.bytes(), before))
            << "in  " << notation::print(in.packet.bytes(), in.toward) << "\nout "
            << notation::print(s.packet.bytes(), s.toward);
      } else {
        ASSERT_EQ(s.packet.size(), in.packet.size()) << "a packet that is not whole keeps its length";
      }
    }
  }
  EXPECT_GT(junk, 50u);
  EXPECT_EQ(chain_.state()[0]["seen"]["junk"], junk);
  EXPECT_GT(chain_.state()[0]["seen"]["fragments"], 10u);
  out_.sent.clear();
  chain_.flush(out_);
  EXPECT_TRUE(is_endpoint(spec) || !chain_.next_tick()) << "nothing is left behind";
}

// The same of chains of two and three, drawn from the seed.
TEST(RandomChains, WhatLeavesIsAsWellFormedAsWhatCame) {
  std::vector<std::string> specs = all_specs();
  std::erase_if(specs, damages);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    std::vector<Chain::Link> links;
    std::string text;
    for (size_t n = 2 + rng.below(2); links.size() < n; text += links.back().spec + ' ')
      links.push_back(link_of(specs[rng.below(specs.size())]));
    SCOPED_TRACE(text + "seed " + std::to_string(seed));
    Chain chain(links, seed);
    Collect out;
    Time now{};
    for (int i = 0; i < 150; ++i, now += Time(1'000'000)) {
      const RandomPacket in = random_packet(rng, seed % 2 == 0, false);
      for (auto due = chain.next_tick(); due && *due <= now; due = chain.next_tick()) chain.tick(now, out);
      chain.packet(in.packet.copy(), in.toward, now, out);
      for (const Sent& s : out.sent) {
        const Layout l = layout_of(s.packet.bytes());
        ASSERT_TRUE(whole(l, s.packet.bytes()) && l4_checksum_ok(s.packet.bytes(), l))
            << notation::print(s.packet.bytes(), s.toward);
      }
      out.sent.clear();
    }
  }
}

// One segment with its payload as (stream position -> byte): what the receiver makes of it.
void lay_out(std::map<std::tuple<bool, uint16_t, uint32_t>, uint8_t>& stream, ConstBytes p, Direction toward) {
  const Layout l = layout_of(p);
  if (!l.tcp) return;
  const TcpView t(p, l);
  for (uint32_t i = 0; i < l.payload_size; ++i) {
    const bool up = toward == Direction::to_server;
    stream[{up, up ? t.source() : t.destination(), t.seq() + i + (t.has(kSyn) ? 1 : 0)}] = t.payload()[i];
  }
}

// Boxes that only cut or merge: the bytes at every sequence number are what they were.
class Resegmenting : public EveryBox {};
TEST_P(Resegmenting, MovesNoByte) {
  Rng rng(13);
  std::map<std::tuple<bool, uint16_t, uint32_t>, uint8_t> in_stream, out_stream;
  for (int i = 0; i < 3000; ++i) {
    const RandomPacket in = random_packet(rng, ipv6_, false);
    lay_out(in_stream, in.packet.bytes(), in.toward);
    for (const Sent& s : feed(in.packet.bytes(), in.toward)) lay_out(out_stream, s.packet.bytes(), s.toward);
  }
  out_.sent.clear();
  chain_.flush(out_);
  for (const Sent& s : out_.sent) lay_out(out_stream, s.packet.bytes(), s.toward);
  EXPECT_EQ(in_stream, out_stream);
}

// Boxes that edit headers in place: outside the fields they name, not one bit. The mask of a field is cleared on both
// sides.
class InPlace : public EveryBox {};
TEST_P(InPlace, OnlyDeclaredFieldsDiffer) {
  const std::string spec = std::get<0>(GetParam());
  const bool nat = spec.starts_with("nat"), seq = spec.starts_with("seq"),
             fill = spec.find("mode=") != std::string::npos || spec.starts_with("optorder");
  Rng rng(14);
  for (int i = 0; i < 1500; ++i) {
    const RandomPacket in = random_packet(rng, ipv6_, false);
    const auto sent = feed(in.packet.bytes(), in.toward);
    if (nat && in.toward == Direction::to_client && sent.empty()) continue;
    ASSERT_EQ(sent.size(), 1u);
    std::vector<uint8_t> a(in.packet.bytes().begin(), in.packet.bytes().end()),
        b(sent[0].packet.bytes().begin(), sent[0].packet.bytes().end());
    ASSERT_EQ(a.size(), b.size());
    const Layout l = layout_of(a);
    const auto clear = [&](size_t at, size_t n) {
      std::fill_n(a.begin() + static_cast<long>(at), n, 0);
      std::fill_n(b.begin() + static_cast<long>(at), n, 0);
    };
    if (nat && l.version == 4) clear(10, 6), clear(l.l4, 2);
    if (nat && l.version == 6) clear(8, 16), clear(l.l4, 2);
    if (seq) {
      clear(l.l4 + 4u, 8);
      for (const Option& o : options_of({a.data() + l.options, l.options_size})) {
        if (o.kind == kOptSack && !o.malformed) clear(l.options + o.offset + 2u, o.size - 2u);
      }
    }
    if (fill) clear(l.options, l.options_size);  // which bytes of it, the vectors say
    clear(l.l4 + 16u, 2);
    ASSERT_EQ(notation::hex(a), notation::hex(b));
  }
}

std::string row_name(const testing::TestParamInfo<std::tuple<std::string, bool>>& row) {
  return name_of_spec(row.index, std::get<0>(row.param)) + (std::get<1>(row.param) ? "_v6" : "_v4");
}

std::vector<std::string> in_place_specs() {
  std::vector<std::string> some = specs_of({"pass", "nat", "seq"});
  for (std::string& spec : specs_of({"strip", "optorder"})) {
    if (spec.find("mode=") != std::string::npos || spec.starts_with("optorder")) some.push_back(std::move(spec));
  }
  return some;
}

INSTANTIATE_TEST_SUITE_P(Specs, EveryBox, testing::Combine(testing::ValuesIn(all_specs()), testing::Bool()), row_name);
INSTANTIATE_TEST_SUITE_P(Specs, Resegmenting,
                         testing::Combine(testing::ValuesIn(specs_of({"split", "coalesce"})), testing::Bool()),
                         row_name);
INSTANTIATE_TEST_SUITE_P(Specs, InPlace, testing::Combine(testing::ValuesIn(in_place_specs()), testing::Bool()),
                         row_name);

}  // namespace
}  // namespace gauntlet
