// The iptables and ip6tables rules that feed a queue, for as long as this object lives, and no longer when the process
// is killed: a guardian process, which waits for our end of a pipe to close, takes the rules away in every case.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "util/fd.hh"

namespace gauntlet {

class QueueRule {
 public:
  // `words`: "[-t TABLE] CHAIN [MATCH...]", such as "FORWARD -p tcp". Inserted first in its chain, never with
  // --queue-bypass. Throws UsageError for words it cannot use, EnvironmentError with what the tools said when neither
  // family takes the rule.
  QueueRule(const std::string& words, uint16_t queue);
  ~QueueRule();
  QueueRule(const QueueRule&) = delete;
  QueueRule& operator=(const QueueRule&) = delete;

  void remove();  // returns when the rules are gone; throws EnvironmentError when they are not
  const std::string& warning() const { return warning_; }  // one family did not take the rule: what its tool said

 private:
  void start_guardian();
  [[noreturn]] void guard(int pipe);
  bool take_away() const;

  std::vector<std::vector<std::string>> rules_;  // per family: tool, table, then chain and specification
  Fd alive_;                                     // our end of the guardian's pipe
  pid_t guardian_ = -1;
  std::string warning_;
};

}  // namespace gauntlet
