#include "cell.hh"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

namespace gauntlet::test {
namespace {

constexpr const char* kRuns[] = {"baseline", "tcp", "mptcp"};
constexpr const char* kCuts[] = {"c-p1", "p1r2-c", "p1r2-s", "s-c"};

Json endpoint(const char* role, const std::string& run, uint64_t sent, uint64_t received, bool mptcp) {
  return {
      {"report", "endpoint"},
      {"role", role},
      {"proto", mptcp ? "mptcp" : "tcp"},
      {"family", "ipv4"},
      {"run", run},
      {"port", 5003},
      {"phase", "done"},
      {"result", "ok"},
      {"errno", 0},
      {"error", ""},
      {"sent", sent},
      {"send_total", sent},
      {"received", received},
      {"receive_total", received},
      {"first_wrong", nullptr},
      {"wrong_bytes", 0},
      {"eof", true},
      {"close", "clean"},
      {"elapsed_ms", 40},
      {"longest_stall_ms", 3},
      {"stalled", false},
      {"tag", 7},
      {"subflows_wanted", 1},
      {"subflows_seen", 1},
      {"subflows_waited_ms", 1},
      {"load", "paced"},
      {"congestion", "reno"},
      {"samples",
       {{{"at", "connected"}, {"is_mptcp", mptcp}},
        {{"at", "half"}, {"is_mptcp", mptcp}},
        {{"at", "end"}, {"is_mptcp", mptcp}}}},
      {"counters",
       {{"before", Json::object()}, {"after", Json::object()}, {"delta", {{"MPFailTx", 0}, {"MPCapableSYNTX", 1}}}}},
      {"sockets_gone", true},
      {"received_file", ""}};
}

// plan.json as the scenario library writes it, for a scenario of our own.
Json plan_of_window_cell() {
  BoxSchema window;
  window.name = "window";
  window.declares = [](const Params&) { return std::vector<DeclaredEdit>{{"window_changed", "window", "c2s"}}; };
  const Scenario scenario = parse_scenario(R"(
id    = "test/window"
row   = "fld.win"
title = "a box that rewrites windows"
tags  = ["core"]
[[box]]
on  = "path1.r2"
use = "window"
[workload]
load = "paced"
up   = "6000"
down = "3000"
[[expect]]
clause   = "RFC 8684 3.3.4"
strength = "MUST"
outcome  = ["preserved"]
bytes    = ["I"]
wire     = { window_changed = "window", segment = "data", at_least = 1 }
[matrix]
family = ["ipv4"]
)",
                                           "window.toml", {window});
  return plan_of(expand(scenario, 1).at(0));
}

}  // namespace

BoxFunction window_box() {
  return [](Way way, const Tcp& t) {
    Tcp u = t;
    if (way == Way::c2s && !t.payload.empty()) u.window = 111;
    return std::vector<Tcp>{u};
  };
}

CellFolder::CellFolder(uint64_t up, uint64_t down, bool checksum) {
  talks = {{"baseline", Talk::transfer(up, down, checksum, 5001)},
           {"tcp", Talk::plain(up, down, 5002)},
           {"mptcp", Talk::transfer(up, down, checksum, 5003)}};
  box = {{"tcp", window_box()}, {"mptcp", window_box()}};
  plan = plan_of_window_cell();
  plan["workload"]["up"] = up;
  plan["workload"]["down"] = down;
  evidence = Json::parse(
      R"({"cell":"test/window@ipv4","family":"ipv4","paths":1,"checksum":"cs00","seed":"01","client":["192.0.2.1"],"server":"198.51.100.1",
    "ports":{"baseline":5001,"tcp":5002,"mptcp":5003},"cuts":[["c-p1"],["p1r2-c"],["p1r2-s"],["s-c"]],
    "boxes":[{"on":"path1.r2","between":[1,2],"at":"post","spec":"window","acts_on":"mptcp","declares":[{"kind":"window_changed","field":"window","dir":"c2s"}]}],
    "runs":["baseline","tcp","mptcp"],"limits":{"transfer_s":20},"errors":[]})");
  for (const std::string run : kRuns) {
    const bool mptcp = run != "tcp";
    client[run] = endpoint("client", run, up, down, mptcp);
    server[run] = endpoint("server", run, down, up, mptcp);
    client_received[run] = coded(0, down, Way::s2c);
    server_received[run] = coded(0, up, Way::c2s);
    boxes[run] = Json::parse(
        R"({"report":"box","node":"path1.r2","spec":["window"],"seed":"01","adapter":{"queued":50,"passed":44,"changed":6,"injected":0,
      "dropped":0,"held":0,"unparsed":0,"later_fragments":0,"oversize":0,"inject_failed":0,"refused":0,"overrun":0,"queue_dropped":0,"user_dropped":0},"hits":6})");
    boxes[run]["run"] = run;
    boxes[run]["mode"] = run == "baseline" ? "pass" : "box";
  }
}

void CellFolder::expect(const std::vector<std::string>& outcomes, const std::string& strength,
                        const std::string& bytes) {
  plan["expect"]["outcome"] = outcomes;
  plan["expect"]["strength"] = strength;
  plan["expect"]["bytes"] = Json::array();
  for (const char c : bytes) plan["expect"]["bytes"].push_back(std::string(1, c));
}

void CellFolder::declare(const Json& edits) {
  evidence["boxes"][0]["declares"] = edits;
  plan["expect"]["wire"] = Json::array();
}

void CellFolder::ended(const std::string& run, const std::string& result, const std::string& close) {
  for (Json* r : {&client[run], &server[run]}) {
    (*r)["result"] = result;
    (*r)["close"] = close;
    (*r)["phase"] = result == "ok" ? "done" : "transfer";
    (*r)["stalled"] = result == "stalled";
    (*r)["eof"] = result == "ok";
    (*r)["errno"] = result == "failed" ? 104 : 0;
  }
}

void CellFolder::socket(const std::string& run, bool mptcp) {
  for (Json* r : {&client[run], &server[run]}) (*r)["samples"][2]["is_mptcp"] = mptcp;
}

void CellFolder::write_json(const std::string& name, const Json& json) const {
  std::ofstream(path(name)) << json.dump() << '\n';
}

void CellFolder::write_captures(const std::string& run) {
  std::map<std::string, std::vector<Stamped>> frames;
  Time now = std::chrono::seconds(1'700'000'000);
  for (const Sent& s : talks.at(run).log) {
    std::vector<Tcp> packets{s.tcp};
    for (int k = 0; k < 4; ++k) {
      const int cut = s.way == Way::c2s ? k : 3 - k;
      if (k == 2 && box.contains(run)) {
        std::vector<Tcp> out;
        for (const Tcp& t : packets)
          for (const Tcp& u : box.at(run)(s.way, t)) out.push_back(u);
        packets = out;
      }
      for (Tcp& t : packets) {
        frames[kCuts[cut]].push_back({now += std::chrono::microseconds(20), t.bytes()});
        --t.ttl;
      }
    }
    now += std::chrono::milliseconds(1);
  }
  Json interfaces = Json::array();
  for (const char* cut : kCuts) {
    write_capture(path(run + "/" + cut + ".pcapng"), frames[cut]);
    interfaces.push_back({{"node", "x"},
                          {"iface", cut},
                          {"frames", frames[cut].size()},
                          {"dropped", 0},
                          {"truncated", 0},
                          {"file", ""}});
  }
  if (!capture.contains(run)) capture[run] = {{"report", "capture"}, {"run", run}, {"interfaces", interfaces}};
}

void CellFolder::write() {
  written_ = true;
  for (const std::string run : kRuns) {
    std::filesystem::create_directories(path(run));
    write_captures(run);
    client[run]["received"] = client_received[run].size();
    server[run]["received"] = server_received[run].size();
    write_json(run + "/client.json", client[run]);
    write_json(run + "/server.json", server[run]);
    write_json(run + "/capture.json", capture[run]);
    write_json(run + "/box-path1.r2.json", boxes[run]);
    for (const auto& [name, bytes] : {std::pair{"client", client_received[run]}, {"server", server_received[run]}}) {
      std::ofstream out(path(run + "/" + name + ".received"), std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
  }
  write_json("plan.json", plan);
  write_json("evidence.json", evidence);
}

Verdict CellFolder::judge() {
  if (!written_) write();
  return judge_cell(root());
}

const Check* check_of(const Verdict& v, const std::string& id) {
  for (const Check& c : v.checks)
    if (c.id == id) return &c;
  return nullptr;
}

std::vector<std::string> reasons(const Verdict& v) {
  std::vector<std::string> out;
  for (const Check& c : v.checks)
    if (c.level != Level::pass && c.level != Level::not_evaluated) out.push_back(c.reason);
  return out;
}

std::string story(const Verdict& v) {
  std::string text = fmt::format("{} {} {} culprit {}\n", name_of(v.level), v.outcome ? name_of(*v.outcome) : "-",
                                 v.bytes, v.culprit.value_or("-"));
  for (const Check& c : v.checks)
    text += fmt::format("  {} {} {}: expected {}, was {} {}\n", name_of(c.level), c.id, c.reason, c.expected, c.actual,
                        c.capture);
  for (const std::string& s : v.story) text += "  . " + s + "\n";
  return text;
}

}  // namespace gauntlet::test
