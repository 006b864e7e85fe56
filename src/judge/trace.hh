// The captures of one cut, merged into one sequence by time: what passed that point of the path, frame by frame.
//
// A damaged capture never throws: what came before the damage is kept and `damage` names file, frame and offset.
//
// Memory: the bytes of the first packets are copied, TraceLimits::bytes in all; later ones stay in their files and are
// mapped. Every frame with an IP packet costs 64 bytes, however large it is: a capture of 1 GB in frames of 1000 bytes
// costs 64 MB. What exceeds the limits is damage too, never silently left out.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/mapped_file.hh"
#include "util/time.hh"
#include "wire/bytes.hh"
#include "wire/layout.hh"

namespace gauntlet {

struct TraceLimits {
  uint64_t bytes = 32ull << 20;  // of packets copied into memory, over all interfaces of the cut
  uint64_t frames = UINT32_MAX;
};

struct TracedFrame {
  uint32_t number = 0;       // in its file, from 1
  uint16_t interface = 0;    // index into Trace::interfaces()
  bool cut_short = false;    // by the snap length: bytes are missing at the end
  bool options_cut = false;  // in the TCP options: the layout says TCP, and no options, which are unknown
  Time time{};
  ConstBytes ip;  // valid as long as the Trace
  Layout layout;
};

struct TracedInterface {
  std::string name;  // the file's name without folder and suffix
  std::string file;
  uint64_t frames = 0;  // in the file, packets or not
  std::string damage;   // empty: read to its end
};

class Trace {
 public:
  Trace() = default;
  // One file per interface of the cut.
  static Trace read(const std::vector<std::string>& files, const TraceLimits& limits = {});

  const std::vector<TracedFrame>& frames() const { return frames_; }  // merged by time; file order within an interface
  const std::vector<TracedInterface>& interfaces() const { return interfaces_; }
  std::string damage() const;  // all interfaces', empty when none
  // The bytes of one of the frames, valid until the next call: cheaper than `ip` for whoever walks over all of them.
  ConstBytes look(const TracedFrame&) const;
  // Whoever walks over frames in their thousands says so: every now and then the mapped pages are given back.
  void passed(uint64_t frames) const;

 private:
  std::vector<TracedFrame> read_interface(TracedInterface&, uint16_t index, const TraceLimits&);
  ConstBytes keep(ConstBytes bytes);

  std::vector<TracedFrame> frames_;
  std::vector<TracedInterface> interfaces_;
  std::vector<std::unique_ptr<uint8_t[]>> chunks_;
  std::vector<MappedFile> mapped_;
  size_t chunk_left_ = 0;
  uint8_t* chunk_at_ = nullptr;
  uint64_t copied_ = 0, kept_frames_ = 0;  // against the limits
  mutable uint64_t passed_ = 0;
};

}  // namespace gauntlet
