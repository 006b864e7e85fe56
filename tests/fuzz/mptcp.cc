// Every option decodes to something that encodes to the same bytes and has a text.
#include "mptcp/option.hh"

#include <algorithm>
#include <vector>

#include "require.hh"

using namespace gauntlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ConstBytes bytes(data, size);
  const auto round_trip = [](ConstBytes option) {
    const MptcpOption decoded = decode_mptcp(option);
    const std::vector<uint8_t> again = encode(decoded);
    REQUIRE(std::equal(again.begin(), again.end(), option.begin(), option.end()));
    REQUIRE(!to_text(decoded).empty());
  };
  round_trip(bytes);
  for (const MptcpAt& at : mptcp_options(bytes)) round_trip(bytes.subspan(at.offset, at.size));
  return 0;
}
