// One interface's frames, both directions, through an AF_PACKET ring (TPACKET_V3) with the kernel's drop counter.
//
// The kernel hands frames over in blocks: when one is full, or a few milliseconds after its first frame. What was on
// the wire before a moment is known exactly: drain() asks the kernel how many frames it has taken so far and reads
// until it has them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "io/net_namespace.hh"
#include "util/fd.hh"
#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet {

struct RingFrame {
  Time time{};                 // since the Unix epoch
  ConstBytes bytes;            // from the link-layer header on
  uint32_t original_size = 0;  // on the wire
};

class CaptureRing {
 public:
  struct Options {
    // A block that is not full is handed over after this time (once more in the worst case), so a reader that does not
    // get to run loses nothing for `blocks` times as long, however little traffic there is: many small blocks, not few
    // large ones.
    unsigned hand_over_ms = 8;
    size_t block = 32 << 10;  // bytes, a power of two of at least a page; holds the largest frame (larger ones are cut)
    unsigned blocks = 128;    // 4 MiB in all: a second without a reader, and any ordinary transfer whole
  };
  using Take = std::function<void(const RingFrame&)>;

  // Opens the ring inside `where` and comes back. Throws UsageError (no such interface) or EnvironmentError (no
  // privilege).
  CaptureRing(const NetNamespace& where, const std::string& interface, const Options&);
  ~CaptureRing();
  CaptureRing(CaptureRing&&) noexcept;
  CaptureRing& operator=(CaptureRing&&) = delete;

  int fd() const { return fd_.get(); }  // readable: a block is ready
  bool read(const Take&);               // what is ready; false when nothing was
  // Reads until every frame the kernel had taken when drain() was called has been handed out. Throws EnvironmentError
  // when the kernel does not hand them over within a second.
  void drain(const Take&);

  bool clear_error();  // a link that went down makes the descriptor readable; false when nothing was pending

  struct Counts {
    uint64_t frames = 0;     // handed out
    uint64_t dropped = 0;    // the ring was full
    uint64_t truncated = 0;  // of frames: longer than the ring could take
  };
  Counts counts();  // since the last call of restart()
  void restart() { base_ = total(); }

 private:
  Counts total();

  Fd fd_;
  uint8_t* ring_ = nullptr;
  Options options_;
  std::string interface_;
  unsigned next_ = 0;  // block to be read next
  Counts total_, base_;
  uint64_t taken_ = 0;  // frames the kernel has put into the ring, as it says
};

}  // namespace gauntlet
