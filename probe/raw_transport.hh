// Raw sockets: needs CAP_NET_RAW and nothing else, changes nothing on the host, leaves nothing behind.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "probe/address.hh"
#include "probe/inlet.hh"
#include "probe/transport.hh"
#include "util/fd.hh"

namespace gauntlet {

class RawTransport : public ProbeTransport {
 public:
  enum class Sees : uint8_t { host, wire };  // what this host takes in, or all that comes, before any filter (inlet.hh)
  // `frame`: called with every packet that left or came in, and when by the clock on the wall and by now(); it sees the
  // wire. Throws EnvironmentError without the privilege.
  using OnFrame = std::function<void(Time since_epoch, Time at, ConstBytes packet)>;
  RawTransport(const IpAddress& source, const IpAddress& destination, Sees sees = Sees::host, OnFrame frame = {});

  Time now() override;
  void send(ConstBytes packet) override;
  std::optional<Arrival> receive(Time deadline) override;
  uint64_t overruns() const override { return in_.overruns(); }
  uint16_t reserve_port(uint8_t proto) override;
  uint64_t random() override;

 private:
  IpAddress source_, destination_;
  OnFrame frame_;
  Fd out_;
  Inlet in_;
  std::vector<Fd> ports_;
};

IpAddress source_towards(
    const IpAddress& destination);  // what this host would use; throws SystemError when there is no route
std::vector<IpAddress> resolve(const std::string& host, int version);  // 0: both, 4, 6; empty: no such name
void keep_net_raw_only();                                              // for who opens raw sockets again and again
void drop_capabilities();  // all of them, for good; open sockets stay usable

}  // namespace gauntlet
