// One segment that reached an endpoint, as positions of the two streams. For endpoint*.cc alone.
#pragma once
#include "tcp/endpoint.hh"

namespace gauntlet {

struct TcpEndpoint::Arrived {
  ConstBytes packet;
  const Layout& layout;
  TcpView tcp;
  TcpOptions options;
  Position at = 0, end = 0;  // of its first and behind its last position, SYN and FIN counted
  Position ack = 0;
  ConstBytes payload;
};

}  // namespace gauntlet
