// A flood of a million SYNs, each a flow of its own: what a box remembers is bounded.
#include <gtest/gtest.h>

#ifdef __SANITIZE_ADDRESS__
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // of GCC's AddressSanitizer, which ships no header
#else
#include <malloc.h>
#endif

#include "middleboxes/registry.hh"
#include "virtual/world.hh"

namespace gauntlet {
namespace {

struct Count final : Emit {
  void send(Packet, Direction) override { ++sent; }
  size_t sent = 0;
};

// Bytes allocated now.
size_t bytes_in_use() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

class Flood : public testing::TestWithParam<const char*> {};

TEST_P(Flood, MemoryIsBounded) {
  Chain chain({link_of(GetParam())}, 1);
  Count out;
  TcpPair pair = client_pair(false);
  Packet syn = make_segment(pair, {1, 0, kSyn, 1000}, encode_tcp_options({.mss = 1460}), {});
  const auto flows = [&](uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; ++i) {
      Packet p = syn.copy();
      Layout l = layout_of(std::as_const(p).bytes());
      const uint8_t address[4] = {10, static_cast<uint8_t>(i >> 24), static_cast<uint8_t>(i >> 16),
                                  static_cast<uint8_t>(i >> 8)};
      set_source_address(p, l, address);
      TcpEdit(p, l).set_source(static_cast<uint16_t>(1024 + (i & 0xff)));
      chain.packet(std::move(p), Direction::to_server, Time(i), out);
    }
  };
  flows(0, 150'000);  // more than every table holds: from here on nothing may grow
  const size_t full = bytes_in_use();
  flows(150'000, 1'000'000);
  const size_t after = bytes_in_use();
  EXPECT_LT(after, full + full / 10 + (1u << 20)) << full << " -> " << after;
  RecordProperty("bytes", static_cast<int>(after));
  EXPECT_LT(after, 400u << 20);
}

INSTANTIATE_TEST_SUITE_P(Boxes, Flood,
                         testing::Values("seq", "coalesce", "ftp:to=203.0.113.4", "nat:pool=203.0.113.0/24",
                                         "nat:pool=203.0.113.9,range=2000-9999,idle=1ms", "dnat:port=9", "lb",
                                         "police:each=flow", "syn-proxy", "split-tcp", "captive", "pep", "normaliser",
                                         "hole", "ack-unseen", "inwindow", "blackhole"),
                         [](const auto& row) {
                           std::string name = row.param;
                           name = name.substr(0, name.find(':'));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + std::to_string(row.index);
                         });

}  // namespace
}  // namespace gauntlet
