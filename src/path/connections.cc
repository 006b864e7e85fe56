#include "path/connections.hh"

#include "mptcp/crypto.hh"

namespace gauntlet {
namespace {

constexpr size_t kJoinSyn = 12, kJoinToken = 4;
constexpr size_t kSenderKey = 4, kReceiverKey = 12;  // offsets in MP_CAPABLE

}  // namespace

uint32_t Connections::make() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const uint32_t entry = free_.back();
  free_.pop_back();
  entries_[entry] = {};
  entries_[entry].connection.id = ++last_id_;
  entries_[entry].flows = 1;
  return entry;
}

void Connections::leave(uint32_t entry) {
  if (entry == kNone || --entries_[entry].flows > 0) return;
  const Connection& c = entries_[entry].connection;
  if (c.client_key != 0) by_token_.erase(c.client_token);
  if (c.server_key != 0) by_token_.erase(c.server_token);
  free_.push_back(entry);
}

// The first key of a side stays: a second one is not this connection's. A key that another entry already knows makes
// the two one: behind a NAT the two directions of a connection look like two flows.
uint32_t Connections::learn(uint32_t entry, bool client, uint64_t key) {
  Connection& c = entries_[entry].connection;
  uint64_t& known = client ? c.client_key : c.server_key;
  if (known != 0 || key == 0) return entry;
  const uint32_t token = token_of(key);
  if (const auto other = by_token_.find(token); other != by_token_.end()) {
    if (other->second == entry) return entry;
    const uint32_t whole = other->second;
    entries_[whole].connection.subflows += c.subflows;
    ++entries_[whole].flows;
    leave(entry);
    return whole;
  }
  known = key;
  (client ? c.client_token : c.server_token) = token;
  by_token_.emplace(token, entry);
  return entry;
}

uint32_t Connections::capable(uint32_t current, Direction toward, bool first_syn, ConstBytes option) {
  if (current == kNone) current = make();
  if (first_syn) entries_[current].connection.subflows = 1;
  // Keys: SYN/ACK 12 bytes, third ACK 20, with data 22 or 24. Of another version they mean something else.
  if ((option[2] & 0x0f) != 1 || option.size() < kSenderKey + 8) return current;
  const bool from_client = toward == Direction::to_server;
  current = learn(current, from_client, load64(option.data() + kSenderKey));
  if (option.size() >= kReceiverKey + 8) current = learn(current, !from_client, load64(option.data() + kReceiverKey));
  return current;
}

uint32_t Connections::join(ConstBytes option) {
  if (option.size() != kJoinSyn) return kNone;
  const auto it = by_token_.find(load32(option.data() + kJoinToken));
  if (it == by_token_.end()) return kNone;
  ++entries_[it->second].flows;
  ++entries_[it->second].connection.subflows;
  return it->second;
}

}  // namespace gauntlet
