#include "stream_round.hh"

#include <nlohmann/json.hpp>

#include "chain_middle.hh"
#include "middleboxes/registry.hh"

namespace gauntlet {

using std::chrono::milliseconds;
using std::chrono::seconds;

void stream_round(const std::vector<std::string>& specs, uint64_t seed) {
  std::vector<Chain::Link> links;
  std::string text;
  for (const std::string& spec : specs) {
    links.push_back(link_of(spec));
    text += spec + ' ';
  }
  SCOPED_TRACE(testing::Message() << text << "seed " << seed);
  Rng rng(seed);
  const TcpPair pair = client_pair(rng.chance(0.4));
  const TcpConfig client = random_config(rng, pair);
  TcpConfig server = random_config(rng, pair.swapped());
  if (text.find("nat:") != std::string::npos) server.pair = {};
  World w(client, server, seed, std::make_unique<ChainMiddle>(links, seed));
  for (Weather* weather : {&w.near, &w.far}) {
    weather->loss = rng.chance(0.4) ? 0 : 0.01 * static_cast<double>(rng.below(10));
    weather->duplicate = rng.chance(0.6) ? 0 : 0.1;
    weather->reorder = rng.chance(0.6) ? 0 : 0.2;
    weather->delay = milliseconds(1 + rng.below(20));
  }
  for (End* e : {&w.client, &w.server}) {
    e->to_send = stream_bytes(rng, rng.chance(0.1) ? 0 : rng.below(40000));
    if (rng.chance(0.3)) {
      e->read_step = 1 + rng.below(5000);
      e->read_pause = milliseconds(rng.below(40));
    }
  }
  w.start();
  ASSERT_TRUE(w.run(seconds(6000))) << name_of(w.client.tcp.state()) << " " << name_of(w.server.tcp.state()) << ", got "
                                    << w.server.got.size() << " of " << w.client.to_send.size() << " and "
                                    << w.client.got.size() << " of " << w.server.to_send.size();
  ASSERT_TRUE(w.server.got == w.client.to_send) << w.server.got.size() << " of " << w.client.to_send.size();
  ASSERT_TRUE(w.client.got == w.server.to_send) << w.client.got.size() << " of " << w.server.to_send.size();
  ASSERT_EQ(w.client.tcp.error(), TcpError::none);
  ASSERT_EQ(w.server.tcp.error(), TcpError::none);
}

}  // namespace gauntlet
