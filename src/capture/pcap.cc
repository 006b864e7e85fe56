// pcap: a 24-byte file header, then records of 16 bytes and the frame. Micro- or nanoseconds, either byte order.
//
//   magic | major minor | zone | sigfigs | snap length | link type      (link type: the low 16 bits; the rest is about
//   the FCS) seconds | fraction | captured length | original length | bytes
#include <fmt/core.h>

#include "capture/input.hh"

namespace gauntlet {
namespace {

class Pcap final : public CaptureFormat {
 public:
  Pcap(Input& in, Order order, bool nano) : in_(in), order_(order), nano_(nano) {
    uint8_t header[24];
    if (in_.read(header, sizeof header) < sizeof header)
      capture_damage(in_.path(), 1, in_.offset(), "the file ends inside the file header");
    if (order_.u16(header + 4) != 2)
      capture_damage(in_.path(), 1, 4, fmt::format("pcap version {}; only 2 is known", order_.u16(header + 4)));
    link_ = static_cast<LinkType>(order_.u32(header + 20) & 0xffff);
  }

  bool next(Frame& out, uint64_t frame) override {
    const uint64_t start = in_.offset();
    uint8_t header[16];
    const size_t got = in_.read(header, sizeof header);
    if (got == 0) return false;
    if (got < sizeof header)
      capture_damage(in_.path(), frame, start,
                     fmt::format("the file ends inside a record header ({} of 16 bytes)", got));
    const uint32_t seconds = order_.u32(header), fraction = order_.u32(header + 4), captured = order_.u32(header + 8);
    if (captured > kMaxFrame) {
      capture_damage(in_.path(), frame, start,
                     fmt::format("a frame of {} bytes; at most {} can be", captured, kMaxFrame));
    }
    out.offset = in_.offset();
    if (in_.read(out.bytes, captured) < captured) {
      capture_damage(in_.path(), frame, start,
                     fmt::format("the file ends inside the frame ({} of {} bytes)", out.bytes.size(), captured));
    }
    out.time = std::chrono::seconds(seconds) + Time(nano_ ? int64_t{fraction} : int64_t{fraction} * 1000);
    out.link = link_;
    out.interface = 0;
    out.original_size = order_.u32(header + 12);
    return true;
  }

  const std::vector<std::string>& interfaces() const override { return none_; }

 private:
  Input& in_;
  Order order_;
  bool nano_;
  LinkType link_ = LinkType::raw;
  std::vector<std::string> none_;
};

}  // namespace

std::unique_ptr<CaptureFormat> open_pcap(Input& in) {
  const ConstBytes head = in.peek(4);
  if (head.size() < 4) return nullptr;
  switch (load32(head.data())) {
    case 0xa1b2c3d4:
      return std::make_unique<Pcap>(in, Order{true}, false);
    case 0xd4c3b2a1:
      return std::make_unique<Pcap>(in, Order{false}, false);
    case 0xa1b23c4d:
      return std::make_unique<Pcap>(in, Order{true}, true);
    case 0x4d3cb2a1:
      return std::make_unique<Pcap>(in, Order{false}, true);
    default:
      return nullptr;
  }
}

}  // namespace gauntlet
