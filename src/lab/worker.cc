#include "lab/worker.hh"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "util/error.hh"

namespace gauntlet {
namespace {

std::string search_path() {
  const char* path = std::getenv("PATH");
  // An ordinary user's PATH often lacks the folders of ip and iptables.
  return std::string(path == nullptr ? "/usr/bin:/bin" : path) + ":/usr/sbin:/sbin";
}

Isolation isolation(const WorkerSettings& settings, const std::string& folder, int cpu) {
  Isolation out;
  out.cpu = cpu;
  // -B, -E, -s: writes no cache, reads no PYTHON variable, sees no packages of a user. Mininet belongs to this
  // interpreter.
  out.command = {"/usr/bin/python3", "-B", "-E", "-s", settings.lab_folder + "/worker.py"};
  out.directory = settings.results;
  out.log = folder + "/log/worker.log";
  const std::string path = search_path();
  out.keep = {settings.results, settings.lab_folder, std::filesystem::path(settings.binary).parent_path().string()};
  out.keep.insert(out.keep.end(), settings.keep.begin(), settings.keep.end());
  for (size_t from = 0; from <= path.size();) {
    const size_t colon = std::min(path.find(':', from), path.size());
    out.keep.push_back(path.substr(from, colon - from));
    from = colon + 1;
  }
  // Debian's setuptools replaces distutils, which Mininet imports: the standard one starts faster.
  out.environment = {"PATH=" + path, "LC_ALL=C.UTF-8", "TMPDIR=/tmp", "HOME=/tmp", "SETUPTOOLS_USE_DISTUTILS=stdlib"};
  return out;
}

}  // namespace

Worker::Worker(const WorkerSettings& settings, const std::string& folder, int cpu)
    : process_(start_isolated(isolation(settings, folder, cpu))) {
  begin(folder);
}

bool Worker::begin(const std::string& folder) {
  const std::string text = folder + "\n";
  if (::send(process_.input.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) {
    if (errno == EPIPE || errno == ECONNRESET) return false;
    throw SystemError("tell a worker its cell", errno);
  }
  done_ = again_ = false;
  phase_ = "start";
  took_.clear();
  errors_.clear();
  return true;
}

bool Worker::read() {
  std::array<char, 4096> piece;
  const ssize_t n = ::read(output(), piece.data(), piece.size());
  if (n <= 0) return false;
  buffer_.append(piece.data(), static_cast<size_t>(n));
  for (size_t end; (end = buffer_.find('\n')) != std::string::npos; buffer_.erase(0, end + 1))
    line(buffer_.substr(0, end));
  return true;
}

void Worker::line(const std::string& text) {
  const Json said = Json::parse(text, nullptr, false);
  if (said.is_discarded() || !said.is_object()) {
    errors_.push_back("worker-garbled: " + text);
  } else if (said.contains("error")) {
    errors_.push_back(said["error"].get<std::string>());
  } else if (said.contains("phase")) {
    phase_ = said["phase"].get<std::string>();
  } else if (said.contains("done")) {
    done_ = true;
    again_ = said.value("again", false);
    took_ = said["done"].dump();
  }
}

void Worker::finish() {
  if (process_.pid < 0) return;
  int status = 0;
  while (::waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) continue;
  process_.pid = -1;
  while (read()) continue;
  if (!done_ && errors_.empty())
    errors_.push_back(fmt::format("worker-died: in phase {}, {} {}; see log/worker.log", phase_,
                                  WIFEXITED(status) ? "exit code" : "signal",
                                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
}

}  // namespace gauntlet
