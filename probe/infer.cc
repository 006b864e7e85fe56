#include "probe/infer.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/compare.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

// Who translates a quote back may want a whole header to correct its checksum: short of that a sum that has changed
// names the edits that leave it no choice of values, and nothing else.
constexpr size_t kChecksumEnd = 18, kHeaderEnd = 20;
constexpr uint16_t kLeastMss = 64;  // below any MSS a real box would clamp to

// A candidate packet as the box would have left it; lengths and checksum right.
struct Candidate {
  std::vector<uint8_t> packet;
  Hypothesis hypothesis;
};

class Inferrer {
 public:
  Inferrer(ConstBytes sent, ConstBytes quote, size_t l4, size_t covered, size_t total)
      : sent_(sent), quote_(quote), layout_(layout_of(sent)), quote_l4_(l4), covered_(covered), total_(total) {}

  Inference run() {
    Inference out;
    if (!layout_.tcp || layout_.l4 != quote_l4_) return out;
    const bool same = total_ == sent_.size();
    out.tried = covered_ >= kChecksumEnd || !same;
    if (!out.tried) return out;
    base_ = overlay();
    if (same) {
      out.unchanged = fits(base_);
      if (!out.unchanged) same_length();
    } else if (total_ < sent_.size()) {
      cuts();
      pieces();
    }
    for (const Candidate& c : candidates_) {
      const bool known = std::any_of(out.fits.begin(), out.fits.end(), [&](const Hypothesis& h) {
        return h.feature == c.hypothesis.feature && h.verdict == c.hypothesis.verdict && h.after == c.hypothesis.after;
      });
      if (!known) out.fits.push_back(c.hypothesis);
    }
    return out;
  }

 private:
  // The sent packet with every header field as the quote shows it, and (same length only) the quoted option and payload
  // bytes.
  std::vector<uint8_t> overlay() const {
    std::vector<uint8_t> p(sent_.begin(), sent_.end());
    const size_t addresses = layout_.version == 4 ? 12 : 8, size = layout_.version == 4 ? 8 : 32;
    std::copy_n(quote_.begin() + static_cast<long>(addresses), size, p.begin() + static_cast<long>(addresses));
    const bool whole_block = total_ == sent_.size();
    const size_t n = std::min(covered_, whole_block ? p.size() - quote_l4_ : 20u);
    for (size_t i = 0; i < n; ++i) {
      if (i == 12 && !whole_block) continue;  // the data offset follows from the edit
      p[quote_l4_ + i] = quote_[quote_l4_ + i];
    }
    return p;
  }
  // Does this packet, with a right checksum, look like the quote wherever that shows anything?
  bool fits(std::vector<uint8_t> p) const {
    const Layout l = layout_of(p);
    if (!l.tcp || p.size() != total_) return false;
    store16(&p[l.l4 + 16], l4_checksum(p, l));
    return std::equal(p.begin() + static_cast<long>(quote_l4_), p.begin() + static_cast<long>(quote_l4_ + covered_),
                      quote_.begin() + static_cast<long>(quote_l4_));
  }
  void offer(std::vector<uint8_t> p, Hypothesis h) {
    if (fits(p)) candidates_.push_back({std::move(p), std::move(h)});
  }
  ConstBytes sent_options() const { return sent_.subspan(layout_.options, layout_.options_size); }

  void same_length() {
    for (const Option& o : options_of(sent_options())) {
      if (o.kind == kOptNop || o.kind == kOptEol || o.malformed) continue;
      const size_t at = layout_.options + o.offset;
      if (at + o.size <= quote_l4_ + covered_) continue;  // quoted: nothing to infer
      const ConstBytes bytes = sent_.subspan(at, o.size);
      const std::string feature = feature_of(bytes), before = option_text(bytes);
      auto p = base_;
      std::fill_n(p.begin() + static_cast<long>(at), o.size, kOptNop);
      offer(p, {feature, "stripped-nop", before, "NOP"});
      std::fill_n(p.begin() + static_cast<long>(at), o.size, kOptEol);
      offer(p, {feature, "stripped-eol", before, "EOL"});
      if (o.kind == kOptMss && o.size == 4) clamp(at, feature, before);
      if (o.kind == kOptWscale && o.size == 3 && covered_ >= kHeaderEnd)
        for (uint8_t w = 0; w <= 14; ++w) {
          p = base_;
          p[at + 2] = w;
          if (w != bytes[2]) offer(p, {feature, "changed", before, fmt::format("{}", w)});
        }
    }
  }
  // One value of the MSS alone gives the quoted checksum: the sum is linear, so it is solved for, not searched (RFC
  // 1624).
  void clamp(size_t at, const std::string& feature, const std::string& before) {
    if (covered_ < kHeaderEnd) return;
    const uint16_t sent_mss = load16(&sent_[at + 2]);
    auto p = base_;
    store16(&p[at + 2], 0);
    const Layout l = layout_of(p);
    const uint16_t without = l4_checksum(p, l), quoted = load16(&quote_[quote_l4_ + 16]);
    // checksum = ~sum: sum(quoted) - sum(without) is what the MSS word adds, byte-swapped at an odd distance.
    uint32_t word = static_cast<uint32_t>(static_cast<uint16_t>(~quoted)) + 0xffff - static_cast<uint16_t>(~without);
    word = word % 0xffff;
    if ((at - layout_.l4) % 2 == 1) word = (word >> 8 | word << 8) & 0xffff;
    if (word < kLeastMss || word >= sent_mss) return;
    store16(&p[at + 2], static_cast<uint16_t>(word));
    offer(p, {feature, "clamped", before, fmt::format("{}", word)});
  }
  // One option taken out, together with the NOPs in front of it or without; the rest filled up with NOP or EOL.
  void cuts() {
    const ConstBytes block = sent_options();
    const auto options = options_of(block);
    for (size_t i = 0; i < options.size(); ++i) {
      const Option& o = options[i];
      if (o.kind == kOptNop || o.kind == kOptEol || o.malformed) continue;
      size_t from = o.offset;
      for (size_t k = i;; --k) {
        cut(block, o, from, o.offset + o.size);
        if (k == 0 || options[k - 1].kind != kOptNop) break;
        from = options[k - 1].offset;
      }
      if (i + 1 < options.size() && options[i + 1].kind <= kOptNop) cut(block, o, o.offset, block.size());
    }
  }
  // The first piece of a segment that was split, with the flags of the whole or without those of the last piece.
  void pieces() {
    const size_t missing = sent_.size() - total_;
    if (missing >= layout_.payload_size) return;
    for (const uint8_t gone : {uint8_t{0}, uint8_t{kPsh | kFin}}) {
      std::vector<uint8_t> p(base_.begin(), base_.end() - static_cast<long>(missing));
      if (covered_ <= 13) p[layout_.l4 + 13u] &= static_cast<uint8_t>(~gone);
      if (layout_.version == 4)
        store16(&p[2], static_cast<uint16_t>(p.size()));
      else
        store16(&p[4], static_cast<uint16_t>(p.size() - 40));
      offer(std::move(p), {"tcp.segmentation", "split", "1 segment", "a first piece"});
    }
  }
  void cut(ConstBytes block, const Option& o, size_t from, size_t to) {
    if (to == block.size() && o.offset + o.size < block.size()) {  // with the padding behind it
      for (size_t i = o.offset + o.size; i < block.size(); ++i)
        if (block[i] > kOptNop) return;
    }
    const ConstBytes bytes = block.subspan(o.offset, o.size);
    for (const uint8_t fill : {kOptNop, kOptEol}) {
      std::vector<uint8_t> rest(block.begin(), block.begin() + static_cast<long>(from));
      rest.insert(rest.end(), block.begin() + static_cast<long>(to), block.end());
      while (rest.size() % 4 != 0) rest.push_back(fill);
      if (sent_.size() - block.size() + rest.size() != total_) continue;
      std::vector<uint8_t> p(base_.begin(), base_.begin() + static_cast<long>(layout_.options));
      p.insert(p.end(), rest.begin(), rest.end());
      p.insert(p.end(), sent_.begin() + static_cast<long>(layout_.payload), sent_.end());
      p[layout_.l4 + 12] = static_cast<uint8_t>((20 + rest.size()) / 4 << 4 | (p[layout_.l4 + 12] & 0x0f));
      if (layout_.version == 4)
        store16(&p[2], static_cast<uint16_t>(p.size()));
      else
        store16(&p[4], static_cast<uint16_t>(p.size() - 40));
      offer(std::move(p), {feature_of(bytes), "stripped-cut", option_text(bytes), "-"});
    }
  }

  ConstBytes sent_, quote_;
  Layout layout_;
  size_t quote_l4_, covered_, total_;
  std::vector<uint8_t> base_;
  std::vector<Candidate> candidates_;
};

}  // namespace

Inference infer(ConstBytes sent, ConstBytes quote, size_t l4, size_t covered, size_t total) {
  return Inferrer(sent, quote, l4, covered, total).run();
}

}  // namespace gauntlet
