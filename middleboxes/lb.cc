// lb: sends joins to another server than their connection is on
//
// A selected SYN with MP_JOIN, and all that follows it in its flow, goes to another server, which this box is: it knows
// nothing of the token. What that server answers is for `other` to say. Flows without MP_JOIN pass.
//
// Parameters:
//   other=mptcp     mptcp: a server with MPTCP, a RST with MP_TCPRST reason 1, as RFC 8684 section 3.2 asks; closed: a
//                   bare RST; plain: a SYN/ACK without MPTCP, from a server that speaks TCP only; silent: nothing
//
// Examples:  lb      lb:other=plain,path=p2
//
// Seen in the wild: server farms behind a balancer that hashes addresses and ports (RFC 8041 section 3.12).
#include <nlohmann/json.hpp>

#include "middleboxes/box.hh"
#include "path/per_flow.hh"
#include "tcp/segment.hh"
#include "wire/checksum.hh"

namespace gauntlet {
namespace {

// RFC 8684 3.6: kind 30, length 4, subtype 8 with no flag, reason 1 (MPTCP-specific error).
constexpr uint8_t kTcprst[] = {30, 4, 0x80, 1};
constexpr uint32_t kIsn = 0x10000000;

class Lb final : public Middlebox {
 public:
  Lb(const Params& p, Rng) : other_(p.text("other")) {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    // A damaged one begins nothing, and no server answers it.
    const bool syn = (seen.classes & kClassSyn) != 0 && (seen.classes & kClassJoin) != 0 &&
                     l4_checksum_ok(std::as_const(p).bytes(), seen.layout);
    bool* away = seen.flow == kNoFlow ? nullptr : &away_.at(seen);
    if (away != nullptr && !*away && syn && !seen.stray && seen.selected && seen.toward == Direction::to_server) {
      *away = true;
      ++joins_;
    }
    if (away == nullptr || !*away) return out.send(std::move(p), seen.toward);
    if (syn && other_ != "silent") out.send(answer(std::as_const(p).bytes(), seen.layout), opposite(seen.toward));
  }
  Json state() const override { return {{"joins", joins_}}; }

 private:
  Packet answer(ConstBytes syn, const Layout& l) const {
    const TcpView tcp(syn, l);
    const bool plain = other_ == "plain";
    TcpHeader h{plain ? kIsn : 0, tcp.seq() + tcp.sequence_length(), static_cast<uint8_t>(kAck | (plain ? kSyn : kRst)),
                static_cast<uint16_t>(plain ? 65535 : 0)};
    if (plain) return make_segment(receivers_pair(syn, l), h, encode_tcp_options({.mss = 1400}), {});
    return make_segment(receivers_pair(syn, l), h, other_ == "mptcp" ? ConstBytes(kTcprst) : ConstBytes(), {});
  }

  std::string other_;
  PerFlow<bool> away_;
  uint64_t joins_ = 0;
};

std::vector<DeclaredEdit> declares(const Params& p) {
  std::vector<DeclaredEdit> all{{"dropped", "", "c2s"}};
  if (p.text("other") == "plain") all.push_back({"injected", "", "s2c"});
  if (p.text("other") == "mptcp" || p.text("other") == "closed") all.push_back({"rst_injected", "", "s2c"});
  return all;
}

}  // namespace

BoxEntry lb_box() {
  return {.schema = {.name = "lb",
                     .params = with_common(
                         {choice("other", {"mptcp", "closed", "plain", "silent"}, "what the other server says")}, "c2s",
                         "syn"),
                     .declares = declares},
          .make = make_box<Lb>,
          .sees_all = true};
}

}  // namespace gauntlet
