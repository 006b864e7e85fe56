#include "util/error.hh"

#include <cerrno>

namespace gauntlet {

int check(const char* attempt, int rc) {
  if (rc < 0) throw SystemError(attempt, errno);
  return rc;
}

int check(const std::string& attempt, int rc) { return check(attempt.c_str(), rc); }

long check_size(const std::string& attempt, long rc) {
  if (rc < 0) throw SystemError(attempt, errno);
  return rc;
}

}  // namespace gauntlet
