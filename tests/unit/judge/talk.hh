// MPTCP conversations by hand: keys, HMACs, mappings and checksums as RFC 8684 says, made from src/mptcp.
#pragma once
#include "mptcp/crypto.hh"
#include "scene.hh"

namespace gauntlet::test {

struct Sent {
  Way way;
  Tcp tcp;
};

class Talk {
 public:
  static constexpr uint64_t kClientKey = 0x1111111122222222, kServerKey = 0x3333333344444444;

  explicit Talk(bool checksum = false, uint16_t port = 5003) : checksum_(checksum), port_(port) {}
  static Talk transfer(uint64_t up, uint64_t down, bool checksum = false,
                       uint16_t port = 5003);                    // a whole clean connection
  static Talk plain(uint64_t up, uint64_t down, uint16_t port);  // the same over TCP

  // A subflow: 0 is the first, 1 was joined (from 192.0.2.33).
  Talk& handshake();  // MP_CAPABLE in SYN, SYN/ACK and third ACK
  Talk& plain_handshake();
  Talk& join(bool right_hmac = true);                                  // MP_JOIN, with a fourth ACK
  Talk& data(Way, uint64_t offset, size_t size, int subflow = 0);      // mapped
  Talk& unmapped(Way, uint64_t offset, size_t size, int subflow = 0);  // no option at all
  Talk& acks(Way, int subflow = 0);                                    // a pure ACK with a Data ACK
  Talk& plain_ack(Way, int subflow = 0);
  Talk& option_on_ack(Way, const MptcpOption&, int subflow = 0);
  Talk& infinite(Way, uint64_t offset, size_t size);  // data under an infinite mapping
  Talk& data_fin(Way, uint64_t size, int subflow = 0);
  Talk& fin(int subflow = 0);  // FIN, FIN, ACK
  Talk& reset(Way, int subflow, std::optional<uint8_t> reason);

  Tcp segment(Way, uint64_t subflow_offset, Raw payload, Raw options, int subflow = 0) const;
  Raw dss(Way, uint64_t offset, uint64_t subflow_offset, ConstBytes payload) const;
  uint64_t at(Way way, int subflow) const { return sent_[subflow][index_of(way)]; }  // subflow bytes sent so far

  std::vector<Sent> log;

 private:
  Talk& say(Way, Tcp);
  Raw data_ack(Way) const;
  bool checksum_;
  uint16_t port_;
  uint64_t sent_[2][2] = {};  // subflow bytes, by subflow and way
  uint64_t stream_[2] = {};   // highest stream offset, by way
};

uint64_t key_of(Way);  // of the sender

}  // namespace gauntlet::test
