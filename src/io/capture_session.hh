// The captures of one cell: several interfaces in several network namespaces, one pcapng file per interface and run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "capture/capture.hh"
#include "io/capture_ring.hh"
#include "util/event_loop.hh"
#include "util/json.hh"

namespace gauntlet {

struct CapturePoint {
  std::string node;       // "path1.r2"
  std::string interface;  // "p1r2-c"; names the file, so it must be unique in a session
  pid_t pid = 0;          // a process in the node's network namespace; 0: ours
};
CapturePoint parse_capture_point(const std::string& text);  // "NODE:IFACE:PID", "IFACE"; throws UsageError

class CaptureSession {
 public:
  CaptureSession(const std::vector<CapturePoint>& points, const std::string& directory, const CaptureRing::Options&);

  void watch(EventLoop& loop);  // reads the rings from now on; the session must outlive the loop's steps
  // Ends the run there is: all that was on the wire by now is in its files. nullopt when there is none.
  std::optional<Json> end();
  void begin(const std::string& run);  // new files in DIR/RUN/
  Json report();                       // of the run so far, without ending it; null when there is none

 private:
  struct Tap {
    CapturePoint point;
    CaptureRing ring;
    std::optional<CaptureWriter> file;
    void write(const RingFrame& f) {
      if (file) file->frame(f.time, f.bytes, f.original_size);
    }
  };
  std::vector<Tap> taps_;
  std::string directory_;
  std::optional<std::string> run_;
};

}  // namespace gauntlet
