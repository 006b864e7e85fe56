// One run of an endpoint: phases connect | accept -> subflows -> transfer -> close -> done, driven by one event loop.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "io/endpoint_linger.hh"
#include "io/endpoint_schedule.hh"
#include "io/endpoint_state.hh"
#include "io/mptcp_events.hh"
#include "util/event_loop.hh"
#include "util/fd.hh"

namespace gauntlet {

class EndpointRun {
 public:
  EndpointRun(const EndpointPlan& plan, std::function<void(uint16_t)> listening);
  Json run();

 private:
  // endpoint_run.cc: phases
  void start_server();
  void start_client();
  bool accepted();
  bool connected();
  void transfer_begins();
  void look();  // after every step: what has become true meanwhile
  Duration until_next_look() const;
  void look_at_subflows();
  void look_at_progress();
  void look_at_end();
  void act();
  void finish_with(const std::string& result, int error_number, const std::string& error, const char* close);

  // endpoint_io.cc: bytes, samples, the end of the socket
  void watch_connection();
  bool can_read();
  bool can_write();
  void lost(int error_number, const char* attempt);
  void sample(const char* at);
  uint64_t acknowledged() const;
  bool take_events();
  void settle();  // closes, waits for the kernel, reads the counters
  void abort_connection();
  void wait_until_gone(Duration limit);

  Duration now() const;
  uint64_t received() const { return verifier_.received(); }
  bool all_received() const { return received() >= state_.receive_total; }

  const EndpointPlan plan_;
  const std::function<void(uint16_t)> listening_;
  SendSchedule schedule_;
  EndpointActions actions_;
  PayloadVerifier verifier_;
  Payload mine_;
  EndpointState state_;
  EventLoop loop_;
  Signals signals_;
  LingeringSockets lingering_;
  MptcpEvents events_;
  Fd listener_, cookie_listener_, connection_, ticker_, file_;
  std::vector<uint8_t> buffer_;
  Duration began_{}, connected_at_{}, progress_at_{}, subflows_at_{};
  uint64_t progress_ = 0;  // bytes acknowledged and received so far
  int send_error_ = 0;     // sending is over, reading goes on to the end
  bool half_sampled_ = false, end_sampled_ = false, shut_ = false, finished_ = false, abort_ = false;
};

}  // namespace gauntlet
