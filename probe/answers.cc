#include "probe/answers.hh"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "wire/layout.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

uint8_t ttl_of(ConstBytes packet) {
  const Layout l = layout_of(packet);
  return l.version == 4 ? packet[8] : l.version == 6 ? packet[7] : uint8_t{0};
}

uint8_t hops_back(uint8_t ttl) {
  const int start = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return static_cast<uint8_t>(start - ttl + 1);
}

std::vector<uint8_t> SynAnswer::option(uint8_t kind) const {
  const Option o = find_option(options, kind);
  if (o.size == 0) return {};
  return {options.begin() + o.offset, options.begin() + o.offset + o.size};
}

SynAnswer answer_of(const ProbeRun& run) {
  SynAnswer a;
  for (const ProbeReply& r : run.replies) {
    const Layout l = layout_of(r.packet);
    if (!l.tcp) continue;
    const TcpView t(r.packet, l);
    if (t.has(kRst)) {
      if (!a.rst) a.rst_ttl = ttl_of(r.packet);
      a.rst = true;
    } else if (t.has(kSyn) && t.has(kAck) && !a.syn_ack) {
      a.syn_ack = true;
      a.ack = t.ack();
      a.reply_ttl = ttl_of(r.packet);
      a.options.assign(t.options().begin(), t.options().end());
    }
  }
  return a;
}

bool is_syn(const ProbeRun& run) { return run.spec.proto == kProtoTcp && (run.spec.flags & (kSyn | kAck)) == kSyn; }

const ProbeRun* find_syn(const Observation& o, const char* word) {
  for (const ProbeRun& run : o.runs)
    if (is_syn(run) && run.spec.has_option(word)) return &run;
  return nullptr;
}

std::vector<uint8_t> first_sent(const ProbeRun& run) {
  for (const auto& packet : run.sent)
    if (!packet.empty()) return packet;
  return {};
}

namespace {

// The value of a header field, empty without one. RFC 9112 5: names in any case, blanks around the value.
std::string_view header(std::string_view text, std::string_view name) {
  for (size_t at = text.find("\r\n"); at != text.npos; at = text.find("\r\n", at + 2)) {
    const std::string_view line = text.substr(at + 2, text.find("\r\n", at + 2) - (at + 2));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    const bool same = std::equal(name.begin(), name.end(), line.begin(),
                                 [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (!same) continue;
    const size_t from = line.find_first_not_of(" \t", name.size() + 1);
    return from == line.npos ? std::string_view{} : line.substr(from);
  }
  return {};
}

std::string_view host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return {};  // relative: the same host
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/:?#"));
}

// What a stranger says stays on its line and does nothing to a terminal: what is not printable ASCII is shown as \xNN.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

// A page that sends the browser on: <meta http-equiv="refresh" content="0; url=...">.
std::string_view refresh_of(std::string_view text) {
  const size_t meta = text.find("http-equiv=\"refresh\""), url = text.find("url=", meta);
  if (meta == text.npos || url == text.npos) return {};
  return text.substr(url + 4, text.find_first_of("\"'>", url + 4) - (url + 4));
}

}  // namespace

std::string portal_of(const Observation& o) {
  for (const ProbeRun& run : o.runs) {
    const std::string_view asked(reinterpret_cast<const char*>(run.spec.payload.data()), run.spec.payload.size());
    if (run.copies_only || !asked.starts_with("GET ")) continue;
    for (const ProbeReply& r : run.replies) {
      const Layout l = layout_of(r.packet);
      if (!l.tcp) continue;
      const std::string_view said(reinterpret_cast<const char*>(r.packet.data()) + l.payload, l.payload_size);
      if (!said.starts_with("HTTP/1.") || said.size() < 12) continue;
      if (said.substr(9, 3) == "511") return "its login page";
      const std::string_view to = said[9] == '3' ? header(said, "Location") : refresh_of(said);
      if (const auto host = host_of(to); !host.empty() && host != header(asked, "Host")) return printable(to);
    }
  }
  return {};
}

}  // namespace gauntlet
