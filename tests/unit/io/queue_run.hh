// An adapter at work in a thread of its own, inside a namespace, until stop().
#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <thread>

#include "io/nfqueue.hh"
#include "lab.hh"

namespace gauntlet {

// What stands on the path, as one function.
struct FunctionPath : OnPath {
  using Function = std::function<void(Packet, Direction, Time, Emit&)>;
  explicit FunctionPath(Function f) : function(std::move(f)) {}
  void packet(Packet p, Direction toward, Time now, Emit& out) override { function(std::move(p), toward, now, out); }
  Function function;
};

class QueueRun {
 public:
  // `inject`: see Injector. With `reading` false nothing is read from the queue before stop().
  QueueRun(const NetNamespace& where, OnPath* path, QueueAdapter::Options options = {}, bool reading = true);
  ~QueueRun();
  QueueCounts stop();
  uint64_t by_injection() const { return by_injection_; }  // after stop()

 private:
  void work(const NetNamespace& where, OnPath* path, QueueAdapter::Options options, bool reading);
  std::atomic<bool> ready_{false}, stop_{false};
  std::exception_ptr failure_;
  QueueCounts counts_;
  uint64_t by_injection_ = 0;
  std::thread thread_;
};

// The payload of a UDP packet without IP options; and a packet with another payload, lengths and checksums right.
std::string udp_text(const Packet&);
void set_udp_text(Packet&, const std::string& text);

}  // namespace gauntlet
