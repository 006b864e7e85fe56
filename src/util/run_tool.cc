#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>

#include "util/error.hh"
#include "util/event_loop.hh"
#include "util/process.hh"

namespace gauntlet {
namespace {

// Takes what is there; false at the end of the stream.
bool take(const Fd& from, std::string& into) {
  std::array<char, 4096> piece;
  const long got = check_size("read what a tool says", ::read(from.get(), piece.data(), piece.size()));
  into.append(piece.data(), static_cast<size_t>(got));
  return got > 0;
}

}  // namespace

Output collect(Child& child, const std::vector<std::string>& arguments, Duration limit) {
  Output result;
  EventLoop loop;
  const auto collect = [&](Fd& from, std::string& into) {
    loop.watch(from.get(), EventLoop::Ready::read, [&] {
      if (!take(from, into)) {
        loop.forget(from.get());
        from.reset();
      }
      return true;
    });
  };
  collect(child.out(), result.out);
  collect(child.err(), result.err);
  const auto end = std::chrono::steady_clock::now() + limit;
  while (child.out() || child.err()) {
    const Duration left = end - std::chrono::steady_clock::now();
    if (left <= Duration(0) || !loop.step(left)) break;
  }
  const auto exit = child.wait(std::max(Duration(0), Duration(end - std::chrono::steady_clock::now())));
  if (!exit) {
    throw EnvironmentError(fmt::format("{}: not finished after {} ms", fmt::join(arguments, " "),
                                       std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()));
  }
  result.exit = *exit;
  return result;
}

Output run_tool(std::vector<std::string> arguments, Duration limit, int net_namespace) {
  Spawn spawn;
  spawn.arguments = std::move(arguments);
  spawn.out = spawn.err = Stream::pipe;
  spawn.net_namespace = net_namespace;
  Child child(spawn);
  return collect(child, spawn.arguments, limit);
}

}  // namespace gauntlet
