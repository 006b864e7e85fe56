// What the tests of single edits share: a conversation with one edited segment in its middle.
#pragma once
#include "scene.hh"

#include <gtest/gtest.h>

namespace gauntlet::test {

inline Raw dss(uint64_t dsn, uint32_t ssn, uint16_t length) {
  Dss d;
  d.mapping.emplace();
  d.mapping->dsn = dsn;
  d.mapping->dsn8 = true;
  d.mapping->ssn = ssn;
  d.mapping->length = length;
  return option(d);
}

// Sends 1000 bytes at `offset`; `edit` changes what stands behind the box.
template <typename Edit>
void edited(Scene& s, int64_t offset, Raw options, Edit edit) {
  const Tcp before = s.c2s(offset, coded(static_cast<uint64_t>(offset), 1000), std::move(options));
  Tcp behind = before;
  edit(behind);
  s.before_and_behind(Way::c2s, {before}, {behind});
}

// SYN and request of flow `k` of many that say the same to one server, inside and outside of a NAT that leaves nothing
// of their numbers.
inline std::vector<std::pair<Tcp, Tcp>> one_of_many(const Scene& s, uint32_t k) {
  Tcp syn = s.c2s(-1), request = s.c2s(0, text("GET / HTTP/1.0"));
  syn.flags = kSyn;
  std::vector<std::pair<Tcp, Tcp>> both;
  for (Tcp inside : {syn, request}) {
    inside.sport = static_cast<uint16_t>(2000 + k);
    inside.seq += 1'000'000 * k;
    Tcp outside = inside;
    outside.source = "192.0.2.77";
    outside.sport = static_cast<uint16_t>(5000 + 7 * k);
    outside.seq += 555 + k;
    both.emplace_back(inside, outside);
  }
  return both;
}

struct DiffKinds : ::testing::Test {
  Scene s;
  void SetUp() override {
    s.handshake();
    s.both(Way::c2s, s.c2s(0, coded(0, 1000)));
  }
  void TearDown() override { /* every test says what it expects of kinds() */
  }
  template <typename Edit>
  std::vector<std::string> one(Raw options, Edit edit) {
    edited(s, 1000, std::move(options), edit);
    s.both(Way::c2s, s.c2s(2000, coded(2000, 1000)));
    s.close(3000, 0);
    return kinds(s.diff());
  }
};

}  // namespace gauntlet::test
