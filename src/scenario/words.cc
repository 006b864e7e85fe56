#include "scenario/words.hh"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "scenario/scenario.hh"

namespace gauntlet {
namespace {

constexpr std::array kOutcomes = {"preserved",     "fallback-handshake", "fallback-first", "fallback-late",
                                  "fallback-fail", "join-refused",       "subflow-reset",  "abort",
                                  "stall"};
constexpr std::array kStrengths = {"MUST", "SHOULD", "MAY", "DESC", "UNSPEC"};
constexpr std::array kLoads = {"paced", "bulk", "pingpong"};
constexpr std::array kHooks = {"pre", "post", "local"};

template <typename Enum, size_t N>
std::optional<Enum> named(const std::array<const char*, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (name == names[i]) return static_cast<Enum>(i);
  return std::nullopt;
}

template <size_t N>
std::vector<std::string> list(const std::array<const char*, N>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

const char* name_of(Outcome o) { return kOutcomes[static_cast<size_t>(o)]; }
const char* name_of(Strength s) { return kStrengths[static_cast<size_t>(s)]; }
const char* name_of(Load l) { return kLoads[static_cast<size_t>(l)]; }
const char* name_of(Hook h) { return kHooks[static_cast<size_t>(h)]; }
std::optional<Outcome> outcome_named(std::string_view n) { return named<Outcome>(kOutcomes, n); }
std::optional<Strength> strength_named(std::string_view n) { return named<Strength>(kStrengths, n); }
std::optional<Load> load_named(std::string_view n) { return named<Load>(kLoads, n); }
std::optional<Hook> hook_named(std::string_view n) { return named<Hook>(kHooks, n); }

const std::vector<std::string>& outcome_words() {
  static const auto words = list(kOutcomes);
  return words;
}

const std::vector<std::string>& strength_words() {
  static const auto words = list(kStrengths);
  return words;
}

const std::vector<std::string>& segment_words() {
  static const std::vector<std::string> words(kClassWords.begin(), kClassWords.end());
  return words;
}

const std::vector<std::string>& difference_words() {
  static const std::vector<std::string> words = {"dropped",
                                                 "injected",
                                                 "duplicated",
                                                 "reordered",
                                                 "delayed",
                                                 "addr_rewritten",
                                                 "port_rewritten",
                                                 "ttl_delta",
                                                 "ip_id_rewritten",
                                                 "dscp_ecn_changed",
                                                 "isn_shift",
                                                 "seq_shift_from",
                                                 "ack_shift",
                                                 "sack_not_shifted",
                                                 "window_changed",
                                                 "wscale_changed",
                                                 "mss_clamped",
                                                 "flags_changed",
                                                 "removed",
                                                 "nopped",
                                                 "eoled",
                                                 "truncated_after_eol",
                                                 "option_reordered",
                                                 "value_changed",
                                                 "copied_to_pieces",
                                                 "lost_in_merge",
                                                 "added",
                                                 "split",
                                                 "merged",
                                                 "resegmented",
                                                 "changed",
                                                 "inserted",
                                                 "deleted",
                                                 "checksum_broken",
                                                 "rst_injected",
                                                 "proxy_acked",
                                                 "syn_blocked"};
  return words;
}

const std::vector<std::string>& counter_words() {
  static const std::vector<std::string> words = {"TW",  // TcpExt: subflows that ended in TIME-WAIT
                                                 "MPCapableSYNRX",
                                                 "MPCapableSYNTX",
                                                 "MPCapableSYNACKRX",
                                                 "MPCapableACKRX",
                                                 "MPCapableFallbackACK",
                                                 "MPCapableFallbackSYNACK",
                                                 "MPCapableSYNTXDrop",
                                                 "MPCapableSYNTXDisabled",
                                                 "MPCapableEndpAttempt",
                                                 "MPCapableDataFallback",
                                                 "MPFallbackTokenInit",
                                                 "Blackhole",
                                                 "MD5SigFallback",
                                                 "SimultConnectFallback",
                                                 "MPJoinNoTokenFound",
                                                 "MPJoinSynRx",
                                                 "MPJoinSynBackupRx",
                                                 "MPJoinSynAckRx",
                                                 "MPJoinSynAckBackupRx",
                                                 "MPJoinSynAckHMacFailure",
                                                 "MPJoinAckRx",
                                                 "MPJoinAckHMacFailure",
                                                 "MPJoinRejected",
                                                 "MPJoinSynTx",
                                                 "MPJoinSynTxCreatSkErr",
                                                 "MPJoinSynTxBindErr",
                                                 "MPJoinSynTxConnectErr",
                                                 "MPJoinPortSynRx",
                                                 "MPJoinPortSynAckRx",
                                                 "MPJoinPortAckRx",
                                                 "MismatchPortSynRx",
                                                 "MismatchPortAckRx",
                                                 "DSSNotMatching",
                                                 "DSSCorruptionFallback",
                                                 "DSSCorruptionReset",
                                                 "InfiniteMapTx",
                                                 "InfiniteMapRx",
                                                 "DSSNoMatchTCP",
                                                 "DataCsumErr",
                                                 "DssFallback",
                                                 "FallbackFailed",
                                                 "NoDSSInWindow",
                                                 "DuplicateData",
                                                 "OFOQueueTail",
                                                 "OFOQueue",
                                                 "OFOMerge",
                                                 "MPTCPRetrans",
                                                 "WinProbe",
                                                 "AddAddr",
                                                 "AddAddrTx",
                                                 "AddAddrTxDrop",
                                                 "AddAddrDrop",
                                                 "EchoAdd",
                                                 "EchoAddTx",
                                                 "EchoAddTxDrop",
                                                 "PortAdd",
                                                 "RmAddr",
                                                 "RmAddrDrop",
                                                 "RmAddrTx",
                                                 "RmAddrTxDrop",
                                                 "RmSubflow",
                                                 "MPPrioTx",
                                                 "MPPrioRx",
                                                 "MPFailTx",
                                                 "MPFailRx",
                                                 "MPFastcloseTx",
                                                 "MPFastcloseRx",
                                                 "MPRstTx",
                                                 "MPRstRx",
                                                 "SubflowStale",
                                                 "SubflowRecover",
                                                 "SndWndShared",
                                                 "RcvWndShared",
                                                 "RcvWndConflictUpdate",
                                                 "RcvWndConflict",
                                                 "MPCurrEstab"};
  return words;
}

const std::vector<std::string>& axis_words(const std::string& axis) {
  static const std::map<std::string, std::vector<std::string>> words = {{"family", {"ipv4", "ipv6"}},
                                                                        {"checksum", {"cs00", "cs11", "cs10", "cs01"}},
                                                                        {"paths", {"1", "2"}},
                                                                        {"path", {"p1", "p2", "all"}},
                                                                        {"dir", {"c2s", "s2c", "both"}},
                                                                        {"when", segment_words()},
                                                                        {"timing", {"always", "first", "once", "late"}},
                                                                        {"load", list(kLoads)},
                                                                        {"endpoint", {"kernel"}}};
  static const std::vector<std::string> none;
  const auto found = words.find(axis);
  return found == words.end() ? none : found->second;
}

}  // namespace gauntlet
