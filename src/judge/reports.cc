#include <algorithm>

#include "judge/json_file.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

// A report whose members must be there: each missing one is damage, named.
class Reader {
 public:
  Reader(const Json& json, std::string name, std::vector<Problem>& problems)
      : json_(json), name_(std::move(name)), problems_(problems) {}
  template <typename T>
  void get(const char* key, T& into) {
    if (auto value = member<T>(json_, key))
      into = *value;
    else
      problems_.push_back({"evidence-damaged", fmt::format("{}: no {} in it", name_, key)});
  }

 private:
  const Json& json_;
  std::string name_;
  std::vector<Problem>& problems_;
};

void read_received(const std::string& folder, const std::string& name, EndpointFacts& facts,
                   std::vector<Problem>& problems) {
  constexpr uintmax_t kMost = 256u << 20;
  const fs::path path = fs::path(folder) / name;
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error) {
    if (facts.received > 0) problems.push_back({"evidence-missing", fmt::format("{}: {}", name, error.message())});
    return;
  }
  if (size != facts.received || size > kMost) {
    problems.push_back(
        {"evidence-damaged", fmt::format("{}: {} bytes, the report says {}", name, size, facts.received)});
    if (size > kMost) return;
  }
  std::ifstream in(path, std::ios::binary);
  facts.bytes.resize(size);
  in.read(reinterpret_cast<char*>(facts.bytes.data()), static_cast<std::streamsize>(size));
  if (!in) problems.push_back({"evidence-damaged", name + ": cannot be read"});
}

}  // namespace

EndpointFacts read_endpoint(const std::string& folder, const std::string& run, const std::string& role,
                            std::vector<Problem>& problems) {
  EndpointFacts f;
  const std::string name = run + "/" + role + ".json";
  const Json json = read_json(folder + "/" + name, name, problems);
  if (json.is_null()) return f;
  f.there = true;
  Reader r(json, name, problems);
  r.get("phase", f.phase);
  r.get("result", f.result);
  r.get("errno", f.error_number);
  r.get("send_total", f.send_total);
  r.get("receive_total", f.receive_total);
  r.get("sockets_gone", f.sockets_gone);
  // Somebody else's program: null is what it did not tell, not damage.
  const bool own = json.contains("command") && json["command"].is_array();
  const auto told = [&](const char* key, auto& into) {
    if (!own || !json.contains(key) || !json[key].is_null()) r.get(key, into);
  };
  told("close", f.close);
  told("sent", f.sent);
  told("received", f.received);
  told("eof", f.eof);
  told("stalled", f.stalled);
  f.bytes_known = !own || !member<std::string>(json, "received_file").value_or("").empty();
  f.error = member<std::string>(json, "error").value_or("");
  f.tag = member<uint32_t>(json, "tag").value_or(0);
  f.subflows_wanted = member<uint64_t>(json, "subflows_wanted").value_or(0);
  f.subflows_seen = member<uint64_t>(json, "subflows_seen").value_or(0);
  f.longest_stall_ms = member<uint64_t>(json, "longest_stall_ms").value_or(0);
  f.elapsed_ms = member<uint64_t>(json, "elapsed_ms").value_or(0);
  if (const auto role_said = member<std::string>(json, "role"); role_said != role)
    problems.push_back(
        {"evidence-damaged", fmt::format("{}: it is the report of {}", name, role_said.value_or("nobody"))});
  if (const auto run_said = member<std::string>(json, "run"); run_said && !run_said->empty() && *run_said != run)
    problems.push_back({"evidence-damaged", fmt::format("{}: it is of the run {}", name, *run_said)});
  if (json.contains("samples") && json["samples"].is_array()) {
    for (const Json& s : json["samples"]) {
      if (member<std::string>(s, "at") == "half") f.mptcp_half = member<bool>(s, "is_mptcp");
      if (member<std::string>(s, "at") == "end") f.mptcp_end = member<bool>(s, "is_mptcp");
    }
  }
  if (json.contains("counters") && json["counters"].is_object() && json["counters"].contains("delta") &&
      json["counters"]["delta"].is_object()) {
    for (const auto& [key, value] : json["counters"]["delta"].items())
      if (value.is_number_integer()) f.counters[key] = value.get<int64_t>();
  }
  read_received(folder, run + "/" + role + ".received", f, problems);
  return f;
}

std::vector<BoxFacts> read_boxes(const std::string& folder, const std::string& run, std::vector<Problem>& problems) {
  std::vector<BoxFacts> all;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(folder) / run, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("box-") && name.ends_with(".json")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& file : names) {
    const std::string name = run + "/" + file;
    const Json json = read_json(folder + "/" + name, name, problems);
    if (json.is_null()) continue;
    BoxFacts b;
    b.file = name;
    Reader r(json, name, problems);
    r.get("node", b.node);
    r.get("mode", b.mode);
    r.get("hits", b.hits);
    if (const auto said = member<std::string>(json, "run"); said != run)
      problems.push_back({"evidence-damaged", fmt::format("{}: it is of the run {}", name, said.value_or("nothing"))});
    if (json.contains("adapter") && json["adapter"].is_object()) {
      for (const auto& [key, value] : json["adapter"].items())
        if (value.is_number_unsigned()) b.adapter[key] = value.get<uint64_t>();
    }
    for (const char* key :
         {"queued", "overrun", "queue_dropped", "user_dropped", "inject_failed", "refused", "oversize"})
      if (!b.adapter.contains(key))
        problems.push_back({"evidence-damaged", fmt::format("{}: no adapter.{} in it", name, key)});
    if (json.contains("boxes") && json["boxes"].is_array())
      for (const Json& box : json["boxes"]) b.only.push_back(member<std::string>(box, "only").value_or(""));
    all.push_back(std::move(b));
  }
  return all;
}

std::map<std::string, InterfaceFacts> read_capture_report(const std::string& folder, const std::string& run,
                                                          std::vector<Problem>& problems) {
  std::map<std::string, InterfaceFacts> all;
  const std::string name = run + "/capture.json";
  const Json json = read_json(folder + "/" + name, name, problems);
  if (json.is_null()) return all;
  if (!json.is_object() || !json.contains("interfaces") || !json["interfaces"].is_array()) {
    problems.push_back({"evidence-damaged", name + ": no interfaces in it"});
    return all;
  }
  for (const Json& i : json["interfaces"]) {
    std::string interface;
    InterfaceFacts f;
    Reader r(i, name, problems);
    r.get("iface", interface);
    r.get("frames", f.frames);
    r.get("dropped", f.dropped);
    r.get("truncated", f.truncated);
    all[interface] = f;
  }
  return all;
}

}  // namespace gauntlet
