// The packet an ICMP error quotes lies inside the error.
#include "require.hh"
#include "wire/icmp.hh"

using namespace gauntlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ConstBytes packet(data, size);
  const Layout l = layout_of(packet);
  const Quote q = quote_of(packet, l);
  if (!q.there) return 0;
  REQUIRE(is_icmp_error(packet, l));
  REQUIRE(q.offset == l.l4 + 8 && size_t{q.offset} + q.size <= size);
  REQUIRE(q.inner.version != 0 && q.inner.ip_header <= q.size);
  REQUIRE(q.extensions == 0 || (q.extensions + 4u <= size && q.extensions >= q.offset + q.size));
  if (q.inner.tcp) REQUIRE(q.inner.payload + q.inner.payload_size <= q.size);
  return 0;
}
