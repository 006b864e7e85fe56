// The connections a proxy takes part in: bounded (past the limit the one that
// was quiet longest is forgotten), each with its own deadline. T has
// `std::optional<Time> next_tick() const`.
#pragma once
#include <list>
#include <optional>
#include <set>
#include <unordered_map>

#include "path/per_flow.hh"

namespace gauntlet {

template <typename T>
class Sessions {
 public:
  explicit Sessions(size_t limit) : limit_(limit) {}

  // Null when there is none for this life of the flow.
  T* find(const Seen& seen) { return find(seen.flow, *seen.facts); }
  // Of the flow that an ICMP error quotes.
  T* quoted(const Seen& seen) { return seen.quoted == kNoFlow ? nullptr : find(seen.quoted, *seen.quoted_facts); }
  T* find(FlowId flow, const FlowFacts& facts) {
    const auto it = by_flow_.find(flow);
    if (it == by_flow_.end() || it->second->serial != facts.serial) return nullptr;
    order_.splice(order_.begin(), order_, it->second);
    return &it->second->value;
  }
  // The one of an earlier life of the flow, if `same` says that it is of these ends (ids are used again): from now on
  // it is of this life. For a box that has answered in the server's name: what passed in front of it does not show that
  // the connection lives, and a SYN of another one looks like the flow's new beginning.
  template <typename F>
  T* adopt(const Seen& seen, F&& same) {
    const auto it = by_flow_.find(seen.flow);
    if (it == by_flow_.end() || !same(it->second->value)) return nullptr;
    it->second->serial = seen.facts->serial;
    had_.at(seen) = true;
    return &it->second->value;
  }
  // Was there ever one for this life of the flow? What comes of it after it was
  // forgotten is nobody's.
  bool had(const Seen& seen) const {
    const bool* was = had_.find(seen.flow, seen.facts->serial);
    return was != nullptr && *was;
  }
  template <typename... Args>
  T& make(const Seen& seen, Args&&... args) {
    remove(seen.flow);
    if (order_.size() >= limit_) {
      remove(order_.back().flow);
      ++forgotten_;
    }
    order_.emplace_front(seen.flow, seen.facts->serial, std::forward<Args>(args)...);
    by_flow_[seen.flow] = order_.begin();
    had_.at(seen) = true;
    return order_.front().value;
  }
  void remove(FlowId flow) {
    const auto it = by_flow_.find(flow);
    if (it == by_flow_.end()) return;
    if (it->second->due) due_.erase({*it->second->due, flow});
    order_.erase(it->second);
    by_flow_.erase(it);
  }
  // After something happened to it: notes its deadline.
  void touched(FlowId flow) {
    const auto it = by_flow_.find(flow);
    if (it == by_flow_.end()) return;
    Entry& e = *it->second;
    const auto due = e.value.next_tick();
    if (due == e.due) return;
    if (e.due) due_.erase({*e.due, flow});
    if (due) due_.insert({*due, flow});
    e.due = due;
  }

  std::optional<Time> next_tick() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
  }
  // f(flow, T&) for each that is due; f may remove it.
  template <typename F>
  void tick(Time now, F&& f) {
    std::vector<FlowId> flows;
    for (auto it = due_.begin(); it != due_.end() && it->first <= now; ++it) flows.push_back(it->second);
    for (const FlowId flow : flows) {
      const auto it = by_flow_.find(flow);
      if (it == by_flow_.end()) continue;
      f(flow, it->second->value);
      touched(flow);
    }
  }
  size_t size() const { return order_.size(); }
  uint64_t forgotten() const { return forgotten_; }

 private:
  struct Entry {
    template <typename... Args>
    Entry(FlowId id, uint64_t life, Args&&... args) : flow(id), serial(life), value(std::forward<Args>(args)...) {}
    FlowId flow;
    uint64_t serial;
    T value;
    std::optional<Time> due;
  };
  size_t limit_;
  std::list<Entry> order_;  // the latest used first
  std::unordered_map<FlowId, typename std::list<Entry>::iterator> by_flow_;
  std::set<std::pair<Time, FlowId>> due_;
  mutable PerFlow<bool> had_;
  uint64_t forgotten_ = 0;
};

}  // namespace gauntlet
