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

constexpr size_t kFlows = 64, kRoom = 64, kPayload = 1428, kAcknowledged = 32;

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
  // One segment further, or it would be a retransmission; `whole`: the payload was changed, too.
  void next(bool whole) {
    const uint32_t seq = load32(&bytes[24]), on = seq + kPayload;
    store16(&bytes[36], update32(load16(&bytes[36]), seq, on));
    store32(&bytes[24], on);
    std::copy_n(bytes.begin(), whole ? bytes.size() : 128, memory.begin() + kRoom);
  }
  std::vector<uint8_t> answer() const {  // acknowledges all that was sent
    std::vector<uint8_t> p = segment(load16(&bytes[20]), kAck, 0);
    std::swap_ranges(p.begin() + 12, p.begin() + 16, p.begin() + 16);
    std::swap_ranges(p.begin() + 20, p.begin() + 22, p.begin() + 22);
    std::copy_n(bytes.begin() + 24, 4, p.begin() + 28);
    write_checksums(p);
    return p;
  }
};

std::vector<Slot> slots() {
  std::vector<Slot> all(kFlows);
  for (size_t i = 0; i < kFlows; ++i) {
    all[i].bytes = segment(static_cast<uint16_t>(40000 + i), kAck, kPayload);
    all[i].memory.resize(all[i].bytes.size() + 2 * kRoom);
    std::copy(all[i].bytes.begin(), all[i].bytes.end(), all[i].memory.begin() + kRoom);
  }
  return all;
}

// The floor of every line below: lending a packet and putting the next one's headers there.
void lend(benchmark::State& state, bool whole) {
  auto all = slots();
  Discard out;
  size_t i = 0;
  for (auto _ : state) {
    Slot& slot = all[i++ % kFlows];
    out.send(slot.lend(), Direction::to_server);
    slot.next(whole);
  }
}
BENCHMARK_CAPTURE(lend, headers, false);
BENCHMARK_CAPTURE(lend, whole, true);

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

void box(benchmark::State& state, const char* spec, bool whole) {
  auto all = slots();
  Chain chain({link_of(spec)}, 1);
  Discard out;
  for (size_t i = 0; i < kFlows; ++i) {
    chain.packet(Packet(segment(static_cast<uint16_t>(40000 + i), kSyn, 0)), Direction::to_server, Time(0), out);
  }
  size_t i = 0;
  for (auto _ : state) {
    Slot& slot = all[i % kFlows];
    chain.packet(slot.lend(), Direction::to_server, Time(0), out);
    slot.next(whole);
    if (i++ / kFlows % kAcknowledged == 0) chain.packet(Packet(slot.answer()), Direction::to_client, Time(0), out);
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
  std::string spec;
  enum Payload { spared, touched, changed } payload;  // touched: every byte is read, copied or moved
  std::string name = spec;                            // in the table
};
const Row kRows[] = {
    {"pass", Row::spared},
    {"pass:when=data,after=5,path=p1", Row::spared},
    {"seq:dir=both", Row::spared},
    {"strip:mode=nop", Row::spared},
    {"strip:mode=eol", Row::spared},
    {"strip", Row::spared},
    {"strip:subtype=dss", Row::spared},
    {"strip:kind=8", Row::spared},
    {"kind:kind=8", Row::spared},
    {"optval:kind=8,at=3,xor=01", Row::spared},
    {"optorder:order=reverse", Row::spared},
    {"corrupt:subtype=dss,field=dsn", Row::spared},
    {"timestamps:offset=1000", Row::spared},
    {"addopt:option=fd0401f2", Row::spared},
    {"dupopt:kind=8", Row::spared},
    {"window:max=100", Row::spared},
    {"ttl:set=9", Row::spared},
    {"tos:dscp=10", Row::spared},
    {"flags:set=E,when=data", Row::spared},
    {"badcsum:when=data", Row::spared},
    {"swap:first=0,second=3", Row::spared},
    {"nat:pool=203.0.113.0/28,ports=keep", Row::spared},
    {"nat:pool=203.0.113.0/28", Row::spared},
    {"dnat:port=5004", Row::spared},
    {"prefixnat:inside=192.0.2.0/24,outside=203.0.113.0/24", Row::spared},
    {"edit:find=needle,replace=straw,when=syn", Row::spared},
    {"edit:find=needle,replace=straw", Row::touched},
    {"edit:xor=ff,when=data", Row::changed},
    {"edit:xor=" + std::string(2 * kPayload, 'f') + ",when=data", Row::changed,
     "edit:xor=ff...ff (every byte),when=data"},
    {"ftp:to=203.0.113.4", Row::touched},  // learns where a command ends, and from no damaged segment: sums it up
    {"http:uri=/blocked", Row::touched},   // looks for the end of a line
    {"cut:bytes=4", Row::changed},
    {"coalesce", Row::touched},  // each segment is held, and goes when the next does not go on where it ends
    {"aware:xor=ff,when=data", Row::changed},
    {"dsscsum:mode=add", Row::touched},
    {"split", Row::touched},
    {"split:parts=2,options=first", Row::touched},
    {"duplicate:when=data", Row::touched},
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

std::string name_of(const Row& row) { return "box/" + row.name; }

// True when every budget was kept.
bool print_table(Times& times) {
  const double one = times.median("ruler"), floor = times.median("lend/headers"), whole = times.median("lend/whole");
  fmt::print("ruler (copy a packet of 1500 bytes and sum it up): {:.0f} ns; lending, included: {:.0f} ns\n\n", one,
             floor);
  fmt::print("| box | ns | rulers | target |\n|---|---|---|---|\n");
  bool met = true;
  for (const Row& row : kRows) {
    double ns = times.median(name_of(row));
    if (ns == 0) continue;
    if (row.payload == Row::changed) ns -= whole - floor;  // putting the payload back is not the box's work
    const bool headers = row.payload == Row::spared;
    const bool good = ns <= (headers ? kHeaderOnly : kWhole * one);
    met = met && good;
    fmt::print("| {} | {:.0f} | {:.2f} | {}{} |\n", row.name, ns, ns / one, headers ? "100 ns" : "3 rulers",
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
  for (const Row& row : kRows)
    benchmark::RegisterBenchmark(name_of(row).c_str(), box, row.spec.c_str(), row.payload == Row::changed);
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  Times times;
  benchmark::RunSpecifiedBenchmarks(&times);
  return print_table(times) || !gate ? 0 : 1;
}
