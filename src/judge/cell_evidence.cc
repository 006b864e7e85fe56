#include "judge/cell_evidence.hh"

#include "judge/json_file.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// Every one throws Json::exception or std::exception where evidence.json is not what section 5 says.
std::vector<BoxPlace> read_places(const Json& json, size_t cuts) {
  std::vector<BoxPlace> all;
  for (const Json& b : json.at("boxes")) {
    BoxPlace p;
    p.on = b.at("on");
    p.spec = b.value("spec", "");
    p.before = b.at("between").at(0);
    p.after = b.at("between").at(1);
    p.acts_on_tcp = b.value("acts_on", "mptcp") != "mptcp";
    for (const Json& d : b.at("declares"))
      p.declares.push_back({d.at("kind"), d.value("field", ""), d.value("dir", "both")});
    if (p.before >= p.after || p.after >= cuts)
      throw UsageError(fmt::format("box on {} stands between cuts that are not there", p.on));
    all.push_back(std::move(p));
  }
  return all;
}

void read_run(const std::string& folder, CellEvidence& cell, RunEvidence& run) {
  run.client = read_endpoint(folder, run.name, "client", cell.problems);
  run.server = read_endpoint(folder, run.name, "server", cell.problems);
  run.boxes = read_boxes(folder, run.name, cell.problems);
  run.capture = read_capture_report(folder, run.name, cell.problems);
  for (const auto& cut : cell.cuts) {
    std::vector<std::string> files;
    for (const std::string& interface : cut) files.push_back(folder + "/" + run.name + "/" + interface + ".pcapng");
    run.cuts.push_back(Trace::read(files));
    run.flows.push_back(flows_of(run.cuts.back(), cell.servers));
  }
}

}  // namespace

const RunEvidence* CellEvidence::run(const std::string& name) const {
  for (const RunEvidence& r : runs)
    if (r.name == name) return &r;
  return nullptr;
}

CellEvidence read_cell(const std::string& folder) {
  CellEvidence cell;
  const Json plan = read_json(folder + "/plan.json", "plan.json", cell.problems);
  const Json evidence = read_json(folder + "/evidence.json", "evidence.json", cell.problems);
  if (const auto id = member<std::string>(plan, "cell")) cell.plan.cell = *id;
  if (plan.is_null() || evidence.is_null()) return cell;
  try {
    cell.plan = read_plan(plan);
    if (evidence.at("cell") != cell.plan.cell)
      throw UsageError("evidence.json is of another cell: " + evidence.at("cell").get<std::string>());
    cell.cuts = evidence.at("cuts").get<std::vector<std::vector<std::string>>>();
    if (cell.cuts.size() < 2) throw UsageError("fewer than two cuts");
    const auto server = address_named(evidence.at("server").get<std::string>(), 0);
    if (!server) throw UsageError("the server's address is none");
    cell.servers.push_back(*server);
    for (const Json& also : evidence.value("server_also", Json::array()))
      if (const auto second = address_named(also.get<std::string>(), 0)) cell.servers.push_back(*second);
    cell.boxes = read_places(evidence, cell.cuts.size());
    for (const Json& e : evidence.at("errors")) cell.problems.push_back({"lab-error", e.get<std::string>()});
    for (const Json& name : evidence.at("runs")) {
      RunEvidence run;
      run.name = name;
      run.port = evidence.at("ports").at(run.name);
      cell.runs.push_back(std::move(run));
    }
  } catch (const Json::exception& e) {
    cell.problems.push_back({"evidence-damaged", std::string("evidence.json: ") + e.what()});
    return cell;
  } catch (const UsageError& e) {
    cell.problems.push_back({"evidence-damaged", e.what()});
    return cell;
  }
  for (RunEvidence& run : cell.runs) read_run(folder, cell, run);
  cell.readable = true;
  return cell;
}

}  // namespace gauntlet
