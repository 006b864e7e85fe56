#include "judge/trace.hh"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "capture/capture.hh"

namespace gauntlet {
namespace {

constexpr size_t kChunk = 1u << 20;
constexpr uint64_t kReleaseEvery = 64;  // frames; looking at one may bring 64 KiB around it

// Merges the interfaces by time without disturbing the order within one: time stamps of one interface may step back by
// microseconds where two processors wrote to it, and its file order is the better witness.
std::vector<TracedFrame> merge(std::vector<std::vector<TracedFrame>> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  std::vector<TracedFrame> all;
  size_t total = 0;
  for (const auto& part : parts) total += part.size();
  all.reserve(total);
  std::vector<size_t> at(parts.size(), 0);
  while (all.size() < total) {
    size_t first = parts.size();
    for (size_t i = 0; i < parts.size(); ++i) {
      if (at[i] == parts[i].size()) continue;
      if (first == parts.size() || parts[i][at[i]].time < parts[first][at[first]].time) first = i;
    }
    all.push_back(parts[first][at[first]++]);
  }
  return all;
}

// A frame that the snap length cut inside the TCP options is a segment all the same, of the numbers its fixed header
// says. False where not even that is there: a packet of a flow, and of which one is not to be known.
bool lay_out_cut(TracedFrame& f) {
  constexpr size_t kFixed = 20;
  Layout& l = f.layout;
  if (l.tcp || l.fragment) return true;
  if (l.version == 0) return f.ip[0] >> 4 != 4 && f.ip[0] >> 4 != 6;
  if (l.proto == 0) return l.version != 6;  // in the extension headers
  if (l.proto != kProtoTcp) return true;
  if (l.l4 + kFixed > f.ip.size()) return false;
  const size_t header = static_cast<size_t>(f.ip[l.l4 + 12u] >> 4) * 4;
  if (header < kFixed || l.l4 + header > l.ip_total) return true;  // no header either way
  l.tcp = f.options_cut = true;
  l.options = static_cast<uint16_t>(l.l4 + kFixed);
  l.payload = static_cast<uint32_t>(l.l4 + header);
  return true;
}

// How many frames like those read so far the whole file holds: room for them is asked for once.
size_t estimate(const std::string& path, const Frame& last) {
  std::error_code unknown;
  const uintmax_t size = std::filesystem::file_size(path, unknown);
  if (unknown || last.offset == 0) return 0;
  return static_cast<size_t>(static_cast<double>(size) / static_cast<double>(last.offset) *
                             static_cast<double>(last.number) * 1.05);
}

}  // namespace

ConstBytes Trace::keep(ConstBytes bytes) {
  if (bytes.size() > chunk_left_) {
    const size_t size = std::max(kChunk, bytes.size());
    chunks_.push_back(std::make_unique_for_overwrite<uint8_t[]>(size));
    chunk_at_ = chunks_.back().get();
    chunk_left_ = size;
  }
  if (!bytes.empty()) std::memcpy(chunk_at_, bytes.data(), bytes.size());
  const ConstBytes kept{chunk_at_, bytes.size()};
  chunk_at_ += bytes.size();
  chunk_left_ -= bytes.size();
  copied_ += bytes.size();
  return kept;
}

std::vector<TracedFrame> Trace::read_interface(TracedInterface& interface, uint16_t index, const TraceLimits& limits) {
  std::vector<TracedFrame> part;
  std::optional<size_t> map;  // index in mapped_, once this file has one
  try {
    CaptureReader reader(interface.file);
    Frame frame;
    while (reader.next(frame)) {
      ++interface.frames;
      const ConstBytes ip = frame.ip();
      if (ip.empty()) continue;
      const auto damage = [&](std::string what) {
        throw CaptureError(fmt::format("{}: frame {}: {}", interface.file, frame.number, what));
      };
      if (kept_frames_ == limits.frames) damage(fmt::format("more than the judge keeps ({} frames)", limits.frames));
      TracedFrame kept;
      if (copied_ + ip.size() <= limits.bytes) {
        kept.ip = keep(ip);
      } else {
        if (!map) {
          mapped_.emplace_back(interface.file);
          map = mapped_.size() - 1;
        }
        const ConstBytes file = mapped_[*map].bytes();
        const uint64_t at = frame.offset + static_cast<uint64_t>(ip.data() - frame.bytes.data());
        if (at + ip.size() > file.size()) damage("the file grew while it was read");
        kept.ip = file.subspan(at, ip.size());
      }
      kept.number = static_cast<uint32_t>(frame.number);
      kept.interface = index;
      kept.cut_short = frame.bytes.size() < frame.original_size;
      kept.time = frame.time;
      kept.layout = layout_of(ip);
      if (kept.cut_short && !lay_out_cut(kept))
        damage("cut too short to tell its flow: of a TCP segment the judge needs the first 20 bytes");
      part.push_back(kept);
      ++kept_frames_;
      if (part.size() == 4096) part.reserve(std::max<size_t>(part.capacity(), estimate(interface.file, frame)));
    }
  } catch (const std::exception& e) {  // a file that cannot be opened, or not read further
    interface.damage = e.what();
  }
  return part;
}

Trace Trace::read(const std::vector<std::string>& files, const TraceLimits& limits) {
  Trace trace;
  std::vector<std::vector<TracedFrame>> parts;
  for (const std::string& path : files) {
    trace.interfaces_.push_back({std::filesystem::path(path).stem().string(), path, 0, ""});
    parts.push_back(trace.read_interface(trace.interfaces_.back(), static_cast<uint16_t>(parts.size()), limits));
  }
  trace.frames_ = merge(std::move(parts));
  return trace;
}

std::string Trace::damage() const {
  std::string text;
  for (const TracedInterface& i : interfaces_)
    if (!i.damage.empty()) text += (text.empty() ? "" : "; ") + i.damage;
  return text;
}

ConstBytes Trace::look(const TracedFrame& f) const {
  for (const MappedFile& file : mapped_) {
    const ConstBytes all = file.bytes();
    if (f.ip.data() < all.data() || f.ip.data() >= all.data() + all.size()) continue;
    const ConstBytes read = file.read(static_cast<size_t>(f.ip.data() - all.data()), f.ip.size());
    return read.empty() ? f.ip : read;
  }
  return f.ip;
}

void Trace::passed(uint64_t frames) const {
  if (mapped_.empty() || (passed_ += frames) < kReleaseEvery) return;
  passed_ = 0;
  for (const MappedFile& file : mapped_) file.release();
}

}  // namespace gauntlet
