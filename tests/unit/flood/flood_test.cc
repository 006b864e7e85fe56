// A flood of a million SYNs, each a flow of its own, with ICMP errors about some of them: what a box remembers is
// bounded. Every box of the registry is flooded, on every packet, and some modes that remember more.
#include <gtest/gtest.h>

#include "middleboxes/registry.hh"
#include "path/icmp_error.hh"
#include "unit/middleboxes/memory_in_use.hh"
#include "unit/middleboxes/specs.hh"
#include "virtual/world.hh"

namespace gauntlet {
namespace {

struct Count final : Emit {
  void send(Packet, Direction) override { ++sent; }
  size_t sent = 0;
};

// The box as a flood meets it: no trigger spares it a packet.
Chain::Link wide_open(std::string_view spec) {
  BoxText text = parse_box_text(spec);
  for (const char* trigger : {"dir", "nth", "after", "count", "path"}) text.written.erase(trigger);
  text.written["when"] = "any";
  text.written["count"] = "0";
  return link_of(to_text(text));
}

constexpr uint32_t kFull = 150'000, kAll = 1'000'000;  // more flows than any table holds; the flood
constexpr size_t kMost = 400u << 20;                   // bytes, and never more than this

class Flood : public testing::TestWithParam<std::string> {
 protected:
  Flood() : chain_({wide_open(GetParam())}, 1) {
    syn_ = make_segment(client_pair(false), {1, 0, kSyn, 1000}, encode_tcp_options({.mss = 1460}), {});
  }

  // A microsecond between two packets; timers run as they do on the live path.
  void flows(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; ++i) {
      const Time now = std::chrono::microseconds(i);
      for (auto due = chain_.next_tick(); i % 64 == 0 && due && *due <= now; due = chain_.next_tick())
        chain_.tick(now, out_);
      Packet p = syn_.copy();
      Layout l = layout_of(std::as_const(p).bytes());
      const uint8_t address[4] = {192, 0, 2, static_cast<uint8_t>(i)};
      set_source_address(p, l, address);
      TcpEdit(p, l).set_source(static_cast<uint16_t>(1024 + (i >> 8)));
      const ConstBytes router = ConstBytes(std::as_const(p).bytes()).subspan(16, 4);
      auto error = i % 8 == 0 ? make_icmp_error(std::as_const(p).bytes(), l, "host", 0, router) : std::nullopt;
      chain_.packet(std::move(p), Direction::to_server, now, out_);
      if (error) chain_.packet(std::move(*error), Direction::to_client, now, out_);
    }
  }

  Chain chain_;
  Count out_;
  Packet syn_;
};

TEST_P(Flood, MemoryIsBounded) {
  flows(0, kFull);
  const size_t full = bytes_in_use();
  flows(kFull, kAll);  // from here on nothing may grow
  const size_t after = bytes_in_use();
  EXPECT_LT(after, full + full / 10 + (1u << 20)) << full << " -> " << after;
  EXPECT_LT(after, kMost);
  RecordProperty("bytes", static_cast<int>(after));
}

std::vector<std::string> flooded() {
  std::vector<std::string> all;
  for (const BoxEntry& box : boxes()) all.push_back(examples_of(box).front());
  for (const char* more :
       {"nat:pool=203.0.113.0/24", "nat:pool=203.0.113.9,range=2000-9999,idle=1ms", "dnat:port=9", "police:each=flow",
        "duplicate:later=1s", "delay:time=10s", "reorder:hold=10s", "coalesce:hold=10s", "icmp:count=0",
        "split-tcp:accept=late", "inwindow:loose=yes", "quoter:lie=seq,flip=ff,mpls=16"})
    all.emplace_back(more);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Boxes, Flood, testing::ValuesIn(flooded()),
                         [](const auto& row) { return name_of_spec(row.index, row.param); });

}  // namespace
}  // namespace gauntlet
