// An endpoint that is somebody else's program (docs/endpoint.md): started in place of ours, its report made of what it
// says, of its exit code, of the bytes it wrote to a file and of the kernel's counters. What it does not tell is null.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/endpoint.hh"

namespace gauntlet {

struct EndpointCommand {
  std::vector<std::string> arguments;  // with {placeholders}, not yet filled
  std::string directory;               // it works in; empty: ours
  bool control = false;                // end of our standard input ends it
};

// `[...]`: a JSON list of strings, each one argument. Anything else: words between blanks, without quotes. UsageError.
std::vector<std::string> parse_command(const std::string& text);

// Runs it to its end. A program that fails is a result, not an exception; one that cannot be started, or ends with 2,
// 3, 126 or 127, is an EnvironmentError. `listening` is called when a socket listens on a server's port. UsageError: an
// unknown placeholder, a server's port 0.
Json run_endpoint_command(const EndpointPlan& plan, const EndpointCommand& command,
                          const std::function<void(uint16_t port)>& listening = {});

// The arguments with {name} replaced; `values` are "name=value". A brace around anything but a word stays as it is.
std::vector<std::string> fill_command(std::vector<std::string> arguments, const std::vector<std::string>& values);

// A line of its standard output: an object that says something, or null (text for people).
Json said_in(std::string_view line);

}  // namespace gauntlet
