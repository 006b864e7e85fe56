#include "lab/cuts.hh"

#include <algorithm>
#include <stdexcept>

namespace gauntlet {
namespace {

// The place in a cut that belongs to the path of this router: "path2.r1" -> 1.
size_t place(const std::string& router) { return router.starts_with("path2.") ? 1 : 0; }

}  // namespace

const Cuts::Around& Cuts::of(const std::string& node) const {
  const auto found = std::find_if(around.begin(), around.end(), [&](const Around& a) { return a.node == node; });
  if (found == around.end()) throw std::logic_error("no cut around " + node);
  return *found;
}

Cuts cuts_around(const Topology& t, const std::vector<std::string>& routers) {
  Cuts out{.cuts = {{"c-p1", "c-p2"}}, .around = {}};
  // The order of the topology is path order on each path, with core last.
  for (const Node& node : t.nodes) {
    if (std::find(routers.begin(), routers.end(), node.name) == routers.end()) continue;
    std::vector<std::string> before = out.cuts.back(), after;
    if (node.name == "core") {
      before = {"core-p1", "core-p2"};
      after = {"core-s"};
    } else {
      before[place(node.name)] = node.ports[0].name;
      after = before;
      after[place(node.name)] = node.ports[1].name;
    }
    out.cuts.push_back(before);
    out.cuts.push_back(after);
    out.around.push_back({node.name, out.cuts.size() - 2, out.cuts.size() - 1});
  }
  out.cuts.push_back({"s-c"});
  return out;
}

std::vector<TappedInterface> capture_points(const Topology& t, const Cuts& cuts) {
  std::vector<TappedInterface> out;
  for (const Node& node : t.nodes)
    for (const Port& port : node.ports) {
      const bool wanted = std::any_of(cuts.cuts.begin(), cuts.cuts.end(), [&](const auto& cut) {
        return std::find(cut.begin(), cut.end(), port.name) != cut.end();
      });
      if (wanted) out.push_back({node.name, port.name});
    }
  return out;
}

}  // namespace gauntlet
