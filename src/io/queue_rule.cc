#include "io/queue_rule.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

#include "util/error.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

// tool -w -t TABLE ACTION CHAIN SPECIFICATION...
std::vector<std::string> with_action(const std::vector<std::string>& rule, const char* action) {
  std::vector<std::string> words(rule.begin(), rule.begin() + 4);
  words.emplace_back(action);
  words.insert(words.end(), rule.begin() + 4, rule.end());
  return words;
}

}  // namespace

QueueRule::QueueRule(const std::string& text, uint16_t queue) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string w; in >> w;) words.push_back(w);
  std::string table = "filter";
  if (words.size() >= 2 && words[0] == "-t") {
    table = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.empty() || words[0].starts_with("-")) {
    throw UsageError(fmt::format("queue rule '{}': begin with the chain, such as 'FORWARD -p tcp'", text));
  }
  for (const std::string& w : words) {
    if (w == "-j" || w == "--jump" || w == "-g" || w == "--queue-bypass") {
      throw UsageError(fmt::format("queue rule '{}': only a chain and what to match; the target is the queue", text));
    }
  }
  for (const char* tool : {"iptables", "ip6tables"}) {
    std::vector<std::string> rule{tool, "-w", "-t", table};
    rule.insert(rule.end(), words.begin(), words.end());
    for (const std::string& w :
         {std::string("-j"), std::string("NFQUEUE"), std::string("--queue-num"), std::to_string(queue)}) {
      rule.push_back(w);
    }
    rules_.push_back(std::move(rule));
  }
  start_guardian();  // before the first rule: whenever we end, somebody is there to take them away
  std::vector<std::vector<std::string>> added;
  for (const auto& rule : rules_) {
    const Output o = run_tool(with_action(rule, "-I"));
    if (o.exit.ok())
      added.push_back(rule);
    else
      warning_ += fmt::format("{}: {}", rule[0], o.err);
  }
  if (added.empty()) {
    const std::string why = warning_;
    alive_.reset();
    ::waitpid(guardian_, nullptr, 0);
    throw EnvironmentError("add the queue rule: " + why);
  }
}

void QueueRule::start_guardian() {
  std::array<int, 2> ends{};
  check("make the guardian's pipe", ::pipe2(ends.data(), O_CLOEXEC));
  Fd theirs(ends[0]);
  alive_ = Fd(ends[1]);
  guardian_ = check("start the guardian of the queue rule", ::fork());
  if (guardian_ == 0) guard(theirs.get());
}

// A session of its own: neither Ctrl-C nor a closing terminal ends it before its work is done. It keeps nothing of ours
// open, the queue's socket above all: the queue would stay bound.
void QueueRule::guard(int pipe) {
  ::setsid();
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(s, SIG_IGN);
  ::dup2(pipe, 3);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  ::syscall(SYS_close_range, 4u, ~0u, 0u);
  char byte;
  while (::read(3, &byte, 1) < 0 && errno == EINTR) {
  }
  bool done = false;
  try {
    done = take_away();
  } catch (const std::exception&) {
  }
  ::_exit(done ? 0 : 1);
}

// -D succeeds while there is such a rule. Ours were inserted once; a family that refused them has none.
bool QueueRule::take_away() const {
  bool any = false;
  for (const auto& rule : rules_) any = run_tool(with_action(rule, "-D")).exit.ok() || any;
  return any;
}

void QueueRule::remove() {
  if (guardian_ < 0) return;
  alive_.reset();
  int status = 0;
  while (::waitpid(guardian_, &status, 0) < 0 && errno == EINTR) {
  }
  guardian_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw EnvironmentError("take the queue rule away: iptables -D failed; look for it with iptables -S");
  }
}

QueueRule::~QueueRule() {
  try {
    remove();
  } catch (const std::exception& e) {
    fmt::print(stderr, "gauntlet: {}\n", e.what());
  }
}

}  // namespace gauntlet
