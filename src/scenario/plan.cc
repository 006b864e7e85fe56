// plan.json: one cell, complete, for the worker and the judge.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "scenario/scenario.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

Json names(const std::vector<Outcome>& outcomes) {
  Json out = Json::array();
  for (const Outcome o : outcomes) out.push_back(name_of(o));
  return out;
}

Json counters_json(const CounterRule& rule) { return {{"must", rule.must}, {"must_not", rule.must_not}}; }

Json expect_json(const Expect& e) {
  Json bytes = Json::array();
  for (const char letter : e.bytes) bytes.push_back(std::string(1, letter));
  Json out = {{"clause", e.clause},
              {"strength", name_of(e.strength)},
              {"outcome", names(e.outcome)},
              {"lenient", names(e.lenient)},
              {"bytes", bytes}};
  out["counters"] = {{"client", counters_json(e.client)}, {"server", counters_json(e.server)}};
  out["wire"] = Json::array();
  for (const WireRule& w : e.wire)
    out["wire"].push_back({{"kind", w.kind}, {"field", w.field}, {"segment", w.segment}, {"at_least", w.at_least}});
  out["joins"] = e.joins;
  out["line"] = e.line;
  return out;
}

Json box_json(const BoxUse& use) {
  Json declares = Json::array();
  for (const DeclaredEdit& d : use.declares) declares.push_back({{"kind", d.kind}, {"field", d.field}, {"dir", d.dir}});
  return {{"on", use.on},
          {"at", name_of(use.at)},
          {"use", use.box.name},
          {"spec", to_text(use.box)},
          {"declares", declares}};
}

std::vector<Outcome> read_outcomes(const Json& list) {
  std::vector<Outcome> out;
  for (const auto& word : list) {
    const auto outcome = outcome_named(word.get<std::string>());
    if (!outcome) throw UsageError("no outcome '" + word.get<std::string>() + "'");
    out.push_back(*outcome);
  }
  return out;
}

CounterRule read_counters(const Json& json) {
  return {json.at("must").get<std::vector<std::string>>(), json.at("must_not").get<std::vector<std::string>>()};
}

template <typename T>
T known(const std::optional<T>& value, const char* what) {
  if (!value) throw UsageError(fmt::format("unknown {}", what));
  return *value;
}

Expect read_expect(const Json& json) {
  Expect e;
  e.clause = json.at("clause");
  e.strength = known(strength_named(json.at("strength").get<std::string>()), "strength");
  e.outcome = read_outcomes(json.at("outcome"));
  e.lenient = read_outcomes(json.at("lenient"));
  e.bytes.clear();
  for (const auto& letter : json.at("bytes")) e.bytes += letter.get<std::string>();
  e.client = read_counters(json.at("counters").at("client"));
  e.server = read_counters(json.at("counters").at("server"));
  for (const Json& wire : json.at("wire"))
    e.wire.push_back({wire.at("kind"), wire.at("field"), wire.at("segment"), wire.at("at_least")});
  e.joins = json.at("joins").get<std::vector<unsigned>>();
  e.line = json.at("line");
  return e;
}

PlannedBox read_box(const Json& json) {
  PlannedBox box;
  box.on = json.at("on");
  box.at = known(hook_named(json.at("at").get<std::string>()), "hook");
  box.spec = json.at("spec");
  for (const auto& d : json.at("declares")) box.declares.push_back({d.at("kind"), d.at("field"), d.at("dir")});
  return box;
}

}  // namespace

Json plan_of(const Cell& cell) {
  const Scenario& s = *cell.scenario;
  if (!cell.expect) throw UsageError(fmt::format("{}:{}: no [[expect]] matches {}; add one", s.file, s.line, cell.id));
  Json out = {{"cell", cell.id}, {"scenario", s.id}, {"row", s.row},  {"title", s.title},
              {"tags", s.tags},  {"file", s.file},   {"line", s.line}};
  out["family"] = cell.family;
  out["checksum"] = cell.checksum;
  out["paths"] = cell.paths;
  out["path"] = cell.path;
  out["load"] = name_of(cell.load);
  out["endpoint"] = cell.endpoint;
  out["seed"] = fmt::format("{:016x}", cell.seed);
  out["topology"] = {{"shape", s.shape}, {"routers", s.routers}, {"receive_buffer", s.receive_buffer}};
  out["boxes"] = Json::array();
  for (const BoxUse& box : cell.boxes) out["boxes"].push_back(box_json(box));
  out["acts_on"] = s.acts_on_tcp ? "both" : "mptcp";
  out["workload"] = {{"load", name_of(cell.load)},    {"up", s.workload.up},
                     {"down", s.workload.down},       {"write", s.workload.write},
                     {"tick_us", s.workload.tick_us}, {"preface_up", s.workload.preface_up}};
  out["workload"]["fast_open"] = s.workload.fast_open;
  out["workload"]["closes_first"] = s.workload.closes_first;
  out["actions"] = Json::array();
  for (const Action& a : s.actions)
    out["actions"].push_back({{"do", name_of(a.deed)}, {"by", a.by_server ? "server" : "client"}, {"after", a.after}});
  out["baseline"] = names(s.baseline);
  out["expect"] = expect_json(*cell.expect);
  out["limits"] = {{"transfer_s", s.limit_s}};
  return out;
}

Plan read_plan(const Json& json) {
  try {
    Plan p;
    p.cell = json.at("cell");
    p.scenario = json.at("scenario");
    p.row = json.at("row");
    p.title = json.at("title");
    p.family = json.at("family");
    p.checksum = json.at("checksum");
    p.paths = json.at("paths");
    p.path = json.at("path");
    p.endpoint = json.at("endpoint");
    p.seed = json.at("seed");
    p.routers = json.at("topology").at("routers");
    for (const auto& box : json.at("boxes")) p.boxes.push_back(read_box(box));
    p.acts_on_tcp = json.at("acts_on") == "both";
    const Json& w = json.at("workload");
    p.workload.load = known(load_named(w.at("load").get<std::string>()), "load");
    p.workload.up = w.at("up");
    p.workload.down = w.at("down");
    p.workload.write = w.at("write");
    p.workload.tick_us = w.value("tick_us", 0);
    p.workload.preface_up = w.at("preface_up");
    p.workload.fast_open = w.at("fast_open");
    p.baseline = read_outcomes(json.at("baseline"));
    p.expect = read_expect(json.at("expect"));
    p.limit_s = json.at("limits").at("transfer_s");
    return p;
  } catch (const Json::exception& e) {
    throw UsageError(fmt::format("plan.json is damaged: {}; run the cell again", e.what()));
  } catch (const UsageError& e) {
    throw UsageError(fmt::format("plan.json is damaged: {}; run the cell again", e.what()));
  }
}

}  // namespace gauntlet
