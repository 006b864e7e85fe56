#include "judge/classes.hh"
#include "judge/compare.hh"

namespace gauntlet {

FrameAt frame_at(const Trace& t, uint32_t frame) {
  const TracedFrame& f = t.frames()[frame];
  return {t.interfaces()[f.interface].name, f.number};
}

std::string hex_of(ConstBytes bytes, size_t most) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size() && i < most; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return bytes.size() > most ? text + "…" : text;
}

Difference WayContext::record(const char* kind, const std::vector<uint32_t>& u, const std::vector<uint32_t>& d) const {
  Difference r;
  r.kind = kind;
  r.flow = number;
  r.flow_name = name;
  r.way = way;
  (u.empty() ? td : tu)->passed(1);
  if (!u.empty())
    r.cls = class_of(*tu, *fu, way, u.front());
  else if (!d.empty())
    r.cls = class_of(*td, *fd, way, d.front());
  const Half& h = u.empty() ? *hd : *hu;
  if (!u.empty() || !d.empty()) {
    const FlowSegment& s = h.segments[u.empty() ? d.front() : u.front()];
    if (s.length > 0) r.offset = s.first_byte() - 1;
  }
  const auto add = [](const Trace& t, const Half& half, const std::vector<uint32_t>& which, std::vector<FrameAt>& to) {
    for (const uint32_t i : which)
      if (to.size() < Difference::kFrames) to.push_back(frame_at(t, half.segments[i].frame));
  };
  add(*tu, *hu, u, way == Way::c2s ? r.client : r.server);
  add(*td, *hd, d, way == Way::c2s ? r.server : r.client);
  return r;
}

}  // namespace gauntlet
