#include <fmt/core.h>
#include <sys/socket.h>

#include "io/endpoint_schedule.hh"
#include "io/endpoint_state.hh"

namespace gauntlet {
namespace {

const char* name_of(EndpointPhase phase) {
  switch (phase) {
    case EndpointPhase::connect:
      return "connect";
    case EndpointPhase::accept:
      return "accept";
    case EndpointPhase::subflows:
      return "subflows";
    case EndpointPhase::transfer:
      return "transfer";
    case EndpointPhase::close:
      return "close";
    case EndpointPhase::done:
      break;
  }
  return "done";
}

int64_t ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t b : bytes) text += fmt::format("{:02x}", b);
  return text;
}

Json first_wrong_json(const PayloadVerifier& verifier, const Payload& expected) {
  const auto wrong = verifier.first_wrong();
  if (!wrong) return nullptr;
  Json result{{"offset", wrong->offset}, {"got_hex", hex(wrong->got)}, {"belongs_to", nullptr}};
  if (!wrong->origin) return result;
  const PayloadOrigin& origin = *wrong->origin;
  Json from{{"at", origin.at}, {"belongs_to", origin.belongs_to}};
  if (origin.stream != expected)
    from["stream"] = fmt::format("{} {:08x}", gauntlet::name_of(origin.stream.direction), origin.stream.tag);
  if (origin.at == wrong->offset && origin.stream == expected)
    result["belongs_to"] = origin.belongs_to;
  else
    result["then"] = from;
  return result;
}

}  // namespace

const char* name_of(EndpointLoad load) {
  return load == EndpointLoad::paced ? "paced" : load == EndpointLoad::bulk ? "bulk" : "pingpong";
}

Json report_of(const EndpointPlan& plan, const EndpointState& s, const PayloadVerifier& verifier) {
  const Payload expected{plan.server ? StreamDirection::c2s : StreamDirection::s2c, plan.tag};
  Json r;
  r["report"] = "endpoint";
  r["role"] = plan.server ? "server" : "client";
  r["proto"] = plan.mptcp ? "mptcp" : "tcp";
  r["family"] = s.family == AF_INET6 ? "ipv6" : "ipv4";
  r["run"] = plan.run;
  r["port"] = s.port;
  r["phase"] = name_of(s.phase);
  r["result"] = s.result;
  r["errno"] = s.error_number;
  r["error"] = s.error;
  r["sent"] = s.sent;
  r["send_total"] = s.send_total;
  r["received"] = verifier.received();
  r["receive_total"] = s.receive_total;
  r["first_wrong"] = first_wrong_json(verifier, expected);
  r["wrong_bytes"] = verifier.wrong_bytes();
  r["eof"] = s.eof;
  r["close"] = s.close;
  r["elapsed_ms"] = ms(s.elapsed);
  r["longest_stall_ms"] = ms(s.longest_stall);
  r["stalled"] = s.result == "stalled";
  r["subflows_wanted"] = plan.mptcp ? plan.subflows : 1;
  r["subflows_seen"] = s.subflows_seen;
  r["subflows_waited_ms"] = ms(s.subflows_waited);
  r["extra_connections"] = s.extra_connections;
  r["load"] = gauntlet::name_of(plan.load);
  r["write"] = write_size(plan);
  r["congestion"] = plan.congestion;
  r["actions"] = s.actions;
  r["sockets"] = s.sockets;
  r["samples"] = s.samples;
  r["events"] = s.events;
  r["counters"] = {
      {"before", to_json(s.before)}, {"after", to_json(s.after)}, {"delta", to_json(difference(s.before, s.after))}};
  r["sockets_gone"] = s.sockets_gone;
  r["received_file"] = plan.received;
  return r;
}

}  // namespace gauntlet
