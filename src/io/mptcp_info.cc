#include "io/mptcp_info.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

// Newer than the headers of Debian 12.
constexpr int kSolMptcp = 284, kTcpIsMptcp = 43, kMptcpInfo = 1, kMptcpFullInfo = 4;
constexpr size_t kSubflows = 32;  // more are counted, not listed
constexpr size_t kTcpInfoRoom = 512, kMptcpInfoRoom = 256;
constexpr uint8_t kEstablished = 1;  // TCP_ESTABLISHED

struct SubflowInfo {  // struct mptcp_subflow_info
  uint32_t id;
  alignas(8) sockaddr_storage local;
  sockaddr_storage remote;
};
static_assert(sizeof(SubflowInfo) == 264);

struct FullInfo {  // struct mptcp_full_info; *_kernel and num_subflows are answers
  uint32_t size_tcpinfo_kernel, size_tcpinfo_user, size_sfinfo_kernel, size_sfinfo_user, num_subflows, size_arrays_user;
  uint64_t subflow_info, tcp_info;  // addresses of our arrays
  std::array<uint8_t, kMptcpInfoRoom> mptcp_info;
};
constexpr socklen_t kFullInfoHead = 40;  // without mptcp_info
static_assert(offsetof(FullInfo, mptcp_info) == kFullInfoHead);

struct Full {
  FullInfo head{};
  std::array<SubflowInfo, kSubflows> subflows{};
  std::array<uint8_t, kSubflows * kTcpInfoRoom> tcp{};
  size_t tcp_size = 0, count = 0;
  std::span<const uint8_t> tcp_info(size_t i) const { return std::span(tcp).subspan(i * tcp_size, tcp_size); }
};

bool read_full(int fd, Full& f) {
  f.head.size_tcpinfo_user = kTcpInfoRoom;
  f.head.size_sfinfo_user = sizeof(SubflowInfo);
  f.head.size_arrays_user = kSubflows;
  f.head.subflow_info = reinterpret_cast<uint64_t>(f.subflows.data());
  f.head.tcp_info = reinterpret_cast<uint64_t>(f.tcp.data());
  socklen_t size = sizeof f.head;
  if (::getsockopt(fd, kSolMptcp, kMptcpFullInfo, &f.head, &size) < 0 || size < kFullInfoHead) return false;
  // The kernel lowers the sizes we offer to its own; that is also the distance from one element to the next.
  f.tcp_size = std::min<size_t>(f.head.size_tcpinfo_user, kTcpInfoRoom);
  if (f.head.size_sfinfo_user != sizeof(SubflowInfo) || f.tcp_size == 0) return false;
  f.count = std::min<size_t>(f.head.num_subflows, kSubflows);
  return true;
}

std::string text_of(const sockaddr_storage& a) {
  char text[INET6_ADDRSTRLEN] = "";
  if (a.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(a);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return fmt::format("{}:{}", text, ntohs(v4.sin_port));
  }
  if (a.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(a);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(v6.sin6_port));
  }
  return "";
}

}  // namespace

bool is_mptcp(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, IPPROTO_TCP, kTcpIsMptcp, &value, &size) == 0 && value != 0;
}

Json read_mptcp_info(int fd) {
  std::array<uint8_t, kMptcpInfoRoom> bytes{};
  socklen_t size = bytes.size();
  if (::getsockopt(fd, kSolMptcp, kMptcpInfo, bytes.data(), &size) < 0) return nullptr;
  return decode(mptcp_info_fields(), std::span(bytes).first(std::min<size_t>(size, bytes.size())));
}

Json read_full_info(int fd) {
  Full f;
  if (!read_full(fd, f)) return nullptr;
  Json result{{"num_subflows", f.head.num_subflows}, {"subflows", Json::array()}};
  for (size_t i = 0; i < f.count; ++i) {
    const SubflowInfo& s = f.subflows[i];
    result["subflows"].push_back({{"id", s.id},
                                  {"local", text_of(s.local)},
                                  {"remote", text_of(s.remote)},
                                  {"tcp_info", decode(tcp_info_fields(), f.tcp_info(i))}});
  }
  return result;
}

unsigned established_subflows(int fd) {
  Full f;
  if (read_full(fd, f)) {
    unsigned n = 0;
    for (size_t i = 0; i < f.count; ++i) n += f.tcp_info(i)[0] == kEstablished ? 1 : 0;
    return n;
  }
  const Json info = read_mptcp_info(fd);
  if (info.is_null()) return 0;
  // mptcpi_subflows leaves the first one out, and counts a join from its SYN on: the best an old kernel can say.
  if (info.contains("mptcpi_subflows_total")) return info["mptcpi_subflows_total"].get<unsigned>();
  return info["mptcpi_subflows"].get<unsigned>() + 1;
}

Json sample_socket(int fd, const std::string& at, int64_t ms) {
  return {{"at", at},
          {"ms", ms},
          {"is_mptcp", is_mptcp(fd)},
          {"mptcp_info", read_mptcp_info(fd)},
          {"full_info", read_full_info(fd)}};
}

}  // namespace gauntlet
