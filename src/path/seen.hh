// What is known about one packet when a box gets it: filled once per packet by the flow table, refreshed when a box changed the bytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "util/time.hh"
#include "wire/layout.hh"

namespace gauntlet {

enum class Direction : uint8_t { to_server, to_client };
inline Direction opposite(Direction d) { return d == Direction::to_server ? Direction::to_client : Direction::to_server; }
const char* name_of(Direction);   // "c2s", "s2c"

enum class Role : uint8_t { none, tcp, capable, join };   // by the options of the flow's first SYN

using FlowId = uint32_t;
inline constexpr FlowId kNoFlow = UINT32_MAX;             // not TCP, or a later fragment

// Segment classes (a packet may be of several: a data segment with FIN is `data` and `fin`) and the MPTCP subtypes it carries.
// The closed list of scenario files: syn synack ack3 data ack fin rst nonsyn any, mpc join dss add rm prio fail fclose tcprst.
enum Class : uint32_t {
  kClassSyn = 1u << 0,      // SYN without ACK
  kClassSynack = 1u << 1,
  kClassAck3 = 1u << 2,     // client's first segment after the SYN/ACK without payload: completes the handshake
  kClassData = 1u << 3,     // has payload
  kClassAck = 1u << 4,      // pure: ACK, no payload, no SYN, FIN or RST (the third ACK too)
  kClassFin = 1u << 5,
  kClassRst = 1u << 6,
  kClassNonsyn = 1u << 7,   // every segment without SYN
  kClassAny = 1u << 8,
  kClassMpc = 1u << 16,     // kClassMpc << subtype
  kClassJoin = 1u << 17,
  kClassDss = 1u << 18,
  kClassAdd = 1u << 19,
  kClassRm = 1u << 20,
  kClassPrio = 1u << 21,
  kClassFail = 1u << 22,
  kClassFclose = 1u << 23,
  kClassTcprst = 1u << 24,
};
using Classes = uint32_t;
Classes classes_named(std::string_view text);   // "data+ack" -> mask; throws UsageError with the closed list
std::string names_of(Classes);                  // "data+dss"

// Subflows of one MPTCP connection share one of these, linked by key and token. Values are 0 until seen.
struct Connection {
  uint32_t id = 0;                         // numbered from 1 as they appear
  uint64_t client_key = 0, server_key = 0;
  uint32_t client_token = 0, server_token = 0;
  uint32_t subflows = 0;
};

// Per-flow facts that boxes keep asking for. The sequence numbers are those on this side of the path.
struct FlowFacts {
  uint64_t serial = 0;                     // of this flow's life, from 1, never used again: state kept by FlowId checks it
  uint64_t heir_of = 0;                    // the life in which this one's SYN passed, when only its SYN/ACK showed that it began
  uint32_t isn[2] = {0, 0};                // by Direction of travel; valid when the bit below is set
  bool isn_known[2] = {false, false};
  Role role = Role::none;
};

struct Seen {
  Direction toward = Direction::to_server;
  Time now{};
  FlowId flow = kNoFlow;                   // stable for the flow's life; ids are reused only after the flow was forgotten
  Role role = Role::none;
  Classes classes = 0;
  uint32_t nth = 0;                        // of this flow and direction, from 1
  const FlowFacts* facts = nullptr;        // null with kNoFlow
  Connection* connection = nullptr;        // null until linked
  // An ICMP error that quotes a known TCP flow: that flow, which went the other way. `flow` stays kNoFlow.
  FlowId quoted = kNoFlow;
  const FlowFacts* quoted_facts = nullptr;
  bool stray = false;                      // a SYN or SYN/ACK of another connection than the one `facts` speak of: it may be
                                           // answered, but changes nothing here
  Layout layout;
  bool selected = true;                    // dir, when, nth, after, count and path all say: act. Boxes that must see every packet
                                           // of a flow (BoxEntry::sees_all) get the others too, with selected = false.
};

}  // namespace gauntlet
