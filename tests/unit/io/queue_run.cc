#include "queue_run.hh"

#include <chrono>

#include "util/event_loop.hh"
#include "wire/checksum.hh"

namespace gauntlet {

QueueRun::QueueRun(const NetNamespace& where, OnPath* path, QueueAdapter::Options options, bool reading) {
  if (options.direction.empty()) options.direction.client_interfaces = {"r0"};
  thread_ = std::thread([this, &where, path, options, reading] {
    try {
      where.run([&] { work(where, path, options, reading); });
    } catch (...) {
      failure_ = std::current_exception();
    }
    ready_ = true;
  });
  while (!ready_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (failure_) {
    thread_.join();
    std::rethrow_exception(failure_);
  }
}

void QueueRun::work(const NetNamespace&, OnPath* path, QueueAdapter::Options options, bool reading) {
  QueueAdapter adapter(options);
  adapter.begin(path);
  EventLoop loop;
  loop.watch(
      adapter.queue_fd(), EventLoop::Ready::read, [&] { return adapter.on_queue(); }, [&] { return reading; });
  loop.watch(adapter.timer_fd(), EventLoop::Ready::read, [&] { return adapter.on_timer(); });
  loop.watch(adapter.routes_fd(), EventLoop::Ready::read, [&] { return adapter.on_routes(); });
  ready_ = true;
  while (!stop_) loop.step(std::chrono::milliseconds(5));
  counts_ = adapter.end();
  by_injection_ = adapter.by_injection();
}

QueueRun::~QueueRun() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

QueueCounts QueueRun::stop() {
  stop_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return counts_;
}

std::string udp_text(const Packet& p) {
  const Layout l = layout_of(p.bytes());
  return {reinterpret_cast<const char*>(p.data()) + l.l4 + 8, p.size() - l.l4 - 8};
}

void set_udp_text(Packet& p, const std::string& text) {
  const Layout l = layout_of(p.bytes());
  p.truncate(l.l4 + 8u);
  p.append({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (l.version == 4)
    store16(p.data() + 2, static_cast<uint16_t>(p.size()));
  else
    store16(p.data() + 4, static_cast<uint16_t>(p.size() - 40));
  store16(p.data() + l.l4 + 4, static_cast<uint16_t>(p.size() - l.l4));
  write_checksums(p.bytes());
}

}  // namespace gauntlet
