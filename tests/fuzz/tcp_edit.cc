// A packet and a list of edits: every edit keeps the layout true and moves the checksum by exactly what it changed.
#include <vector>

#include "require.hh"
#include "wire/checksum.hh"
#include "wire/packet.hh"
#include "wire/tcp.hh"

using namespace gauntlet;

namespace {

class Input {
 public:
  explicit Input(ConstBytes bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  ConstBytes take(size_t n) {
    const ConstBytes part = bytes_.first(n < bytes_.size() ? n : bytes_.size());
    bytes_ = bytes_.subspan(part.size());
    return part;
  }
  uint32_t number() {
    uint32_t v = 0;
    for (const uint8_t b : take(4)) v = v << 8 | b;
    return v;
  }
  uint8_t byte() { return bytes_.empty() ? 0 : take(1)[0]; }

 private:
  ConstBytes bytes_;
};

uint16_t wrong_by(ConstBytes packet,
                  const Layout& l) {  // how far the TCP checksum is from the right one; 0 and ffff are one
  const uint16_t there = load16(packet.data() + l.l4 + 16), right = l4_checksum(packet, l);
  return static_cast<uint16_t>(fold(static_cast<uint64_t>(there) + static_cast<uint16_t>(~right)) % 0xffff);
}

bool same(const Layout& a, const Layout& b) {
  return a.tcp == b.tcp && a.l4 == b.l4 && a.ip_total == b.ip_total && a.options == b.options &&
         a.options_size == b.options_size && a.payload == b.payload && a.payload_size == b.payload_size;
}

void edit(Input& in, Packet& packet, Layout& layout) {
  TcpEdit e(packet, layout);
  switch (in.byte() % 11) {
    case 0:
      e.set_seq(in.number());
      break;
    case 1:
      e.set_ack(in.number());
      break;
    case 2:
      e.set_flags(in.byte());
      break;
    case 3:
      e.set_window(static_cast<uint16_t>(in.number()));
      break;
    case 4:
      e.set_source(static_cast<uint16_t>(in.number()));
      break;
    case 5:
      e.write(in.byte(), in.take(in.byte()));
      break;
    case 6:
      e.write_options(in.byte() % 48, in.take(in.byte() % 48));
      break;
    case 7:
      e.write_payload(in.byte(), in.take(in.byte()));
      break;
    case 8:
      e.replace_options(in.take(in.byte() % 12 * 4u));
      break;
    case 9:
      e.replace_payload(in.byte(), in.byte(), in.take(in.byte()));
      break;
    default:
      set_source_address(packet, layout, in.take(layout.version == 4 ? 4 : 16));
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input in({data, size});
  const ConstBytes first = in.take(size_t{in.byte()} * 2);
  Packet packet(first);
  Layout layout = layout_of(packet.bytes());
  while (!in.empty()) {
    const bool judged = layout.tcp && !layout.fragment && whole(layout, packet.bytes());
    const uint16_t before = judged ? wrong_by(packet.bytes(), layout) : uint16_t{0};
    edit(in, packet, layout);
    REQUIRE(same(layout, layout_of(packet.bytes())));
    if (judged && layout.tcp) REQUIRE(wrong_by(packet.bytes(), layout) == before);
  }
  return 0;
}
