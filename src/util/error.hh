// Three kinds of failure, three exits (README, "Exit codes"). "The peer sent junk" is none of them: that is a value.
#pragma once
#include <stdexcept>
#include <string>
#include <system_error>

namespace gauntlet {

// The person asked for something that cannot be: bad option, bad scenario file. The text names the remedy. Exit 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The machine or the harness refused: no privilege, no NFQUEUE, a child died. The text names the remedy. Exit 3.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A system call failed. what() names the attempt: "bind queue 7: Operation not permitted". Exit 3.
class SystemError : public std::system_error {
 public:
  SystemError(const std::string& attempt, int error) : std::system_error(error, std::generic_category(), attempt) {}
};

// Returns `rc`, or throws SystemError with errno when it is negative. Every system call goes through here, so the text
// alone locates the fault.
int check(const char* attempt, int rc);
int check(const std::string& attempt, int rc);
long check_size(const std::string& attempt, long rc);

}  // namespace gauntlet
