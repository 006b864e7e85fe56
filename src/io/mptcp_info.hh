// What the kernel says about an MPTCP socket: TCP_IS_MPTCP, MPTCP_INFO, MPTCP_FULL_INFO. The structures grow with the
// kernel, which says how much it filled: fields are decoded by a table of names, and one it did not fill is not there.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "util/json.hh"

namespace gauntlet {

bool is_mptcp(int fd);  // false after any fallback: the one sure sign of it

// Fields by their names in linux/mptcp.h; null when the socket does not speak MPTCP (any more).
Json read_mptcp_info(int fd);
// {"num_subflows", "subflows": [{"id", "local", "remote", "tcp_info": {...}}]}; addresses as "192.0.2.1:80",
// "[2001:db8::1]:80".
Json read_full_info(int fd);

// Subflows whose TCP state is ESTABLISHED; without MPTCP_FULL_INFO (before Linux 6.5) those that MPTCP_INFO counts. 0:
// not MPTCP.
unsigned established_subflows(int fd);

// {"at", "ms", "is_mptcp", "mptcp_info", "full_info"}
Json sample_socket(int fd, const std::string& at, int64_t ms);

// A field of a kernel structure. Bits: a bit field, `offset` is that of its byte.
struct KernelField {
  const char* name;
  uint16_t offset, size;        // bytes: 1, 2, 4 or 8
  uint8_t shift = 0, bits = 0;  // bits 0: the whole field
};
std::span<const KernelField> mptcp_info_fields();
std::span<const KernelField> tcp_info_fields();
Json decode(std::span<const KernelField> fields, std::span<const uint8_t> bytes);  // fields that lie in `bytes`

}  // namespace gauntlet
