#include "probe/compare.hh"

#include <fmt/core.h>

#include <algorithm>

#include "probe/compare_header.hh"
#include "probe/infer.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

class Comparer : private HeaderComparer {
 public:
  Comparer(ConstBytes sent, ConstBytes quote) : HeaderComparer(sent, quote) {}

  Comparison run() {
    if (!ip_header()) return std::move(out_);
    out_.readable = true;
    const size_t end = std::min(quote_.size(), total_);
    out_.quoted = static_cast<uint16_t>(end - std::min(end, l4_));
    switch (old_.proto) {
      case kProtoTcp:
        tcp();
        break;
      case kProtoUdp:
        udp();
        break;
      default:
        echo();
        break;
    }
    return std::move(out_);
  }

 private:
  bool covers(size_t upper_bytes) const { return out_.quoted >= upper_bytes; }
  uint16_t old16(size_t at) const { return load16(&sent_[old_.l4 + at]); }
  uint16_t new16(size_t at) const { return load16(&quote_[l4_ + at]); }
  void upper16(const char* field, size_t at, const char* verdict = "changed") {
    if (covers(at + 2))
      set(field, old16(at), new16(at), verdict);
    else
      skip(field);
  }
  void upper32(const char* field, size_t at, const char* verdict) {
    if (covers(at + 4))
      set(field, load32(&sent_[old_.l4 + at]), load32(&quote_[l4_ + at]), verdict);
    else
      skip(field);
  }

  void tcp() {
    upper16("tcp.sport", 0, "napt");
    upper16("tcp.dport", 2, "dnat");
    upper32("tcp.seq", 4, "shifted");
    upper32("tcp.ack", 8, "shifted");
    skip("tcp.flags");
    if (covers(14)) {
      set("tcp.flags", fmt::format("0x{:03x}", old16(12) & 0xfff), fmt::format("0x{:03x}", new16(12) & 0xfff));
    }
    upper16("tcp.window", 14);
    upper16("tcp.urgent", 18);
    if (covers(18)) out_.sum_change = static_cast<uint16_t>((new16(16) + 0xffffu - old16(16)) % 0xffff);
    skip("tcp.checksum");
    skip("payload");
    options_and_payload();
    untranslated_sack();
    checksum();
    infer_hidden();
    explain_length();
  }

  void options_and_payload() {
    const ConstBytes before = sent_.subspan(old_.options, old_.options_size);
    const size_t offset = covers(13) ? (quote_[l4_ + 12] >> 4) * 4u : 0;
    header_ = offset < 20 ? 0 : offset;
    const size_t quoted_options = header_ > 0 && out_.quoted > 20 ? std::min<size_t>(out_.quoted, header_) - 20 : 0;
    // With a header that does not fit into the packet there is no telling where the options end.
    const size_t size = header_ > 0 && l4_ + header_ <= total_ ? header_ - 20 : before.size();
    compare_options(before, quote_.subspan(std::min(l4_ + 20, quote_.size() - quoted_options), quoted_options), size,
                    out_.fields);
    if (header_ == 0 || l4_ + header_ > total_ || !covers(header_)) return;
    payload(sent_.subspan(old_.payload, old_.payload_size), quote_.subspan(l4_ + header_, out_.quoted - header_),
            total_ - l4_ - header_);
  }
  // RFC 2018: blocks are sequence numbers of the other direction, as the acknowledgement number is. Who shifts the one
  // must shift the other.
  void untranslated_sack() {
    const auto ack = out_.fields.find("tcp.ack"), sack = out_.fields.find("tcp.sack");
    if (sack == out_.fields.end() || ack->second.evidence != Evidence::changed || sack->second.inferred) return;
    if (sack->second.evidence == Evidence::changed && sack->second.verdict == "changed" && sack_follows_ack()) {
      sack->second = {};  // translated, as it must be
      return;
    }
    if (sack->second.evidence != Evidence::equal || sack->second.weak) return;
    sack->second.evidence = Evidence::changed;
    sack->second.verdict = "untranslated";
    sack->second.before = "beside acknowledgement " + ack->second.before;
    sack->second.after = "the same blocks beside " + ack->second.after;
  }
  bool sack_follows_ack() const {
    const ConstBytes before = sent_.subspan(old_.options, old_.options_size);
    const size_t end = std::min<size_t>(out_.quoted, header_);
    if (end <= 20) return false;
    const ConstBytes after = quote_.subspan(l4_ + 20, end - 20);
    const Option a = find_option(before, kOptSack), b = find_option(after, kOptSack);
    if (a.size == 0 || a.size != b.size || b.offset + size_t{b.size} > after.size()) return false;
    const uint32_t shift = load32(&quote_[l4_ + 8]) - load32(&sent_[old_.l4 + 8u]);
    for (size_t at = 2; at + 4 <= a.size; at += 4)
      if (load32(&after[b.offset + at]) - load32(&before[a.offset + at]) != shift) return false;
    return true;
  }
  void payload(ConstBytes before, ConstBytes quoted, size_t size) {
    FieldState& s = out_.fields["payload"];
    s.before = fmt::format("{} bytes", before.size());
    s.after = fmt::format("{} bytes", size);
    const size_t common = std::min(before.size(), quoted.size());
    const bool same = std::equal(before.begin(), before.begin() + static_cast<long>(common), quoted.begin());
    if (size < before.size() && same) {
      s.evidence = Evidence::changed;
      s.verdict = "shortened";
    } else if (size > before.size() && same && (quoted.size() == size || common == before.size())) {
      s.evidence = Evidence::changed;
      s.verdict = "lengthened";
    } else if (!same || size != before.size()) {
      s.evidence = Evidence::changed;
      s.verdict = "edited";
    } else if (quoted.size() == size) {
      s.evidence = Evidence::equal;
    }
  }

  bool tail_is_quoted() const { return l4_ + out_.quoted >= total_; }
  bool header_changed() const {
    return std::any_of(out_.fields.begin(), out_.fields.end(), [](const auto& f) {
      return f.second.evidence == Evidence::changed && f.first != "ip.dscp" && f.first != "ip.ecn" &&
             f.first != "ip.id" && f.first != "ip.fragment" && f.first != "ip.flow_label" && f.first != "ip.options";
    });
  }
  // Whole segment quoted: its checksum is right or it is not (RFC 9293 3.1).
  void checksum() {
    if (!covers(20) || !tail_is_quoted() || quote_.size() < total_) return;
    std::vector<uint8_t> whole(quote_.begin(), quote_.begin() + static_cast<long>(total_));
    if (out_.artefacts.empty() == false && old_.version == 4) store16(&whole[2], static_cast<uint16_t>(total_));
    const Layout l = layout_of(whole);
    if (!l.tcp) return;
    if (l4_checksum_ok(whole, l)) {
      set("tcp.checksum", "right", "right");
      out_.checksum_updated = true;
    } else if (old16(16) == new16(16)) {
      set("tcp.checksum", "right", "wrong", "not-updated");
    } else {
      set("tcp.checksum", "right", "wrong", header_changed() ? "broken" : "untranslated-quote");
    }
  }

  // Options and payload that are not quoted; see infer.hh.
  void infer_hidden() {
    const Inference i = infer(sent_, quote_, l4_, out_.quoted, total_);
    if (!i.tried || (tail_is_quoted() && covers(20))) return;
    if (i.unchanged) {
      const std::string cut = half_quoted_and_changed();
      if (!cut.empty())
        out_.fields["tcp.tail"] = {.evidence = Evidence::changed,
                                   .verdict = "modified",
                                   .before = "as sent",
                                   .after = "in what is quoted in part",
                                   .inferred = true};
      out_.checksum_updated = covers(18);
      // What stands behind an EOL that a box wrote keeps its bytes, and the sum, and is gone all the same.
      const bool cut_off = std::any_of(out_.fields.begin(), out_.fields.end(),
                                       [](const auto& f) { return f.second.verdict == "stripped-eol"; });
      for (auto& [field, state] : out_.fields)
        if (state.evidence == Evidence::not_covered && hidden(field) && (!cut_off || field == "payload") &&
            field != cut) {
          state.evidence = Evidence::equal;
          state.weak = true;
        }
      return;
    }
    if (i.fits.empty() && out_.length_delta == 0) {
      if (!covers(20)) return;  // as infer.cc: no evidence without a whole header
      const bool untouched = !header_changed() && old16(16) != new16(16);
      FieldState& s = out_.fields["tcp.tail"];
      s = {.evidence = Evidence::changed,
           .verdict = "modified",
           .before = "as sent",
           .after = "cause unknown",
           .inferred = true};
      if (!untouched && old16(16) == new16(16))
        out_.fields.erase("tcp.tail");  // a box that leaves the checksum as it was
      return;
    }
    if (!i.fits.empty()) out_.checksum_updated = covers(18);
    for (const Hypothesis& h : i.fits) {
      FieldState& s = out_.fields[h.feature];
      if (s.evidence != Evidence::not_covered && !s.inferred) continue;
      s = {.evidence = Evidence::changed,
           .verdict = h.verdict,
           .before = h.before,
           .after = h.after,
           .inferred = true,
           .ambiguous = i.fits.size() > 1};
    }
  }
  // The option in which the quote ends, when the part of it that is quoted is not as it was sent. Its name; else empty.
  std::string half_quoted_and_changed() const {
    if (total_ != sent_.size() || out_.quoted <= 20 || l4_ != old_.l4) return "";
    const ConstBytes block = sent_.subspan(old_.options, old_.options_size);
    const size_t quoted = out_.quoted - 20u;
    for (const Option& o : options_of(block)) {
      if (o.kind <= kOptNop || o.malformed || o.offset >= quoted || o.offset + o.size <= quoted) continue;
      const bool same = std::equal(block.begin() + o.offset, block.begin() + static_cast<long>(quoted),
                                   quote_.begin() + static_cast<long>(l4_ + 20u + o.offset));
      return same ? "" : feature_of(block.subspan(o.offset, o.size));
    }
    return "";
  }
  static bool hidden(const std::string& field) {
    return field == "payload" || field.starts_with("mptcp.") || field == "tcp.mss" || field == "tcp.wscale" ||
           field == "tcp.sack_permitted" || field == "tcp.sack" || field == "tcp.timestamps" ||
           field.starts_with("tcp.option_");
  }

  // A length that options and payload explain is their consequence, not a change of its own.
  void explain_length() {
    if (out_.length_delta == 0) return;
    const bool explained = std::any_of(out_.fields.begin(), out_.fields.end(), [](const auto& f) {
      return f.second.evidence == Evidence::changed && (hidden(f.first) || f.first == "ip.options");
    });
    if (explained) out_.fields["ip.length"] = {};
  }

  void udp() {
    upper16("udp.sport", 0, "napt");
    upper16("udp.dport", 2, "dnat");
    upper16("udp.length", 4);
    skip("udp.checksum");
    if (!covers(8) || !tail_is_quoted() || quote_.size() < total_) return;
    std::vector<uint8_t> whole(quote_.begin(), quote_.begin() + static_cast<long>(total_));
    const Layout l = layout_of(whole);
    const uint16_t quoted = new16(6), wanted = l.proto == kProtoUdp ? l4_checksum(whole, l) : quoted;
    const bool right = quoted == 0 || quoted == wanted || (quoted == 0xffff && wanted == 0);
    set("udp.checksum", "right", right ? "right" : "wrong", header_changed() ? "broken" : "untranslated-quote");
  }
  void echo() {
    upper16("icmp.id", 4);
    upper16("icmp.seq", 6);
  }

  size_t header_ = 0;  // quoted TCP header length, 0: not quoted or impossible
};

}  // namespace

const char* name_of(Evidence e) {
  switch (e) {
    case Evidence::equal:
      return "equal";
    case Evidence::changed:
      return "changed";
    case Evidence::not_covered:
      return "not-covered";
    case Evidence::silent:
      return "silent";
    case Evidence::rate_limited:
      break;
  }
  return "rate-limited";
}

Comparison compare(ConstBytes sent, ConstBytes quote) { return Comparer(sent, quote).run(); }

}  // namespace gauntlet
