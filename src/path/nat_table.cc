#include "path/nat_table.hh"

#include <algorithm>
#include <cstring>

namespace gauntlet {
namespace {

constexpr uint16_t kFirstPort = 1024;
constexpr uint32_t kPorts = 65536 - kFirstPort;

// How many addresses a pool has to give: a whole prefix without its first (the network's own), at most 256.
uint32_t pool_size(const Prefix& p) {
  const unsigned free_bits = 8u * p.size - p.bits;
  return free_bits == 0 ? 1 : free_bits >= 8 ? 254 : (1u << free_bits) - (free_bits == 1 ? 0 : 2);
}

}  // namespace

size_t NatTable::Hash::operator()(const Endpoint& e) const {
  uint64_t a, b;
  std::memcpy(&a, e.address.data(), 8);
  std::memcpy(&b, e.address.data() + 8, 8);
  uint64_t h = (a ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 32) ^ b) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 32) ^ (uint64_t{e.port} << 8 | e.proto)) * 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 32);
}

NatTable::NatTable(const Prefix& pool, bool keep_ports, Rng rng, size_t limit)
    : pool_(pool), keep_(keep_ports), rng_(rng), limit_(limit) {}

// One inside address always has the same outside address; they are given out in order of appearance.
std::array<uint8_t, 16> NatTable::pool_address(const Endpoint& inside) {
  Endpoint who = inside;
  who.port = 0;
  who.proto = 0;
  if (pairs_.size() >= limit_) pairs_.clear();
  const auto [place, fresh] = pairs_.try_emplace(who, static_cast<uint32_t>(pairs_.size()));
  const uint32_t size = pool_size(pool_);
  const uint32_t number = place->second % size + (size == 1 || 8u * pool_.size - pool_.bits == 1 ? 0 : 1);
  std::array<uint8_t, 16> address = pool_.address;
  uint8_t& last = address[pool_.size - 1u];
  const unsigned host_bits = std::min(8u * pool_.size - pool_.bits, 8u);
  if (host_bits > 0) last = static_cast<uint8_t>((last & (0xff << host_bits)) | number);
  return address;
}

NatTable::Space& NatTable::space_of(Endpoint outside) {
  outside.port = 0;
  const auto [place, fresh] = spaces_.try_emplace(outside);
  if (fresh) place->second.next = static_cast<uint32_t>(rng_.below(kPorts));
  return place->second;
}

std::optional<uint16_t> NatTable::free_port(Endpoint outside, uint16_t wanted) {
  outside.port = wanted;
  if (keep_ && !outside_.contains(outside)) return wanted;
  Space& space = space_of(outside);
  for (uint32_t tried = 0; tried < kPorts && space.used < kPorts; ++tried) {
    outside.port = static_cast<uint16_t>(kFirstPort + space.next);
    space.next = (space.next + 1) % kPorts;
    if (outside.port != wanted && !outside_.contains(outside)) return outside.port;
  }
  return std::nullopt;
}

void NatTable::forget_oldest() {
  const Mapping& oldest = by_use_.front();
  if (oldest.outside.port >= kFirstPort) --space_of(oldest.outside).used;
  inside_.erase(oldest.inside);
  outside_.erase(oldest.outside);
  by_use_.pop_front();
  ++forgotten_;
}

std::optional<Endpoint> NatTable::outside_of(const Endpoint& inside, bool may_make) {
  if (const auto known = inside_.find(inside); known != inside_.end()) {
    by_use_.splice(by_use_.end(), by_use_, known->second);
    return known->second->outside;
  }
  if (!may_make || inside.size != pool_.size) return std::nullopt;
  Endpoint outside = inside;
  outside.address = pool_address(inside);
  const auto port = free_port(outside, inside.port);
  if (!port) return std::nullopt;
  outside.port = *port;
  if (by_use_.size() >= limit_) forget_oldest();
  if (*port >= kFirstPort) ++space_of(outside).used;
  const Place place = by_use_.insert(by_use_.end(), {inside, outside});
  inside_.emplace(inside, place);
  outside_.emplace(outside, place);
  return outside;
}

std::optional<Endpoint> NatTable::inside_of(const Endpoint& outside) {
  const auto known = outside_.find(outside);
  if (known == outside_.end()) return std::nullopt;
  by_use_.splice(by_use_.end(), by_use_, known->second);
  return known->second->inside;
}

}  // namespace gauntlet
