#include "util/process.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "util/error.hh"

namespace gauntlet {
namespace {

// glibc 2.36 declares these without extern "C".
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u)); }
int send_by_pidfd(int pidfd, int number) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0u));
}

struct Pipe {
  Fd read, write;
};

// Both ends above the standard streams, so that dup2() onto those always makes a new descriptor without close-on-exec.
Fd above_standard(int fd) {
  Fd low(fd);
  if (fd > 2) return low;
  return Fd(check("move a pipe above the standard streams", ::fcntl(fd, F_DUPFD_CLOEXEC, 3)));
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
  Pipe p;
  p.read = above_standard(ends[0]);
  p.write = above_standard(ends[1]);
  return p;
}

// What the child does between vfork and exec: system calls only, for it shares our memory, and our signal handlers
// would run in it. Returns when a step failed, with errno.
struct Prepared {
  std::array<int, 3> streams{-1, -1, -1};  // to become 0, 1, 2; -1: leave
  const Spawn& spawn;
  char* const* argv;
  char* const* environment;
  pid_t parent;
};

void become(const Prepared& p) {
  if (p.spawn.die_with_parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return;
    if (::getppid() != p.parent) ::raise(SIGKILL);  // it ended before the line above
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < 3; ++i) {
    if (p.streams[i] >= 0 && ::dup2(p.streams[i], i) < 0) return;
  }
  if (p.spawn.net_namespace >= 0 && ::setns(p.spawn.net_namespace, CLONE_NEWNET) < 0) return;
  if (!p.spawn.directory.empty() && ::chdir(p.spawn.directory.c_str()) < 0) return;
  if (p.spawn.own_group && ::setpgid(0, 0) < 0) return;
  if (::syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) < 0) return;  // whatever we ourselves inherited
  ::execvpe(p.argv[0], p.argv, p.environment);
}

// vfork: copying the page tables of a large process, and every page it writes afterwards, costs more than what is
// started.
pid_t start(const Prepared& p, int failure) {
  const pid_t pid = ::vfork();
  if (pid == 0) {
    become(p);
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(failure, &error, sizeof error);
    ::_exit(127);
  }
  return pid;
}

// Ours, with `added` instead of what has the same name.
std::vector<char*> environment_with(const std::vector<std::string>& added) {
  std::vector<char*> all;
  for (const std::string& variable : added) all.push_back(const_cast<char*>(variable.c_str()));
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view known(*at);
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& variable) {
      return known.starts_with(std::string_view(variable).substr(0, variable.find('=') + 1));
    });
    if (!replaced) all.push_back(*at);
  }
  all.push_back(nullptr);
  return all;
}

Exit exit_of(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? Exit{info.si_status, 0} : Exit{0, info.si_status};
}

}  // namespace

std::string to_text(Exit e) {
  return e.signal != 0 ? fmt::format("killed by signal {}", e.signal) : fmt::format("exit code {}", e.code);
}

Child::Child(const Spawn& spawn) {
  if (spawn.arguments.empty()) throw UsageError("start a process: no program named");
  std::vector<char*> argv;
  for (const std::string& a : spawn.arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const std::vector<char*> environment = environment_with(spawn.environment);

  const Fd null(above_standard(check("open /dev/null", ::open("/dev/null", O_RDWR | O_CLOEXEC))));
  Pipe in, out, err, failure = make_pipe();
  Prepared p{{-1, -1, -1}, spawn, argv.data(), environment.data(), ::getpid()};
  const auto choose = [&](int i, Stream stream, int file, Pipe& pipe) {
    if (file >= 0)
      p.streams[i] = file;
    else if (stream == Stream::null)
      p.streams[i] = null.get();
    else if (stream == Stream::pipe) {
      pipe = make_pipe();
      p.streams[i] = (i == 0 ? pipe.read : pipe.write).get();
    }
  };
  choose(0, spawn.in, -1, in);
  choose(1, spawn.out, spawn.out_fd, out);
  choose(2, spawn.err, spawn.err_fd, err);

  pid_ = check("fork for " + spawn.arguments[0], start(p, failure.write.get()));
  pidfd_ = Fd(check("open the pidfd of " + spawn.arguments[0], open_pidfd(pid_)));
  in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  failure.write.reset();
  int error = 0;
  ssize_t got;
  do got = ::read(failure.read.get(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  if (got == sizeof error) {
    reap();
    throw SystemError("start " + spawn.arguments[0], error);
  }
}

Child::~Child() {
  if (!pidfd_ || exit_) return;  // moved from, or reaped
  send_by_pidfd(pidfd_.get(), SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) < 0 && errno == EINTR) {
  }
}

void Child::signal(int number) {
  if (exit_) return;
  if (send_by_pidfd(pidfd_.get(), number) < 0 && errno != ESRCH) {
    throw SystemError(fmt::format("send signal {} to process {}", number, pid_), errno);
  }
}

void Child::reap() {
  siginfo_t info{};
  int rc;
  do rc = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
  while (rc < 0 && errno == EINTR);
  check(fmt::format("wait for process {}", pid_), rc);
  exit_ = exit_of(info);
}

std::optional<Exit> Child::wait(Duration limit) {
  if (exit_) return exit_;
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::max(Duration(0), Duration(end - std::chrono::steady_clock::now()));
    const timespec t{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd p{pidfd_.get(), POLLIN, 0};
    const int rc = ::ppoll(&p, 1, &t, nullptr);
    if (rc < 0 && errno == EINTR) continue;
    check(fmt::format("poll for the end of process {}", pid_), rc);
    if (rc == 0) return std::nullopt;
    reap();
    return exit_;
  }
}

Exit Child::wait() {
  if (!exit_) reap();
  return *exit_;
}

Exit Child::terminate(Duration grace) {
  signal(SIGTERM);
  if (const auto e = wait(grace)) return *e;
  signal(SIGKILL);
  return wait();
}

}  // namespace gauntlet
