// Any bytes have a layout that stays inside them, an option walk that ends, and checksums that can be asked for.
#include "wire/layout.hh"

#include <vector>

#include "require.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

using namespace gauntlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ConstBytes packet(data, size);
  const Layout l = layout_of(packet);
  REQUIRE(l.ip_header <= size && l.l4 == l.ip_header);
  REQUIRE(l4_checksum_at(packet, l) == 0 || l4_checksum_at(packet, l) + 2 <= size);
  if (l.tcp) {
    REQUIRE(l.first && l.proto == kProtoTcp);
    REQUIRE(l.options == l.l4 + 20 && l.options + l.options_size == l.payload && l.options_size <= 40);
    REQUIRE(l.payload + l.payload_size <= size && l.payload + l.payload_size <= l.ip_total);
    const TcpView view(packet, l);
    OptionWalk walk(view.options());
    size_t sum = 0;
    for (Option o; walk.next(o);) {
      REQUIRE(o.size > 0 && o.offset == sum);
      sum += o.size;
    }
    REQUIRE(sum + walk.rest().size() == l.options_size);
  }
  for (const Option& o : options_of(packet)) REQUIRE(size_t{o.offset} + o.size <= size);

  std::vector<uint8_t> mended(data, data + size);
  write_checksums(mended);
  REQUIRE(l4_checksum_ok(mended, layout_of(mended)));
  return 0;
}
