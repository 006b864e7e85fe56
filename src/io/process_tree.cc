#include "io/process_tree.hh"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>

#include "util/error.hh"

namespace gauntlet {
namespace {

Spawn spawn_of(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
               const std::string& directory) {
  // Before the program starts: whoever it leaves behind becomes our child, not that of process 1.
  check("adopt orphans", ::prctl(PR_SET_CHILD_SUBREAPER, 1));
  Spawn spawn;
  spawn.arguments = arguments;
  spawn.environment = environment;
  spawn.directory = directory;
  spawn.out = Stream::pipe;
  spawn.own_group = true;
  return spawn;
}

// The parent in "PID (name) S PARENT ...": the name may hold blanks and brackets, so count from its end.
pid_t parent_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  const size_t end = line.rfind(')');
  pid_t parent = 0;
  if (end != std::string::npos && end + 4 < line.size())
    std::from_chars(line.data() + end + 4, line.data() + line.size(), parent);
  return parent;
}

std::vector<pid_t> our_children() {
  std::vector<pid_t> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string name = entry->d_name;
    pid_t pid = 0;
    std::from_chars(name.data(), name.data() + name.size(), pid);
    if (pid > 1 && parent_of(name) == ::getpid()) all.push_back(pid);
  }
  return all;
}

}  // namespace

ProcessTree::ProcessTree(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                         const std::string& directory)
    : child_(spawn_of(arguments, environment, directory)) {}

ProcessTree::~ProcessTree() {
  try {
    end(Duration(0));
  } catch (const std::exception&) {  // the destructor of child_ still kills the program itself
  }
}

void ProcessTree::ask_to_end() {
  if (!exited()) ::kill(-child_.pid(), SIGTERM);
}

Exit ProcessTree::end(Duration grace) {
  if (!ended_) {
    if (grace.count() > 0) {
      ask_to_end();
      child_.wait(grace);
    }
    // The group outlives its leader; while one is in it, no other process can have the number.
    ::kill(-child_.pid(), SIGKILL);
  }
  const Exit exit = child_.wait();
  if (!ended_) kill_orphans();
  ended_ = true;
  return exit;
}

// Only after the program itself is reaped: all children left are its orphans. Killing one may bring us its own.
void ProcessTree::kill_orphans() {
  for (int round = 0; round < 1000; ++round) {
    const std::vector<pid_t> left = our_children();
    if (left.empty()) return;
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    ::usleep(1000);
  }
}

}  // namespace gauntlet
