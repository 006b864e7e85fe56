// A map that forgets what was used longest ago when it holds `limit` entries.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace gauntlet {

template <typename Key, typename Value, typename Hash>
class BoundedMap {
 public:
  explicit BoundedMap(size_t limit) : limit_(limit) {}

  // Null when there is none. Valid until the next put().
  Value* find(const Key& key) {
    const auto it = by_key_.find(key);
    if (it == by_key_.end()) return nullptr;
    by_use_.splice(by_use_.end(), by_use_, it->second);
    return &it->second->second;
  }
  Value& put(const Key& key, Value value) {
    if (Value* known = find(key)) return *known = std::move(value);
    if (by_use_.size() >= limit_) {
      by_key_.erase(by_use_.front().first);
      by_use_.pop_front();
      ++forgotten_;
    }
    by_use_.emplace_back(key, std::move(value));
    by_key_.emplace(key, std::prev(by_use_.end()));
    return by_use_.back().second;
  }
  size_t size() const { return by_use_.size(); }
  uint64_t forgotten() const { return forgotten_; }

 private:
  using Order = std::list<std::pair<Key, Value>>;
  size_t limit_;
  uint64_t forgotten_ = 0;
  Order by_use_;
  std::unordered_map<Key, typename Order::iterator, Hash> by_key_;
};

}  // namespace gauntlet
