// ftp: the application level gateway of a NAT, for FTP's control connection
//
// Rewrites the address (and with `port` the port) in PORT and EPRT commands of the client and in the replies 227 and
// 229 of the server (RFC 959, RFC 2428), in either case, where they begin a segment. The text may get longer or
// shorter; sequence numbers are kept consistent both ways, mappings and their checksums are not.
//
// Parameters:
//   to=             address to write, IPv4 or IPv6; required
//   port=0          port to write; 0: leave it
//   mtu=1500        what grows beyond this leaves as two segments
//
// Example:  ftp:to=203.0.113.4,dir=c2s
//
// Seen in the wild: every NAT that knows FTP; in a server's trace all MP_FAILs in 5000 connections came from port 21
// (TMA 2015).
#include <fmt/core.h>
#include <strings.h>

#include "middleboxes/box.hh"
#include "path/prefix.hh"
#include "path/rewriter.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// "192,0,2,1,4,1": host and port of RFC 959. Its length, or 0 when `text` does not begin with one.
size_t host_port(std::string_view text, unsigned (&n)[6]) {
  size_t at = 0;
  for (int i = 0; i < 6; ++i) {
    if (i > 0 && (at >= text.size() || text[at++] != ',')) return 0;
    const size_t begin = at;
    for (n[i] = 0; at < text.size() && text[at] >= '0' && text[at] <= '9' && at - begin < 3; ++at)
      n[i] = n[i] * 10 + static_cast<unsigned>(text[at] - '0');
    if (at == begin || n[i] > 255) return 0;
  }
  return at;
}

class Ftp final : public Rewriter {
 public:
  Ftp(const Params& p, Rng)
      : Rewriter(static_cast<size_t>(p.number("mtu"))),
        to_(parse_prefix(p.text("to"))),
        port_(static_cast<unsigned>(p.number("port"))) {
    if (to_.bits != 8 * to_.size) throw UsageError("ftp: to= is one address, not a prefix");
  }

 private:
  void find(ConstBytes payload, int64_t position, const Seen& seen, Lane& lane) override {
    if (position < lane.high || payload.size() < 6) return;  // a retransmission, or too little
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const bool up = seen.toward == Direction::to_server;
    const auto says = [&](const char* verb) { return ::strncasecmp(text.data(), verb, 5) == 0; };  // RFC 959 5.3
    if (up && says("PORT ")) old_form(text, 5, position, lane);
    if (up && says("EPRT ") && text[5] == '|') new_form(text, 5, position, lane);
    if (!up && text.starts_with("227 ")) old_form(text, text.find('(') + 1, position, lane);
    if (!up && text.starts_with("229 ")) new_form(text, text.find('(') + 1, position, lane);
  }

  void old_form(std::string_view text, size_t at, int64_t position, Lane& lane) const {
    unsigned n[6];
    if (at == 0 || to_.size != 4) return;
    const size_t size = host_port(text.substr(at), n);
    if (size == 0) return;
    const unsigned port = port_ != 0 ? port_ : n[4] << 8 | n[5];
    const uint8_t* a = to_.address.data();
    put(lane, position + static_cast<long>(at), text.substr(at, size),
        fmt::format("{},{},{},{},{},{}", a[0], a[1], a[2], a[3], port >> 8, port & 255));
  }

  // "|1|192.0.2.1|1025|"; in the reply 229 protocol and address are empty (RFC 2428 3).
  void new_form(std::string_view text, size_t at, int64_t position, Lane& lane) const {
    size_t bars[4];
    for (size_t i = 0, from = at; i < 4; ++i, from = bars[i - 1] + 1) {
      bars[i] = text.find('|', from);
      if (at == 0 || bars[i] == std::string_view::npos) return;
    }
    const std::string_view address = text.substr(bars[1] + 1, bars[2] - bars[1] - 1),
                           port = text.substr(bars[2] + 1, bars[3] - bars[2] - 1);
    const std::string proto = address.empty() ? "" : to_.size == 4 ? "1" : "2";
    const std::string fresh = address.empty() ? "" : address_text(to_.bytes());
    put(lane, position + static_cast<long>(at), text.substr(at, bars[3] + 1 - at),
        fmt::format("|{}|{}|{}|", proto, fresh, port_ != 0 ? std::to_string(port_) : std::string(port)));
  }

  static void put(Lane& lane, int64_t at, std::string_view old, const std::string& fresh) {
    if (old != fresh && lane.edits.add(at, old.size(), {fresh.begin(), fresh.end()})) ++lane.done;
  }

  Prefix to_;
  unsigned port_;
};

std::vector<DeclaredEdit> declares(const Params& p) { return stream_edits(p, {"changed", "inserted", "deleted"}); }

}  // namespace

BoxEntry ftp_box() {
  return {.schema = {.name = "ftp",
                     .params = with_common({required(param("to", ParamType::text, "", "address to write")),
                                            number("port", "0", 0, 65535, "port to write; 0: leave it"),
                                            number("mtu", "1500", 576, 65535, "no larger packet leaves")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Ftp>,
          .sees_all = true};
}

}  // namespace gauntlet
