// A client and a server namespace joined by two paths, and endpoints as child processes in them.
#pragma once
#include <sys/types.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "io/endpoint.hh"
#include "io/net_namespace.hh"
#include "util/fd.hh"

namespace gauntlet {

// Paths 1 and 2: client 192.0.2.1 / .33, server 192.0.2.2 / .34 on two /27; the same in 2001:db8:1:: and 2001:db8:2::.
// The client has an MPTCP endpoint of kind `subflow` for path 2 in both families.
struct TwoPaths {
  TwoPaths();
  NetNamespace client, server;
};

// Runs `what` in a child process inside `where`; what it returns is read by `answer`.
class InChild {
 public:
  InChild(const NetNamespace& where, const std::function<std::string(int report_fd)>& what);
  ~InChild();  // killed if it is still there
  InChild(const InChild&) = delete;
  InChild& operator=(const InChild&) = delete;
  std::string line();  // the next line it writes to report_fd
  std::string rest();  // everything up to its end
  void signal(int number) const;

 private:
  pid_t pid_ = -1;
  Fd pipe_;
  std::string pending_;
};

// An endpoint: its listening line first when it serves, then its report.
class Endpoint {
 public:
  Endpoint(const NetNamespace& where, const EndpointPlan& plan);
  uint16_t wait_until_listening();
  Json report();  // {"exception": text} when run_endpoint threw
  void signal(int number) const { child_.signal(number); }

 private:
  InChild child_;
};

EndpointPlan server_plan();                   // 192.0.2.2 port 5000, 50 kB each way, paced, short limits
EndpointPlan client_of(EndpointPlan server);  // the other end of it
struct Reports {
  Json client, server;
};
Reports run_pair(const TwoPaths& net, const EndpointPlan& server);
Reports run_pair(const TwoPaths& net, const EndpointPlan& server, const EndpointPlan& client);

}  // namespace gauntlet
