#include "lab/set_up_nodes.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "io/net_namespace.hh"
#include "io/node_network.hh"
#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

constexpr Duration kToolLimit = std::chrono::seconds(20), kLinkLimit = std::chrono::seconds(5);

struct Place {
  std::string name;
  const Json& plan;
  NetNamespace inside;
};

// A tool that runs in a node.
class Running {
 public:
  Running(const Place& place, std::vector<std::string> arguments, const std::string& input = {})
      : node_(place.name),
        spawn_{.arguments = std::move(arguments),
               .in = input.empty() ? Stream::null : Stream::pipe,
               .out = Stream::pipe,
               .err = Stream::pipe,
               .net_namespace = place.inside.fd(),
               .directory = {},
               .environment = {}},
        child_(spawn_) {
    if (input.empty()) return;
    // A tool that ended early says why itself.
    for (size_t at = 0; at < input.size();) {
      const ssize_t n = ::write(child_.in().get(), input.data() + at, input.size() - at);
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    child_.in().reset();
  }
  void finish() {
    const Output said = collect(child_, spawn_.arguments, kToolLimit);
    if (!said.exit.ok())
      throw EnvironmentError(fmt::format("{}: {}: {}{}", node_, fmt::join(spawn_.arguments, " "), said.out, said.err));
  }

 private:
  std::string node_;
  Spawn spawn_;
  Child child_;
};

void settle(const Place& place) {
  place.inside.run([&] {
    try {
      for (const Json& setting : place.plan.at("sysctl")) write_setting(setting);
      const Json& offloads = place.plan.at("offloads");
      for (const Json& interface : offloads.at("interfaces")) set_offloads(interface, offloads.at("checksum"));
    } catch (const SystemError& e) {
      throw EnvironmentError(place.name + ": " + e.what());
    }
  });
}

void wait_for_links(const std::vector<Place>& places) {
  const auto end = std::chrono::steady_clock::now() + kLinkLimit;
  for (const Place& place : places)
    for (;;) {
      const auto down = place.inside.run(links_not_up);
      if (down.empty()) break;
      if (std::chrono::steady_clock::now() > end)
        throw EnvironmentError(fmt::format("{}: does not come up: {}", place.name, fmt::join(down, " ")));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

}  // namespace

void set_up_nodes(const Json& lab, const std::map<std::string, pid_t>& holders) {
  std::vector<Place> places;
  for (const Json& node : lab.at("nodes")) {
    const std::string name = node.at("name");
    const auto holder = holders.find(name);
    if (holder == holders.end()) throw UsageError("no process for node " + name);
    places.push_back({name, node, NetNamespace::of(holder->second)});
  }
  for (const Place& place : places) settle(place);
  const std::vector<std::string> ip = lab.at("ip");
  std::vector<Running> tools;
  const auto finish = [&] {
    for (Running& tool : tools) tool.finish();
    tools.clear();
  };
  for (const Place& place : places)
    tools.emplace_back(place, ip,
                       fmt::format("{}\n", fmt::join(place.plan.at("ip").get<std::vector<std::string>>(), "\n")));
  finish();
  for (const Place& place : places)
    for (const Json& command : place.plan.at("commands")) tools.emplace_back(place, command);
  finish();
  wait_for_links(places);
}

}  // namespace gauntlet
