// What a box costs per packet, apart from reading and sending it: Seen, trigger and edit, over 64 flows in
// mid-transfer. Segments of 1428 bytes with timestamps and a mapping, lent as from a receive batch. Nine repetitions of
// every box in random order; the table has the medians of CPU time and the budgets: 100 ns for boxes that edit headers,
// three times copying and summing up for those that touch the whole payload.
//
//   bench_middleboxes [--benchmark_...] [--gate]     --gate: exit 1 when a budget is exceeded
#include "middleboxes/registry.hh"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>

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
// The ruler is to copy a packet and sum it up. Of every box the table says how many rulers it costs: nanoseconds of two
// machines, or of two moments of a busy one, cannot be compared.
void ruler(benchmark::State& state) {
  auto all = slots();
  std::vector<uint8_t> to(all[0].bytes.size());
  size_t i = 0;
  for (auto _ : state) {
    const Slot& slot = all[i++ % kFlows];
    std::copy(slot.bytes.begin(), slot.bytes.end(), to.begin());
    benchmark::DoNotOptimize(sum16(to));
  }
}
BENCHMARK(ruler);

struct Row {
  const char* spec;
  bool whole;  // reads, copies or moves every payload byte
};
constexpr Row kRows[] = {
    {"pass", false},
    {"pass:when=data,after=5,path=p1", false},
    {"seq:dir=both", false},
    {"strip:mode=nop", false},
    {"strip:mode=eol", false},
    {"strip", false},
    {"strip:subtype=dss", false},
    {"strip:kind=8", false},
    {"kind:kind=8", false},
    {"optval:kind=8,at=3,xor=01", false},
    {"optorder:order=reverse", false},
    {"corrupt:subtype=dss,field=dsn", false},
    {"timestamps:offset=1000", false},
    {"addopt:option=fd0401f2", false},
    {"dupopt:kind=8", false},
    {"window:max=100", false},
    {"ttl:set=9", false},
    {"tos:dscp=10", false},
    {"flags:set=E,when=data", false},
    {"badcsum:when=data", false},
    {"swap:first=0,second=3", false},
    {"nat:pool=203.0.113.0/28,ports=keep", false},
    {"nat:pool=203.0.113.0/28", false},
    {"dnat:port=5004", false},
    {"prefixnat:inside=192.0.2.0/24,outside=203.0.113.0/24", false},
    {"edit:find=needle,replace=straw,when=syn", false},
    {"edit:find=needle,replace=straw", true},
    {"edit:xor=ff,when=data", true},
    {"ftp:to=203.0.113.4", true},  // learns where a command ends, and from no damaged segment: sums it up
    {"http:uri=/blocked", true},   // looks for the end of a line
    {"cut:bytes=4", true},
    {"coalesce", true},  // each segment is held, and goes when the next does not go on where it ends
    {"aware:xor=ff,when=data", true},
    {"dsscsum:mode=add", true},
    {"split", true},
    {"split:parts=2,options=first", true},
    {"duplicate:when=data", true},
};

constexpr double kHeaderOnly = 100;  // ns, Seen included
constexpr double kWhole = 3;         // rulers

// CPU time of every repetition, by name.
class Times final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Iteration) times_[run.benchmark_name()].push_back(run.GetAdjustedCPUTime());
    }
  }
  double median(const std::string& name) {
    std::vector<double>& all = times_[name];
    std::ranges::sort(all);
    return all.empty() ? 0 : all[all.size() / 2];  // 0: a filter left it out
  }

 private:
  std::map<std::string, std::vector<double>> times_;
};

std::string name_of(const Row& row) { return std::string("box/") + row.spec; }

// True when every budget was kept.
bool print_table(Times& times) {
  const double one = times.median("ruler"), floor = times.median("lend_and_restore");
  fmt::print(
      "ruler (copy a packet of 1500 bytes and sum it up): {:.0f} ns; lending and restoring, included: {:.0f} ns\n\n",
      one, floor);
  fmt::print("| box | ns | rulers | target |\n|---|---|---|---|\n");
  bool met = true;
  for (const Row& row : kRows) {
    const double ns = times.median(name_of(row));
    if (ns == 0) continue;
    const bool good = row.whole ? ns <= kWhole * one : ns <= kHeaderOnly;
    met = met && good;
    fmt::print("| {} | {:.0f} | {:.2f} | {}{} |\n", row.spec, ns, ns / one, row.whole ? "3 rulers" : "100 ns",
               good ? "" : " missed");
  }
  return met;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words{argv[0], "--benchmark_repetitions=9", "--benchmark_enable_random_interleaving=true",
                                 "--benchmark_min_time=0.02"};
  words.insert(words.end(), argv + 1, argv + argc);
  const bool gate = std::erase(words, "--gate") != 0;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  int count = static_cast<int>(pointers.size());
  for (const Row& row : kRows) benchmark::RegisterBenchmark(name_of(row).c_str(), box, row.spec);
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  Times times;
  benchmark::RunSpecifiedBenchmarks(&times);
  return print_table(times) || !gate ? 0 : 1;
}
