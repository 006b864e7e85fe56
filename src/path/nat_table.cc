#include "path/nat_table.hh"

#include <algorithm>
#include <cstring>

namespace gauntlet {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;

// How many addresses a pool has to give: a whole prefix without its first (the network's own), at most 254.
uint32_t pool_size(const Prefix& p) {
  const unsigned free_bits = 8u * p.size - p.bits;
  return free_bits == 0 ? 1 : free_bits >= 8 ? 254 : (1u << free_bits) - (free_bits == 1 ? 0 : 2);
}

std::array<uint8_t, 16> address_in(const Prefix& pool, uint32_t number) {
  const unsigned free_bits = 8u * pool.size - pool.bits, host_bits = std::min(free_bits, 8u);
  std::array<uint8_t, 16> address = pool.address;
  if (host_bits == 0) return address;
  uint8_t& last = address[pool.size - 1u];
  last = static_cast<uint8_t>((last & (0xff << host_bits)) | (number + (free_bits == 1 ? 0 : 1)));
  return address;
}

}  // namespace

size_t Endpoint::Hash::operator()(const Endpoint& e) const {
  uint64_t a, b;
  std::memcpy(&a, e.address.data(), 8);
  std::memcpy(&b, e.address.data() + 8, 8);
  uint64_t h = (a ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 32) ^ b) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 32) ^ (uint64_t{e.port} << 8 | e.proto)) * 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 32);
}

NatTable::NatTable(const Prefix& pool, const Options& options, Rng rng) : pool_(pool), options_(options), rng_(rng) {}

void NatTable::unlink(List& list, NatMapping& m) {
  (m.older == kNobody ? list.oldest : all_[m.older].newer) = m.newer;
  (m.newer == kNobody ? list.newest : all_[m.newer].older) = m.older;
  --list.count;
}

void NatTable::append(List& list, NatMapping& m) {
  m.older = list.newest;
  m.newer = kNobody;
  (list.newest == kNobody ? list.oldest : all_[list.newest].newer) = index_of(m);
  list.newest = index_of(m);
  ++list.count;
}

// One inside address always has the same outside address and block; they are given out in order of appearance.
uint32_t NatTable::number_of(const Endpoint& inside) {
  Endpoint who = inside;
  who.port = who.proto = 0;
  if (numbers_.size() >= options_.limit) numbers_.clear();
  return numbers_.try_emplace(who, static_cast<uint32_t>(numbers_.size())).first->second;
}

// Sets the outside address; null when every block of it has its owner.
NatPorts* NatTable::ports_of(const Endpoint& inside, Endpoint& outside) {
  const uint32_t number = number_of(inside), addresses = pool_size(pool_);
  const uint32_t ports = options_.last - options_.first + 1u;
  const uint32_t count = options_.block == 0 ? ports : std::min<uint32_t>(options_.block, ports);
  const uint32_t block = options_.block == 0 ? 0 : number / addresses;
  outside.address = address_in(pool_, number % addresses);
  if (block >= ports / count) return nullptr;
  Endpoint key = outside;
  key.port = static_cast<uint16_t>(block);
  const auto [place, fresh] = ports_.try_emplace(key);
  if (fresh) place->second = {options_.first + block * count, count, static_cast<uint32_t>(rng_.below(count)), 0};
  return &place->second;
}

bool NatTable::give_outside(NatMapping& m, Time now) {
  while (options_.idle.count() != 0 && live_.oldest != kNobody && due(all_[live_.oldest], now))
    lose(all_[live_.oldest]);
  Endpoint outside = m.inside;
  const uint16_t before = m.outside.port;
  NatPorts* ports = ports_of(m.inside, outside);
  if (ports == nullptr) return false;
  const auto usable = [&](uint16_t port) {
    outside.port = port;
    return !outside_.contains(outside);
  };
  bool found = options_.keep && !m.renewed && usable(m.inside.port);
  for (uint32_t tried = 0; !found && tried < ports->count && ports->used < ports->count; ++tried) {
    const auto port = static_cast<uint16_t>(ports->first + ports->next);
    ports->next = (ports->next + 1) % ports->count;
    const bool other = ports->count < 3 || (port != m.inside.port && port != before);
    found = other && usable(port);
  }
  if (!found) return false;
  if (outside.port - ports->first < ports->count) ++ports->used;
  m.outside = outside;
  m.ports = ports;
  m.out = {outside, m.inside};
  m.in = {m.inside, outside};
  m.serial = ++serial_;
  m.used = now;
  m.packets = m.bytes = 0;
  m.gone = false;
  outside_.emplace(outside, index_of(m));
  append(live_, m);
  return true;
}

void NatTable::free_outside(NatMapping& m) {
  if (m.outside.port - m.ports->first < m.ports->count) --m.ports->used;
  outside_.erase(m.outside);
  unlink(live_, m);
}

void NatTable::lose(NatMapping& m) {
  free_outside(m);
  m.gone = m.renewed = true;
  append(gone_, m);
  ++lost_;
}

void NatTable::forget(uint32_t index) {
  NatMapping& m = all_[index];
  m.gone ? unlink(gone_, m) : free_outside(m);
  inside_.erase(m.inside);
  m.serial = 0;
  free_.push_back(index);
  ++forgotten_;
}

NatMapping* NatTable::find_inside(const Endpoint& inside, Time now) {
  const auto known = inside_.find(inside);
  if (known == inside_.end()) return nullptr;
  NatMapping& m = all_[known->second];
  if (due(m, now)) lose(m);
  return &m;
}

NatMapping* NatTable::find_outside(const Endpoint& outside, Time now) {
  const auto known = outside_.find(outside);
  if (known == outside_.end()) return nullptr;
  NatMapping& m = all_[known->second];
  if (due(m, now)) lose(m);
  return &m;
}

NatMapping* NatTable::make(const Endpoint& inside, Time now) {
  if (inside.size != pool_.size) return nullptr;
  if (live_.count + gone_.count >= options_.limit) forget(gone_.oldest != kNobody ? gone_.oldest : live_.oldest);
  uint32_t index = static_cast<uint32_t>(all_.size());
  if (free_.empty()) {
    all_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  NatMapping& m = all_[index] = {};
  m.inside = inside;
  if (!give_outside(m, now)) {
    free_.push_back(index);
    return nullptr;
  }
  inside_.emplace(inside, index);
  return &m;
}

bool NatTable::renew(NatMapping& m, Time now) {
  unlink(gone_, m);
  if (give_outside(m, now)) return true;
  append(gone_, m);
  return false;
}

void NatTable::use(NatMapping& m, size_t bytes, Time now) {
  m.used = now;
  ++m.packets;
  m.bytes += bytes;
  if (live_.newest == index_of(m)) return;
  unlink(live_, m);
  append(live_, m);
}

}  // namespace gauntlet
