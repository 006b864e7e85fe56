#include "judge/difference.hh"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace gauntlet {
namespace {

bool contains(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t plus = list.find('+');
    if (list.substr(0, plus) == word) return true;
    if (plus == std::string_view::npos) return false;
    list.remove_prefix(plus + 1);
  }
  return false;
}

Json frames_json(const std::vector<FrameAt>& frames) {
  Json numbers = Json::array();
  for (const FrameAt& f : frames) numbers.push_back(f.number);
  return numbers;
}

void append(std::vector<FrameAt>& to, const std::vector<FrameAt>& from) {
  for (const FrameAt& f : from)
    if (to.size() < Difference::kFrames) to.push_back(f);
}

}  // namespace

bool is_of_class(const std::string& cls, const std::string& wanted) {
  if (wanted.empty() || contains(wanted, "any")) return true;
  if (contains(wanted, "nonsyn") && !contains(cls, "syn") && !contains(cls, "synack")) return true;
  for (std::string_view rest = wanted; !rest.empty();) {
    const size_t plus = rest.find('+');
    if (contains(cls, rest.substr(0, plus))) return true;
    if (plus == std::string_view::npos) break;
    rest.remove_prefix(plus + 1);
  }
  return false;
}

void Differences::add(Difference d) {
  if (all_.size() >= limit_) {
    ++omitted_;
    return;
  }
  if (d.client.size() > Difference::kFrames) d.client.resize(Difference::kFrames);
  if (d.server.size() > Difference::kFrames) d.server.resize(Difference::kFrames);
  all_.push_back(std::move(d));
}

void Differences::add_constant(Difference d) {
  const std::string key = fmt::format("{}|{}|{}|{}|{}|{}", d.flow, name_of(d.way), d.kind, d.field, d.before, d.after);
  const auto [it, fresh] = constants_.emplace(key, all_.size());
  if (fresh) {
    if (all_.size() >= limit_) constants_.erase(it);
    add(std::move(d));
    return;
  }
  Difference& known = all_[it->second];
  known.count += d.count;
  append(known.client, d.client);
  append(known.server, d.server);
}

Json to_json(const Difference& d) {
  Json out = {{"flow", d.flow < 0 ? Json() : Json(d.flow)},
              {"flow_name", d.flow_name},
              {"dir", name_of(d.way)},
              {"class", d.cls}};
  out["offset"] = d.offset < 0 ? Json() : Json(d.offset);
  out["kind"] = d.kind;
  out["field"] = d.field;
  out["before"] = d.before;
  out["after"] = d.after;
  out["count"] = d.count;
  out["frames"] = {{"client", frames_json(d.client)}, {"server", frames_json(d.server)}};
  out["interfaces"] = {{"client", d.client.empty() ? "" : d.client.front().interface},
                       {"server", d.server.empty() ? "" : d.server.front().interface}};
  return out;
}

}  // namespace gauntlet
