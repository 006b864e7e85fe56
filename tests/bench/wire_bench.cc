// What the packet path pays per packet, against copying it once. A full-size segment: 1428 bytes of payload, timestamps
// and a DSS mapping.
#include <benchmark/benchmark.h>

#include <vector>

#include "wire/checksum.hh"
#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

namespace {

using namespace gauntlet;

// clang-format off
constexpr uint8_t kHeaders[] = {
    0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, kProtoTcp, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,            // IPv4
    0x03, 0xe8, 0x07, 0xd0, 0, 0, 0, 1, 0, 0, 0, 1, 0xd0, kAck, 0x10, 0, 0, 0, 0, 0,        // TCP
    1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,                                                    // timestamps
    30, 18, 0x20, 0x0c, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0x05, 0x94, 1, 1};      // DSS: DSN 7, SSN 1, length 1428
// clang-format on

std::vector<uint8_t> segment() {
  std::vector<uint8_t> p(std::begin(kHeaders), std::end(kHeaders));
  for (size_t i = 0; i < 1428; ++i) p.push_back(static_cast<uint8_t>(i * 31));
  store16(&p[2], static_cast<uint16_t>(p.size()));
  write_checksums(p);
  return p;
}

void memcpy_packet(benchmark::State& state) {
  const auto p = segment();
  std::vector<uint8_t> to(p.size());
  for (auto _ : state) {
    std::memcpy(to.data(), p.data(), p.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(memcpy_packet);

void layout(benchmark::State& state) {
  const auto p = segment();
  for (auto _ : state) {
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(layout_of(p));
  }
}
BENCHMARK(layout);

void option_walk(benchmark::State& state) {
  const auto p = segment();
  const Layout l = layout_of(p);
  for (auto _ : state) {
    benchmark::ClobberMemory();
    OptionWalk walk(TcpView(p, l).options());
    unsigned found = 0;
    for (Option o; walk.next(o);) found += o.kind;
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(option_walk);

// The whole of what every packet costs before a box sees it. Budget: well below 50 ns.
void layout_walk_and_view(benchmark::State& state) {
  const auto p = segment();
  for (auto _ : state) {
    benchmark::ClobberMemory();
    const Layout l = layout_of(p);
    const TcpView view(p, l);
    const Option dss = find_option(view.options(), kOptMptcp);
    benchmark::DoNotOptimize(view.seq() + view.ack() + view.flags() + dss.offset);
  }
}
BENCHMARK(layout_walk_and_view);

void rewrite_seq_and_ack(benchmark::State& state) {
  Packet packet(segment());
  Layout l = layout_of(packet.bytes());
  TcpEdit edit(packet, l);
  uint32_t seq = 1;
  for (auto _ : state) {
    edit.set_seq(seq += 77);
    edit.set_ack(seq ^ 0x55);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(rewrite_seq_and_ack);

void strip_options_and_put_them_back(benchmark::State& state) {
  Packet packet(segment());
  Layout l = layout_of(packet.bytes());
  TcpEdit edit(packet, l);
  const std::vector<uint8_t> options(edit.view().options().begin(), edit.view().options().end());
  const ConstBytes timestamps(options.data(), 12);
  for (auto _ : state) {
    benchmark::DoNotOptimize(edit.replace_options(timestamps));
    benchmark::DoNotOptimize(edit.replace_options(options));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(strip_options_and_put_them_back);

void sum_of_payload(benchmark::State& state) {
  const auto p = segment();
  for (auto _ : state) {
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(sum16(ConstBytes(p).subspan(72)));
  }
}
BENCHMARK(sum_of_payload);

void both_checksums_anew(benchmark::State& state) {
  auto p = segment();
  const Layout l = layout_of(p);
  for (auto _ : state) {
    write_checksums(p, l);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(both_checksums_anew);

}  // namespace
