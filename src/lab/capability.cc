#include "lab/capability.hh"

#include <fmt/core.h>
#include <poll.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

Capability found(std::string name, std::string detail) { return {std::move(name), true, std::move(detail), "", true}; }
Capability missing(std::string name, std::string detail, std::string remedy) {
  return {std::move(name), false, std::move(detail), std::move(remedy), true};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Mininet belongs to /usr/bin/python3; another python3 may stand first in PATH.
Capability mininet() {
  const char* remedy = "apt-get install --no-install-recommends mininet";
  try {
    const Output said =
        run_tool({"/usr/bin/python3", "-B", "-E", "-s", "-c", "import mininet.net; print(mininet.net.VERSION)"},
                 std::chrono::minutes(1));  // a machine that is busy with other things is no machine without Mininet
    if (said.exit.ok()) return found("mininet", "Mininet " + first_line(said.out) + " under /usr/bin/python3");
    return missing("mininet", "/usr/bin/python3 cannot import mininet", remedy);
  } catch (const std::exception& e) {
    return missing("mininet", e.what(), remedy);
  }
}

Capability tool(const std::string& name, const std::string& package) {
  const char* path = std::getenv("PATH");
  std::string folders = std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/sbin:/sbin";
  for (size_t from = 0; from <= folders.size();) {
    const size_t colon = std::min(folders.find(':', from), folders.size());
    const std::string file = folders.substr(from, colon - from) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return found(name, file);
    from = colon + 1;
  }
  return missing(name, "not found", "apt-get install " + package);
}

Capability kernel() {
  utsname u{};
  ::uname(&u);
  return found("kernel", u.release);
}

// Runs `gauntlet doctor --inside` where a worker would run, and takes its lines.
std::vector<Capability> inside(const std::string& binary) {
  std::vector<Capability> out;
  try {
    const std::string folder = std::filesystem::path(binary).parent_path().string();
    Isolated probe = start_isolated({.command = {binary, "doctor", "--inside"},
                                     .directory = "/",
                                     .log = "/dev/null",
                                     .keep = {folder},
                                     .environment = {}});
    pollfd ended{probe.pidfd.get(), POLLIN, 0};
    const bool in_time = ::poll(&ended, 1, 20'000) == 1;
    if (!in_time) probe.lifeline.reset();
    int status = 0;
    ::waitpid(probe.pid, &status, 0);
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t n; (n = ::read(probe.output.get(), piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<size_t>(n));
    for (size_t from = 0, end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      const Json line = Json::parse(text.substr(from, end - from), nullptr, false);
      if (line.is_discarded()) continue;
      if (line.contains("error")) {
        out.push_back(missing("namespaces", line["error"].get<std::string>(),
                              "run as root, or outside a container that masks /proc or forbids mounts"));
        return out;
      }
      out.push_back({line["name"], line["ok"], line["detail"], line["remedy"], line["needed"]});
    }
    if (out.empty() || !in_time)
      out.insert(out.begin(), missing("namespaces", "the probe inside them ended early", "run as root"));
    else
      out.insert(out.begin(),
                 found("namespaces", may_make_namespaces() ? "PID, mount and network, as root"
                                                           : "user, PID, mount and network, as an ordinary user"));
  } catch (const std::exception& e) {
    out.push_back(missing("namespaces", e.what(), "see the message"));
  }
  return out;
}

}  // namespace

std::vector<Capability> capabilities(const std::string& binary) {
  std::vector<Capability> out{kernel(),
                              mininet(),
                              tool("mnexec", "mininet"),
                              tool("ip", "iproute2"),
                              tool("iptables", "iptables"),
                              tool("ip6tables", "iptables")};
  for (Capability& c : inside(binary)) out.push_back(std::move(c));
  return out;
}

Json to_json(const Capability& c) {
  return {{"name", c.name}, {"ok", c.ok}, {"detail", c.detail}, {"remedy", c.remedy}, {"needed", c.needed}};
}

}  // namespace gauntlet
