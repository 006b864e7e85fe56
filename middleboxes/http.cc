// http: what carriers' proxies do to HTTP: a header injected, a URI rewritten
//
// Acts on selected segments that begin with a request or status line (RFC 9112). Sequence numbers are kept consistent
// both ways, as an application level gateway does; mappings and their checksums are not.
//
// Parameters:
//   header=         a header field, put right behind the first line
//   uri=            what a request asks for instead
//   mtu=1500        what grows beyond this leaves as two segments
//
// Examples:  http:header='X-UIDH: 4f2a',dir=c2s      http:header='Via: 1.1 box',dir=s2c      http:uri=/blocked,dir=c2s
//
// Seen in the wild: tracking headers of mobile carriers, filters that send people elsewhere; 91 of the 125 connections
// that fell back among 184 000 were HTTP, in the server's direction (RFC 8041 section 3.1).
#include <algorithm>
#include <array>
#include <string_view>

#include "middleboxes/box.hh"
#include "path/rewriter.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

// RFC 9110 9.3 and RFC 5789.
constexpr std::array<std::string_view, 9> kMethods = {"GET ",     "POST ",    "HEAD ",  "PUT ",  "DELETE ",
                                                      "OPTIONS ", "CONNECT ", "TRACE ", "PATCH "};

class Http final : public Rewriter {
 public:
  Http(const Params& p, Rng)
      : Rewriter(static_cast<size_t>(p.number("mtu"))), header_(p.text("header")), uri_(p.text("uri")) {
    if (header_.empty() && uri_.empty()) throw UsageError("http: give header or uri");
  }

 private:
  void find(ConstBytes payload, int64_t position, const Seen&, Lane& lane) override {
    if (position < lane.high) return;  // a retransmission
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return;
    const std::string_view line = text.substr(0, end);
    const bool request = std::ranges::any_of(kMethods, [&](auto method) { return line.starts_with(method); });
    if (!request && !line.starts_with("HTTP/1.")) return;
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (request && !line.substr(last + 1).starts_with("HTTP/1.")) return;
    if (request && !uri_.empty() && last > first) put(lane, position, line, first + 1, last - first - 1, uri_);
    if (!header_.empty()) put(lane, position, text, end, 2, "\r\n" + header_ + "\r\n");
  }

  static void put(Lane& lane, int64_t position, std::string_view text, size_t at, size_t size, const std::string& now) {
    if (text.substr(at, size) == now) return;
    if (lane.edits.add(position + static_cast<int64_t>(at), size, {now.begin(), now.end()})) ++lane.done;
  }

  std::string header_, uri_;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  return p.text("uri").empty() ? stream_edits(p, {"inserted"}) : stream_edits(p, {"changed", "deleted", "inserted"});
}

}  // namespace

BoxEntry http_box() {
  return {.schema = {.name = "http",
                     .params = with_common({param("header", ParamType::text, "", "header field to put in"),
                                            param("uri", ParamType::text, "", "what requests ask for instead"),
                                            number("mtu", "1500", 576, 65535, "no larger packet leaves")},
                                           "both", "data"),
                     .declares = declares},
          .make = make_box<Http>,
          .sees_all = true};
}

}  // namespace gauntlet
