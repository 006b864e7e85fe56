// The streams of a run as files, for an endpoint that is somebody else's program.
#pragma once
#include <optional>
#include <string>

#include "io/endpoint.hh"
#include "payload/verifier.hh"

namespace gauntlet {

struct StreamFile {
  Payload payload;
  uint64_t size = 0;  // bytes, the preface included
};
StreamFile stream_sent(const EndpointPlan&);      // by this end
StreamFile stream_expected(const EndpointPlan&);  // from the other end

// "x/client.received" -> "x/client.send"; empty where the plan names no file for what is received.
std::string send_file(const EndpointPlan&);
void write_stream(const StreamFile&, const std::string& path);
// What the program wrote there, held against what was expected; nothing when it wrote no file.
std::optional<PayloadVerifier> verify_file(const StreamFile& expected, const std::string& path);

}  // namespace gauntlet
