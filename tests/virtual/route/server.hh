// A host at the end of a virtual path, as far as probes can tell it from a real one: a listener with or without MPTCP
// v1 on every TCP port, nothing on UDP, echo. Written from RFC 9293 3.10.7, RFC 8684 3.1 and 3.2, RFC 792 and RFC 4443.
#pragma once
#include <functional>
#include <map>
#include <tuple>

#include "probe/address.hh"
#include "util/time.hh"
#include "wire/packet.hh"

namespace gauntlet {

// How a quote is filled up with zeros, to 128 bytes at least and to whole words (RFC 4884 4.1, 4.2).
enum class Filling : uint8_t {
  none,
  labelled,  // and an MPLS label stack stands behind it (RFC 4950)
  told,      // only the length is told
  untold,    // not even that
};

class VirtualServer {
 public:
  using Out = std::function<void(Packet)>;
  VirtualServer(IpAddress address, bool mptcp) : address_(address), mptcp_(mptcp) {}
  void packet(ConstBytes, Time now, const Out&);

 private:
  struct Connection {
    uint32_t isn = 0, next = 0;  // ours; the next byte we expect
    std::vector<uint8_t> options{};
    Time answered{};  // its SYN was, last: not again within half a second (Linux), nor by itself
  };
  using Key = std::tuple<IpAddress, uint16_t, uint16_t>;  // peer, its port, ours
  void tcp(ConstBytes, const struct Layout&, Time now, const Out&);
  std::vector<uint8_t> answer_options(ConstBytes options) const;

  IpAddress address_;
  bool mptcp_;
  std::map<Key, Connection> connections_;
};

// ICMP error of `type` and `code` that quotes the first `quoted` bytes of `packet`, filled up.
Packet icmp_error(const IpAddress& from, ConstBytes packet, uint8_t type, uint8_t code, size_t quoted, Filling);

}  // namespace gauntlet
