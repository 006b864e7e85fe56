// pcapng (draft-ietf-opsawg-pcapng): blocks of  type | total length | body | total length.  A section header says the
// byte order of what follows; interfaces count anew in each section. Blocks we do not know are skipped.
#include <fmt/core.h>

#include <algorithm>

#include "capture/input.hh"
#include "capture/time_stamp.hh"

namespace gauntlet {
namespace {

constexpr uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kOldPacket = 2, kSimple = 3, kEnhanced = 6;
constexpr size_t kMaxInterfaces = 65536, kMaxName = 256;

struct Interface {
  LinkType link = LinkType::raw;
  uint32_t snap = 0;       // 0: no limit
  uint8_t resolution = 6;  // microseconds unless if_tsresol says otherwise
  int64_t offset = 0;      // seconds
};

class Pcapng final : public CaptureFormat {
 public:
  explicit Pcapng(Input& in) : in_(in) {}
  bool next(Frame& out, uint64_t frame) override;
  const std::vector<std::string>& interfaces() const override { return names_; }

 private:
  [[noreturn]] void damage(const std::string& what) const { capture_damage(in_.path(), frame_, start_, what); }
  void need(size_t n, const char* block) const {
    if (body_.size() < n) damage(fmt::format("{} of {} body bytes; it needs {}", block, body_.size(), n));
  }
  uint32_t header();  // reads type and length, sets length_; a section header sets the byte order
  void body();        // reads the rest of the block, checks the second length
  void skip();
  void interface();
  void option(Interface& i, std::string& name, uint16_t code, ConstBytes value) const;
  void packet(Frame& out, uint32_t id, const uint8_t* stamp, size_t at, uint32_t captured, uint32_t original);
  void simple(Frame& out);
  const Interface& interface_of(uint32_t id) const;

  Input& in_;
  Order order_;
  uint64_t frame_ = 1, start_ = 0;
  uint32_t length_ = 0;
  std::vector<uint8_t> body_;
  std::vector<Interface> section_;  // interfaces of this section
  uint32_t first_ = 0;              // index in names_ of the section's first
  std::vector<std::string> names_;
};

uint32_t Pcapng::header() {
  const ConstBytes head = in_.peek(12);
  if (head.size() < 12) damage(fmt::format("the file ends inside a block header ({} of 12 bytes)", head.size()));
  const bool section = load32(head.data()) == kSection;  // reads the same in either order
  if (section) {
    const uint32_t magic = load32(head.data() + 8);
    if (magic != 0x1a2b3c4d && magic != 0x4d3c2b1a)
      damage(fmt::format("byte-order magic 0x{:08x} in a section header", magic));
    order_.big = magic == 0x1a2b3c4d;
  }
  const uint32_t type = order_.u32(head.data());
  length_ = order_.u32(head.data() + 4);
  const uint32_t least = section ? 28 : 12;
  if (length_ < least || length_ % 4 != 0)
    damage(fmt::format("block length {} is below {} or no multiple of 4", length_, least));
  if (length_ > kMaxBlock) damage(fmt::format("block length {}; at most {} can be", length_, kMaxBlock));
  in_.skip(8);
  return type;
}

void Pcapng::body() {
  const size_t size = length_ - 12;
  uint8_t again[4];
  if (in_.read(body_, size) < size || in_.read(again, 4) < 4) {
    damage(fmt::format("the file ends inside a block (of {} bytes, {} are there)", length_, in_.offset() - start_));
  }
  if (order_.u32(again) != length_)
    damage(fmt::format("block lengths differ: {} in front, {} behind", length_, order_.u32(again)));
}

void Pcapng::skip() {
  const size_t size = length_ - 12;
  uint8_t again[4];
  if (in_.skip(size) < size || in_.read(again, 4) < 4) {
    damage(fmt::format("the file ends inside a block (of {} bytes, {} are there)", length_, in_.offset() - start_));
  }
  if (order_.u32(again) != length_)
    damage(fmt::format("block lengths differ: {} in front, {} behind", length_, order_.u32(again)));
}

void Pcapng::option(Interface& i, std::string& name, uint16_t code, ConstBytes value) const {
  if (code == 2) name.assign(reinterpret_cast<const char*>(value.data()), std::min(value.size(), kMaxName));
  if (code == 9 && value.size() == 1) i.resolution = value[0];
  if (code == 14 && value.size() == 8) i.offset = static_cast<int64_t>(order_.u64(value.data()));
}

void Pcapng::interface() {
  need(8, "an interface description");
  if (names_.size() >= kMaxInterfaces) damage(fmt::format("more than {} interfaces", kMaxInterfaces));
  Interface i;
  std::string name;
  i.link = static_cast<LinkType>(order_.u16(body_.data()));
  i.snap = order_.u32(body_.data() + 4);
  for (size_t at = 8; at + 4 <= body_.size();) {
    const uint16_t code = order_.u16(&body_[at]), size = order_.u16(&body_[at + 2]);
    if (code == 0) break;
    if (size > body_.size() - at - 4) damage(fmt::format("option {} of an interface runs past its block", code));
    option(i, name, code, ConstBytes(body_).subspan(at + 4, size));
    at += 4 + (size + 3u) / 4 * 4;
  }
  section_.push_back(i);
  names_.push_back(std::move(name));
}

const Interface& Pcapng::interface_of(uint32_t id) const {
  if (id >= section_.size()) damage(fmt::format("interface {} of {}: never described", id, section_.size()));
  return section_[id];
}

void Pcapng::packet(Frame& out, uint32_t id, const uint8_t* stamp, size_t at, uint32_t captured, uint32_t original) {
  const Interface& i = interface_of(id);
  if (captured > kMaxFrame) damage(fmt::format("a frame of {} bytes; at most {} can be", captured, kMaxFrame));
  if (captured > body_.size() - at)
    damage(fmt::format("a frame of {} bytes in a block with room for {}", captured, body_.size() - at));
  out.time = {};
  if (stamp != nullptr) {
    const auto time = time_of_ticks(uint64_t{order_.u32(stamp)} << 32 | order_.u32(stamp + 4), i.resolution, i.offset);
    if (!time) damage("a time stamp beyond the year 2262");
    out.time = *time;
  }
  out.link = i.link;
  out.interface = first_ + id;
  out.original_size = original;
  out.offset = start_ + 8 + at;  // the body begins behind type and length
  const auto begin = body_.begin() + static_cast<std::ptrdiff_t>(at);
  out.bytes.assign(begin, begin + captured);
}

void Pcapng::simple(Frame& out) {
  need(4, "a simple packet");
  const uint32_t original = order_.u32(body_.data()), snap = interface_of(0).snap;
  packet(out, 0, nullptr, 4, snap == 0 ? original : std::min(original, snap), original);
}

bool Pcapng::next(Frame& out, uint64_t frame) {
  frame_ = frame;
  for (;;) {
    start_ = in_.offset();
    if (in_.peek(1).empty()) return false;
    const uint32_t type = header();
    if (type != kSection && type != kInterface && type != kOldPacket && type != kSimple && type != kEnhanced) {
      skip();
      continue;
    }
    body();
    const uint8_t* b = body_.data();
    if (type == kSection) {
      if (order_.u16(b + 4) != 1) damage(fmt::format("pcapng version {}; only 1 is known", order_.u16(b + 4)));
      section_.clear();
      first_ = static_cast<uint32_t>(names_.size());
    } else if (type == kInterface) {
      interface();
    } else if (type == kSimple) {
      simple(out);
      return true;
    } else {
      need(20, "a packet");
      const uint32_t id = type == kEnhanced ? order_.u32(b) : order_.u16(b);
      packet(out, id, b + 4, 20, order_.u32(b + 12), order_.u32(b + 16));
      return true;
    }
  }
}

}  // namespace

std::unique_ptr<CaptureFormat> open_pcapng(Input& in) {
  const ConstBytes head = in.peek(4);
  if (head.size() < 4 || load32(head.data()) != kSection) return nullptr;
  return std::make_unique<Pcapng>(in);
}

}  // namespace gauntlet
