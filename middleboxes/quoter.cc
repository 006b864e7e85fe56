// quoter: changes ICMP errors and the packet they quote
//
// Every selected ICMP error that passes, or that the router itself sends (hook OUTPUT, at = "local"), is kept back or
// quotes less, more or something else. First the lie is told, then the quote is cut and extended. A cut takes
// extensions the router made away. Other packets pass; so do errors without a whole quoted IP header, unless they are
// kept back.
//
// Parameters:
//   packet=-1       bytes of the quoted packet that stay, its IP header included; -1: all
//   upper=-1        bytes that stay behind its IP header (RFC 792 asks for 8); -1: all
//   mpls=           labels of an MPLS stack to tell, joined by + (RFC 4950), behind at least 128 quoted bytes
//   length=auto     RFC 4884's length field. auto: with mpls; always: without it, too; never: as routers from before
//                   RFC 4884, 128 bytes and nobody told; wrong: 128 bytes more than there are
//   lie=none        field of the quoted packet to change: tos flow id ttl src dst sport dport seq ack flags window sum
//                   urgent mss option payload (its first byte)
//   kind=30         with lie=option: which; without flip and set NOPs stand over it
//   flip=           hex: flips these bits of the field, counted from its last one
//   set=-1          instead: this number
//   sums=yes        the quoted checksums follow the lie, as if the packet had arrived so
//   silent=no       yes: no error gets out
//   rate=0          errors per second that get out, by the packets' own time; 0: all
//   burst=6         errors that may go at once
//
// Examples:  quoter:upper=8      quoter:mpls=1000,length=never      quoter:lie=seq,flip=ff      quoter:rate=1,dir=s2c
//
// Seen in the wild: routers quote 8 bytes (RFC 792) or all (RFC 1812), tell MPLS labels, limit their errors or send
// none; NATs that forget to translate quotes or damage them.
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/quote_lie.hh"
#include "path/quote_shape.hh"
#include "util/error.hh"
#include "util/token_bucket.hh"

namespace gauntlet {
namespace {

class Quoter final : public Middlebox {
 public:
  Quoter(const Params& p, Rng)
      : lie_{p.text("lie"), static_cast<uint8_t>(p.number("kind")), p.text("flip"), p.number("set"), p.flag("sums")},
        silent_(p.flag("silent")),
        bucket_(static_cast<uint64_t>(p.number("rate")), static_cast<uint64_t>(p.number("burst"))) {
    if (p.number("packet") >= 0) shape_.packet = static_cast<size_t>(p.number("packet"));
    if (p.number("upper") >= 0) shape_.upper = static_cast<size_t>(p.number("upper"));
    shape_.objects = mpls_object(p.text("mpls"));
    using Length = QuoteShape::Length;
    const std::string& length = p.text("length");
    shape_.length = length == "always"  ? Length::always
                    : length == "never" ? Length::never
                    : length == "wrong" ? Length::too_long
                                        : Length::automatic;
    const bool how = p.given("flip") || p.given("set");
    if ((lie_.field == "none") == how && lie_.field != "option")
      throw UsageError("quoter: a lie wants its field and flip= or set=");
  }

  void packet(Packet p, const Seen& seen, Emit& out) override {
    const ConstBytes bytes = std::as_const(p).bytes();
    if (is_icmp_error(bytes, seen.layout)) {
      if (silent_ || !bucket_.take(1, seen.now)) {
        ++kept_back_;
        return;
      }
      const Quote quote = quote_of(bytes, seen.layout);
      if (quote.there) tell_lie(p, seen.layout, quote, lie_);
      if (quote.there && shape_.changes()) reshape_quote(p, seen.layout, quote, shape_);
    }
    out.send(std::move(p), seen.toward);
  }

  Json state() const override { return {{"kept_back", kept_back_}}; }

 private:
  QuoteLie lie_;
  QuoteShape shape_;
  bool silent_;
  TokenBucket bucket_;
  uint64_t kept_back_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  // Captures on both sides show the error as it came and, where it is not kept back, as it left.
  std::vector<DeclaredEdit> all{{"dropped", "icmp error", p.text("dir")}};
  if (!p.flag("silent")) all.push_back({"injected", "icmp error", p.text("dir")});
  return all;
}

}  // namespace

BoxEntry quoter_box() {
  return {.schema = {.name = "quoter",
                     .params = with_common(
                         {number("packet", "-1", -1, 65535, "bytes of the quoted packet that stay; -1: all"),
                          number("upper", "-1", -1, 65535, "bytes that stay behind its IP header; -1: all"),
                          param("mpls", ParamType::text, "", "labels of an MPLS stack, joined by +"),
                          choice("length", {"auto", "always", "never", "wrong"}, "RFC 4884's length field"),
                          choice("lie", lie_fields(), "field of the quoted packet to change"),
                          number("kind", "30", 2, 255, "with lie=option: its kind"),
                          param("flip", ParamType::hex, "", "bits of the field to flip"),
                          number("set", "-1", -1, UINT32_MAX, "this value; -1: by flip"),
                          param("sums", ParamType::boolean, "yes", "the quoted checksums follow the lie"),
                          param("silent", ParamType::boolean, "no", "no error gets out"),
                          number("rate", "0", 0, 1000000, "errors per second that get out; 0: all"),
                          number("burst", "6", 1, 1000000, "errors that may go at once")}),
                     .declares = declares},
          .make = make_box<Quoter>};
}

}  // namespace gauntlet
