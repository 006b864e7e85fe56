// echo: answers MP_CAPABLE for a server that has none of it
//
// The server does not get to see MP_CAPABLE of the SYN; its SYN/ACK, a plain one, gets it back: as it came, or with a
// key, as a real server would send it. So the client hears "yes" from a host that will never say another word of MPTCP.
//
// Parameters:
//   key=none        none: the four bytes of the SYN    made-up: 12 bytes, with a random key
//
// Examples:  echo      echo:key=made-up
//
// Seen in the wild: a large share of the hosts that seem capable only echo options they do not know (IFIP 2021).
#include "middleboxes/box.hh"
#include "path/option_splice.hh"
#include "path/per_flow.hh"

namespace gauntlet {
namespace {

class Echo final : public Middlebox {
 public:
  Echo(const Params& p, Rng rng) : rng_(rng), key_(p.text("key") == "made-up") {}

  void packet(Packet p, const Seen& seen, Emit& out) override {
    if (seen.flow != kNoFlow && seen.role == Role::capable) {
      Layout layout = seen.layout;
      Heard& heard = flows_.at(seen);
      if (seen.classes & kClassSyn) take(TcpEdit(p, layout), heard);
      if ((seen.classes & kClassSynack) && heard.size != 0) give(TcpEdit(p, layout), heard);
    }
    out.send(std::move(p), seen.toward);
  }

 private:
  struct Heard {
    std::array<uint8_t, 12> option{};
    size_t size = 0;
  };

  void take(TcpEdit edit, Heard& heard) {
    const ConstBytes options = edit.view().options();
    const Option o = find_option(options, kOptMptcp);
    if (o.size != 4 || options[o.offset + 2u] >> 4 != 0) {  // no MP_CAPABLE of a SYN, RFC 8684 3.1
      heard = {};                                           // tried again without: nothing to give back
      return;
    }
    if (heard.size == 0) {
      std::copy_n(options.begin() + o.offset, 4, heard.option.begin());
      heard.size = 4;
      if (key_) {
        heard.size = 12;
        heard.option[1] = 12;
        store64(&heard.option[4], rng_.next());
      }
    }
    splice_options(edit, o.offset, o.size, {});
  }

  static void give(TcpEdit edit, const Heard& heard) {
    if (find_option(edit.view().options(), kOptMptcp).size != 0) return;
    splice_options(edit, 0, 0, {heard.option.data(), heard.size});
  }

  Rng rng_;
  bool key_;
  PerFlow<Heard> flows_;
};

std::vector<DeclaredEdit> declares(const Params&) {
  return {{"removed", "option 30/mpc", "c2s"}, {"added", "option 30/mpc", "s2c"}};
}

}  // namespace

BoxEntry echo_box() {
  return {.schema = {.name = "echo",
                     .params = with_common({choice("key", {"none", "made-up"}, "is there a key in it?")}, "both",
                                           "syn+synack"),
                     .declares = declares},
          .make = make_box<Echo>};
}

}  // namespace gauntlet
