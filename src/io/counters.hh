// The kernel's counters of the network namespace we are in, by the names the kernel gives them today.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "util/json.hh"

namespace gauntlet {

using Counters = std::map<std::string, int64_t, std::less<>>;  // signed: MPCurrEstab is a gauge

// Tcp of /proc/net/snmp, TcpExt and MPTcpExt of /proc/net/netstat, keys without the prefix. The MPTcpExt line appears
// with the namespace's first MPTCP socket: before that its names are missing. Throws SystemError when the file cannot
// be read.
Counters read_counters();

// One table "Prefix: name name ..." / "Prefix: value value ..." of a file in that form, added to `to`.
void add_counters(std::string_view text, std::string_view prefix, Counters& to);

Counters difference(const Counters& before,
                    const Counters& after);  // every name of `after`; what was missing before was 0
Json to_json(const Counters&);

}  // namespace gauntlet
