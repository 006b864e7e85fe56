// What a box that answers in the server's name has to know from the handshake: the timestamp and the window of the
// SYN/ACK.
#pragma once
#include <algorithm>
#include <optional>

#include "path/seen.hh"
#include "tcp/segment.hh"
#include "wire/tcp.hh"

namespace gauntlet {

struct HeardHandshake {
  void hear(TcpView tcp, Direction toward) {
    if (!tcp.has(kSyn)) return;
    const TcpOptions options = parse_tcp_options(tcp.options());
    if (toward == Direction::to_server) {
      scaled = options.wscale.has_value();
      return;
    }
    answered = true;
    stamp = options.timestamps;
    // That of a SYN is never scaled, that of an answer is (RFC 7323 2.2), by 14 at most (2.3).
    const int shift = scaled && options.wscale ? std::min<int>(*options.wscale, 14) : 0;
    window = static_cast<uint16_t>(tcp.window() >> shift);
  }
  bool scaled = false, answered = false;  // the SYN offered window scaling; there was a SYN/ACK
  std::optional<TcpOptions::Timestamps> stamp;
  uint16_t window = 0;  // as it stands in the header of an answer
};

}  // namespace gauntlet
