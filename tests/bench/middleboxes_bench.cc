// What a box costs per packet, apart from reading and sending it: Seen, trigger and edit, over 64 flows in
// mid-transfer. The budget is 100 ns for boxes that edit headers. Segments of 1428 bytes with timestamps and a mapping,
// lent as from a receive batch.
#include "middleboxes/registry.hh"

#include <benchmark/benchmark.h>

#include "path/flow_table.hh"
#include "wire/checksum.hh"
#include "wire/tcp.hh"

namespace {

using namespace gauntlet;

constexpr size_t kFlows = 64, kRoom = 64;

struct Discard : Emit {
  void send(Packet p, Direction) override { benchmark::DoNotOptimize(p.data()); }
};

std::vector<uint8_t> segment(uint16_t port, uint8_t flags, size_t payload) {
  // clang-format off
  std::vector<uint8_t> p = {
      0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, kProtoTcp, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1,
      0, 0, 0x13, 0x88, 0, 0, 0, 1, 0, 0, 0, 1, 0xd0, flags, 0x10, 0, 0, 0, 0, 0,
      1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
      30, 18, 0x20, 0x0c, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x05, 0x94, 1, 1};
  // clang-format on
  p.resize(p.size() + payload, 'x');
  store16(&p[2], static_cast<uint16_t>(p.size()));
  store16(&p[20], port);
  write_checksums(p);
  return p;
}

struct Slot {
  std::vector<uint8_t> memory, bytes;
  Packet lend() { return Packet::borrow(memory.data() + kRoom, bytes.size(), kRoom, kRoom, 1); }
  // Headers alone: what an edit in place may have changed.
  void restore() { std::copy_n(bytes.begin(), 128, memory.begin() + kRoom); }
};

std::vector<Slot> slots() {
  std::vector<Slot> all(kFlows);
  for (size_t i = 0; i < kFlows; ++i) {
    all[i].bytes = segment(static_cast<uint16_t>(40000 + i), kAck, 1428);
    all[i].memory.resize(all[i].bytes.size() + 2 * kRoom);
    std::copy(all[i].bytes.begin(), all[i].bytes.end(), all[i].memory.begin() + kRoom);
  }
  return all;
}

// The floor of every line below: lending a packet and putting its headers back.
void lend_and_restore(benchmark::State& state) {
  auto all = slots();
  Discard out;
  size_t i = 0;
  for (auto _ : state) {
    Slot& slot = all[i++ % kFlows];
    out.send(slot.lend(), Direction::to_server);
    slot.restore();
  }
}
BENCHMARK(lend_and_restore);

void seen(benchmark::State& state) {
  auto all = slots();
  FlowTable table;
  size_t i = 0;
  for (auto _ : state) {
    Slot& slot = all[i++ % kFlows];
    benchmark::DoNotOptimize(table.see(slot.bytes, Direction::to_server, Time(0)));
  }
}
BENCHMARK(seen);

void box(benchmark::State& state, const char* spec) {
  auto all = slots();
  Chain chain({link_of(spec)}, 1);
  Discard out;
  for (size_t i = 0; i < kFlows; ++i) {
    chain.packet(Packet(segment(static_cast<uint16_t>(40000 + i), kSyn, 0)), Direction::to_server, Time(0), out);
  }
  size_t i = 0;
  for (auto _ : state) {
    Slot& slot = all[i++ % kFlows];
    chain.packet(slot.lend(), Direction::to_server, Time(0), out);
    slot.restore();
  }
}
BENCHMARK_CAPTURE(box, pass, "pass");
BENCHMARK_CAPTURE(box, pass_with_counting, "pass:when=data,after=5,path=p1");
BENCHMARK_CAPTURE(box, seq, "seq:dir=both");
BENCHMARK_CAPTURE(box, strip_nop, "strip:mode=nop");
BENCHMARK_CAPTURE(box, strip_eol, "strip:mode=eol");
BENCHMARK_CAPTURE(box, strip_remove, "strip");
BENCHMARK_CAPTURE(box, strip_dss_remove, "strip:subtype=dss");
BENCHMARK_CAPTURE(box, kind, "kind:kind=8");
BENCHMARK_CAPTURE(box, optval, "optval:kind=8,at=3,xor=01");
BENCHMARK_CAPTURE(box, optorder, "optorder:order=reverse");
BENCHMARK_CAPTURE(box, corrupt, "corrupt:subtype=dss,field=dsn");
BENCHMARK_CAPTURE(box, timestamps, "timestamps:offset=1000");
BENCHMARK_CAPTURE(box, addopt, "addopt:option=fd0401f2");
BENCHMARK_CAPTURE(box, window, "window:max=100");
BENCHMARK_CAPTURE(box, ttl, "ttl:set=9");
BENCHMARK_CAPTURE(box, tos, "tos:dscp=10");
BENCHMARK_CAPTURE(box, flags, "flags:set=E,when=data");
BENCHMARK_CAPTURE(box, swap, "swap:first=0,second=3");
BENCHMARK_CAPTURE(box, nat_keep, "nat:pool=203.0.113.0/28,ports=keep");
BENCHMARK_CAPTURE(box, nat_rewrite, "nat:pool=203.0.113.0/28");
BENCHMARK_CAPTURE(box, edit_idle, "edit:find=needle,replace=straw,when=syn");
// Whole payload: the ruler, and a box that reads every byte. The target is three times the ruler.
void memcpy_and_checksum(benchmark::State& state) {
  auto all = slots();
  std::vector<uint8_t> to(all[0].bytes.size());
  size_t i = 0;
  for (auto _ : state) {
    const Slot& slot = all[i++ % kFlows];
    std::copy(slot.bytes.begin(), slot.bytes.end(), to.begin());
    benchmark::DoNotOptimize(sum16(to));
  }
}
BENCHMARK(memcpy_and_checksum);
BENCHMARK_CAPTURE(box, edit_search, "edit:find=needle,replace=straw");
BENCHMARK_CAPTURE(box, split, "split");

}  // namespace
