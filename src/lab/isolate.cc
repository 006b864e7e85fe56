#include "lab/isolate.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "lab/private_mounts.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

void write_file(const char* path, const std::string& text) {
  const Fd file(check(std::string("open ") + path, ::open(path, O_WRONLY | O_CLOEXEC)));
  check_size(std::string("write ") + path, ::write(file.get(), text.data(), text.size()));
}

// An ordinary user becomes root of the namespaces; one user is mapped, so nothing inside can change user.
void map_user(uid_t uid, gid_t gid) {
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid));
  write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid));
}

// The network namespaces made in ours get tables of TCP connections of their own instead of the machine's, whose every
// bucket /proc/net/tcp walks through. Linux 6.1; before it: nothing.
void give_children_own_tcp_tables() {
  const Fd file(::open("/proc/sys/net/ipv4/tcp_child_ehash_entries", O_WRONLY | O_CLOEXEC));
  if (file) (void)!::write(file.get(), "8192", 4);
}

[[noreturn]] void run_command(const Isolation& isolation, int input, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  const int log = ::open(isolation.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log >= 0) ::dup2(log, STDERR_FILENO);
  for (const std::string& variable : isolation.environment) {
    const size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  std::vector<char*> arguments;
  for (const std::string& a : isolation.command) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  if (::chdir(isolation.directory.c_str()) == 0) ::execv(arguments[0], arguments.data());
  const std::string text =
      fmt::format("{{\"error\":\"worker-not-started: {}: errno {}\"}}\n", isolation.command[0], errno);
  (void)!::write(STDOUT_FILENO, text.data(), text.size());
  ::_exit(127);
}

// Process 1: waits for the command and for orphans, and for the end of the lifeline.
[[noreturn]] void be_init(const Isolation& isolation, int input, int output, int lifeline, uid_t uid, gid_t gid,
                          bool user) {
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    check("start a session", ::setsid());
    // Inherited descriptors, most of all the lifelines of other workers, are the runner's business.
    std::array<int, 3> mine{check("dup output", ::fcntl(output, F_DUPFD, 1000)),
                            check("dup lifeline", ::fcntl(lifeline, F_DUPFD, 1000)),
                            check("dup input", ::fcntl(input, F_DUPFD, 1000))};
    check("close inherited descriptors", static_cast<int>(::syscall(SYS_close_range, 3, 999, 0)));
    output = check("output", ::fcntl(mine[0], F_DUPFD_CLOEXEC, 3));
    lifeline = check("lifeline", ::fcntl(mine[1], F_DUPFD_CLOEXEC, 3));
    input = check("input", ::fcntl(mine[2], F_DUPFD_CLOEXEC, 3));
    check("close inherited descriptors", static_cast<int>(::syscall(SYS_close_range, 1000, ~0u, 0)));
    if (isolation.cpu >= 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(static_cast<size_t>(isolation.cpu), &one);
      check("run on one CPU", ::sched_setaffinity(0, sizeof one, &one));
    }
    const rlimit files{4096, 4096};  // mnexec, which some steps of a cell use, closes every possible one
    check("limit open files", ::setrlimit(RLIMIT_NOFILE, &files));
    if (user) map_user(uid, gid);
    make_mounts_private(isolation.keep);
    give_children_own_tcp_tables();

    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &child, nullptr);
    const int signals = check("watch children", ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    const pid_t command = check("fork", ::fork());
    if (command == 0) run_command(isolation, input, output);
    ::close(output);
    ::close(input);
    for (;;) {
      std::array<pollfd, 2> ready{{{signals, POLLIN, 0}, {lifeline, POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      if (ready[1].revents != 0) ::_exit(125);
      signalfd_siginfo info{};
      while (::read(signals, &info, sizeof info) > 0) continue;
      int status = 0;
      for (pid_t gone; (gone = ::waitpid(-1, &status, WNOHANG)) > 0;)
        if (gone == command) ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
    }
  } catch (const std::exception& e) {
    const std::string text = fmt::format("{{\"error\":\"namespace: {}\"}}\n", e.what());
    (void)!::write(output, text.data(), text.size());
    ::_exit(124);
  }
}

}  // namespace

bool may_make_namespaces() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  return ((data[0].effective >> CAP_SYS_ADMIN) & 1) != 0;
}

Isolated start_isolated(const Isolation& isolation) {
  std::array<int, 2> input{}, output{}, lifeline{};
  check("socketpair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()));
  Fd in_read(input[0]), in_write(input[1]);
  check("pipe", ::pipe2(output.data(), O_CLOEXEC));
  Fd out_read(output[0]), out_write(output[1]);
  check("pipe", ::pipe2(lifeline.data(), O_CLOEXEC));
  Fd life_read(lifeline[0]), life_write(lifeline[1]);
  check("set non-blocking", ::fcntl(out_read.get(), F_SETFL, O_NONBLOCK));

  const bool user = !may_make_namespaces();
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_PIDFD;
  if (user) args.flags |= CLONE_NEWUSER;
  args.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  const pid_t pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
  if (pid == 0) be_init(isolation, in_read.get(), out_write.get(), life_read.get(), uid, gid, user);
  if (pid < 0)
    throw EnvironmentError(fmt::format("cannot make namespaces (errno {}): {}", errno,
                                       user ? "allow user namespaces (sysctl user.max_user_namespaces above 0, and "
                                              "kernel.unprivileged_userns_clone=1 where it exists) or run as root"
                                            : "run as root with CAP_SYS_ADMIN, outside a restricted container"));
  return {pid, Fd(pidfd), std::move(in_write), std::move(out_read), std::move(life_write)};
}

}  // namespace gauntlet
