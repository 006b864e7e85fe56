#include "io/endpoint_actions.hh"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {

struct EndpointActions::Done {
  Json list = Json::array();
};

EndpointAction parse_action(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    EndpointAction a;
    a.after = json.at("after");
    a.name = json.at("do");
    a.tool = json.value("tool", std::vector<std::string>{});
    a.must_say = json.value("must_say", false);
    if (a.tool.empty() && a.name != "fastclose" && a.name != "close") throw UsageError("no tool");
    return a;
  } catch (const std::exception&) {
    throw UsageError(
        fmt::format("--at {}: wants {{\"after\":BYTES,\"do\":\"fastclose\"}} (or \"close\") or "
                    "{{\"after\":BYTES,\"do\":NAME,\"tool\":[PROGRAM, ...]}}",
                    text));
  }
}

EndpointActions::EndpointActions(std::vector<EndpointAction> actions)
    : actions_(std::move(actions)), done_(std::make_unique<Done>()) {}
EndpointActions::~EndpointActions() = default;

std::string EndpointActions::step(uint64_t sent, int64_t ms) {
  while (next_ < actions_.size() && sent >= actions_[next_].after) {
    const EndpointAction& a = actions_[next_++];
    Json record{{"do", a.name}, {"after", a.after}, {"sent", sent}, {"ms", ms}};
    if (!a.tool.empty()) {
      const Output output = run_tool(a.tool);
      if (!output.exit.ok() || (a.must_say && output.out.empty()))
        throw EnvironmentError(fmt::format("{}: {}: {}: {}", a.name, fmt::join(a.tool, " "), to_text(output.exit),
                                           output.err.empty() ? "it did nothing" : output.err));
      record["tool"] = a.tool;
      record["said"] = output.out;
    }
    done_->list.push_back(std::move(record));
    if (a.tool.empty()) return a.name;
  }
  return {};
}

const Json& EndpointActions::done() const { return done_->list; }

}  // namespace gauntlet
