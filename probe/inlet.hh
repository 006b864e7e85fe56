// How packets come in: from the wire, before anything on this host looked at them, or as this host takes them in.
//
// The wire needs a packet socket, which shows what leaves as well, and which the kernel takes ten milliseconds and more
// to close: it waits for a grace period of RCU. What only wants answers to its own packets asks the host, by raw
// sockets; the host's own packet filters stand in front of those.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probe/address.hh"
#include "util/fd.hh"
#include "util/time.hh"
#include "wire/bytes.hh"

struct sock_filter;

namespace gauntlet {

// Throws EnvironmentError without CAP_NET_RAW.
Fd open_socket(const std::string& what, int family, int type, int proto);
void attach_if_allowed(int fd, std::vector<::sock_filter> code);

class Inlet {
 public:
  struct Came {
    Time since_epoch{};  // when the kernel took it in
    bool leaving = false;
    ConstBytes packet;  // one IP packet; valid until the next call
  };

  // ICMP from anybody, anything from `peer`; with `leaving` what goes to it as well. Throws EnvironmentError without
  // the privilege.
  static Inlet of_wire(const IpAddress& peer, bool leaving);
  static Inlet of_host(const IpAddress& peer);

  std::optional<Came> next();   // nullopt: nothing is there now
  uint64_t overruns() const;    // packets the kernel dropped because its queues here were full
  void wait(Duration at_most);  // until something may be there

 private:
  struct Socket {
    Fd fd;
    uint8_t headless = 0;  // IPv6: the kernel keeps the header of this protocol's packets, and tells what was in it
    bool icmp = true, other = true;  // what it is for
  };
  explicit Inlet(const IpAddress& peer) : peer_(peer), buffer_(65536 + 40) {}
  std::optional<Came> read(Socket&);

  IpAddress peer_;
  std::vector<Socket> sockets_;
  size_t turn_ = 0;  // whose turn it is: a flood on one socket keeps nobody waiting at the others
  std::vector<uint8_t> buffer_;
};

Time wall_clock();

}  // namespace gauntlet
