// How probes leave and answers come in: raw sockets on a live network, or a model of one in a test.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet {

struct Arrival {
  Time at{};
  std::vector<uint8_t> packet;  // one IP packet
};

class ProbeTransport {
 public:
  virtual ~ProbeTransport() = default;
  virtual Time now() = 0;
  virtual void pace() {
  }  // waits until a packet may be sent; send() does, too, but then its time is known only afterwards
  virtual void send(ConstBytes packet) = 0;                   // as it stands
  virtual void flush() {}                                     // what send() still holds leaves now, not with receive()
  virtual std::optional<Arrival> receive(Time deadline) = 0;  // nullopt: nothing came until then
  // Packets that came and were lost since they were not read in time, as far as is known: what was silent meanwhile may
  // have been answered.
  virtual uint64_t overruns() const { return 0; }
  virtual bool gone() const { return false; }  // nothing more will come, nor leave
  // A source port nobody else on this host uses, and on which the host itself stays silent (no RST to our SYN/ACKs).
  virtual uint16_t reserve_port(uint8_t proto) = 0;
  virtual uint64_t random() = 0;  // from the system: other runs must not guess it
};

}  // namespace gauntlet
