// One difference between two cuts, and the list they are gathered in. Kinds: docs/evidence.md section 6.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "judge/flows.hh"
#include "util/json.hh"

namespace gauntlet {

struct FrameAt {
  std::string interface;
  uint32_t number = 0;  // in that interface's file, from 1
};

struct Difference {
  std::string kind, field, cls;  // cls: classes and MPTCP subtypes of the segment as it was sent, "data+dss"
  std::string before, after;     // for people; hex for bytes
  int64_t flow = -1;             // number of the flow pair, -1: not of a TCP flow
  std::string flow_name;         // addresses and ports as the client side shows them
  Way way = Way::c2s;
  int64_t offset = -1;                  // in the stream, from 0, as it was sent; -1: not of a place in the stream
  uint64_t count = 1;                   // segments that differ this way (constant differences are one record)
  std::vector<FrameAt> client, server;  // at most kFrames of each cut
  static constexpr size_t kFrames = 8;
};

// True when a segment with these classes is one of `wanted` (a closed-list class, "a+b" for either, empty or "any" for
// all).
bool is_of_class(const std::string& cls, const std::string& wanted);

class Differences {
 public:
  explicit Differences(size_t limit = 200'000) : limit_(limit) {}

  void add(Difference d);
  // For what a box does alike to a whole flow (addresses, ports, initial numbers): one record per flow, way, kind,
  // field, before and after; later ones only count.
  void add_constant(Difference d);
  const std::vector<Difference>& all() const { return all_; }
  uint64_t omitted() const { return omitted_; }  // past the limit: counted, not kept

 private:
  std::vector<Difference> all_;
  std::map<std::string, size_t> constants_;
  size_t limit_;
  uint64_t omitted_ = 0;
};

Json to_json(const Difference&);

}  // namespace gauntlet
