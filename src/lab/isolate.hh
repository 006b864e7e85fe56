// A process tree of its own: PID, mount, network and IPC namespaces, plus a user namespace when the runner may not make
// those itself. Process 1 of it is a small init that waits; it ends, and the kernel ends everything in it, when the
// command ends, when the lifeline is closed, or when the runner dies (`kill -9` included).
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "util/fd.hh"

namespace gauntlet {

struct Isolation {
  std::vector<std::string> command;      // [0] is an absolute path
  std::string directory;                 // working directory of the command
  std::string log;                       // file its standard error is appended to
  std::vector<std::string> keep;         // folders that stay visible although /tmp and /run become private and empty
  int cpu = -1;                          // everything inside runs on this one; -1: on any
  std::vector<std::string> environment;  // NAME=value, on top of ours
};

struct Isolated {
  pid_t pid = -1;
  Fd pidfd;     // readable when the init has ended
  Fd input;     // a socket: the command's standard input
  Fd output;    // its standard output, non-blocking; set-up errors arrive here as {"error":"..."}
  Fd lifeline;  // close it: everything inside is gone
};

Isolated start_isolated(const Isolation&);  // throws EnvironmentError, with the remedy, when namespaces are refused

bool may_make_namespaces();  // CAP_SYS_ADMIN here; without it a user namespace is needed

}  // namespace gauntlet
