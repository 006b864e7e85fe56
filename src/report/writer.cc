#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "report/results.hh"
#include "util/error.hh"

namespace gauntlet {

ResultsWriter::ResultsWriter(const std::string& path) : path_(path) {
  // O_APPEND: after a crash and a partial line nothing written before is touched.
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0 && errno == EEXIST)
    throw UsageError(fmt::format("{}: results stand there already; give another --out or move them away", path));
  check("create " + path, fd_);
}

ResultsWriter::~ResultsWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void ResultsWriter::write(const Json& record) {
  // Names and errors of other programs may hold bytes that are no UTF-8: replaced, never fatal.
  const std::string line = record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (size_t done = 0; done < line.size();) {
    const ssize_t n = ::write(fd_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    done += static_cast<size_t>(check_size("write " + path_, n));
  }
}

}  // namespace gauntlet
