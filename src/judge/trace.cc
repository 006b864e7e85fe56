#include "judge/trace.hh"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "capture/capture.hh"

namespace gauntlet {
namespace {

constexpr size_t kChunk = 1u << 20;

// Merges the interfaces by time without disturbing the order within one: time stamps of one interface may step back by
// microseconds where two processors wrote to it, and its file order is the better witness.
std::vector<TracedFrame> merge(const std::vector<std::vector<TracedFrame>>& parts) {
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
  return kept;
}

Trace Trace::read(const std::vector<std::string>& files, const TraceLimits& limits) {
  Trace trace;
  uint64_t bytes = 0, frames = 0;
  std::vector<std::vector<TracedFrame>> parts;
  for (const std::string& path : files) {
    TracedInterface& interface =
        trace.interfaces_.emplace_back(TracedInterface{std::filesystem::path(path).stem().string(), path, 0, ""});
    std::vector<TracedFrame>& part = parts.emplace_back();
    try {
      CaptureReader reader(path);
      Frame frame;
      while (reader.next(frame)) {
        ++interface.frames;
        const ConstBytes ip = frame.ip();
        if (ip.empty()) continue;
        if (++frames > limits.frames || (bytes += ip.size()) > limits.bytes) {
          interface.damage = fmt::format("{}: frame {}: more than the judge keeps ({} frames, {} bytes)", path,
                                         frame.number, limits.frames, limits.bytes);
          break;
        }
        TracedFrame& kept = part.emplace_back();
        kept.number = static_cast<uint32_t>(frame.number);
        kept.interface = static_cast<uint16_t>(parts.size() - 1);
        kept.cut_short = frame.bytes.size() < frame.original_size;
        kept.time = frame.time;
        kept.ip = trace.keep(ip);
        kept.layout = layout_of(kept.ip);
      }
    } catch (const CaptureError& e) {
      interface.damage = e.what();
    } catch (const std::exception& e) {  // a file that cannot be opened
      interface.damage = e.what();
    }
  }
  trace.frames_ = merge(parts);
  return trace;
}

std::string Trace::damage() const {
  std::string text;
  for (const TracedInterface& i : interfaces_)
    if (!i.damage.empty()) text += (text.empty() ? "" : "; ") + i.damage;
  return text;
}

}  // namespace gauntlet
