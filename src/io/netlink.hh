// A netlink socket that asks and waits for the answer. Messages are built with libmnl.
#pragma once
#include <linux/netlink.h>

#include <cstdint>
#include <functional>

#include "util/fd.hh"

namespace gauntlet {

class Netlink {
 public:
  // `protocol`: NETLINK_ROUTE ...; `groups`: bit mask of the multicast groups (1 << (RTNLGRP_x - 1)) to listen to.
  explicit Netlink(int protocol, uint32_t groups = 0);

  // Sends one request (sequence number and NLM_F_ACK are set here) and calls back every message of the answer.
  // Returns 0, or the error number the kernel answered with.
  int ask(nlmsghdr* request, const std::function<void(const nlmsghdr*)>& answer = {});

  int fd() const { return fd_.get(); }
  // Reads away what has arrived without waiting; true when there was something (or when some of it was lost).
  bool drain();

 private:
  Fd fd_;
  uint32_t sequence_ = 0;
};

// Calls back every attribute behind the family header (`extra` bytes) of a message.
void each_attribute(const nlmsghdr* message, size_t extra, const std::function<void(const nlattr*)>& visit);

}  // namespace gauntlet
