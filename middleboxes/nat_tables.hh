// The tables of a translator, one for each family of its pool: which mapping a
// packet has, what becomes of ICMP errors, its parameters and what it declares.
#pragma once
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <vector>

#include "middleboxes/box.hh"
#include "path/nat_table.hh"
#include "path/per_flow.hh"
#include "util/error.hh"
#include "wire/tcp.hh"

namespace gauntlet {

class NatTables {
 public:
  NatTables(const Params& p, Rng rng) {
    NatTable::Options o;
    o.keep = p.text("ports") == "keep";
    const std::string& range = p.text("range");
    const char* const end = range.data() + range.size();
    const auto first = std::from_chars(range.data(), end, o.first);
    const auto last = std::from_chars(std::min(first.ptr + 1, end), end, o.last);
    if (first.ec != std::errc{} || last.ec != std::errc{} || last.ptr != end || o.first > o.last || o.first == 0)
      throw UsageError("nat: range=" + range + " is not FIRST-LAST, from 1 to 65535");
    o.block = static_cast<uint16_t>(p.number("block"));
    o.idle = Duration(p.number("idle"));
    o.packets = static_cast<uint64_t>(p.number("packets"));
    o.bytes = static_cast<uint64_t>(p.number("bytes"));
    o.limit = static_cast<size_t>(p.number("limit"));
    for (const Prefix& pool : parse_prefixes(p.text("pool")))
      tables_.emplace_back(pool, o, rng.fork(address_text(pool.bytes())));
  }

  NatTable* of(const Layout& l) {
    for (NatTable& t : tables_) {
      if (t.pool().size == (l.version == 4 ? 4 : 16)) return l.version == 0 ? nullptr : &t;
    }
    return nullptr;
  }

  // Of the packet's client side. Looked up once for each flow and way, then
  // remembered.
  NatMapping* mapping_of(ConstBytes p, const Seen& seen, NatTable& table) {
    const bool up = seen.toward == Direction::to_server;
    NatTable::Handle* handle = seen.flow == kNoFlow ? nullptr : &handles_.at(seen)[up ? 0 : 1];
    NatMapping* m = handle ? table.at(*handle, seen.now) : nullptr;
    if (m != nullptr) return m;
    const auto side = up ? source_endpoint(p, seen.layout) : destination_endpoint(p, seen.layout);
    if (side) m = up ? table.find_inside(*side, seen.now) : table.find_outside(*side, seen.now);
    if (m != nullptr && handle != nullptr) *handle = table.handle(*m);
    return m;
  }

  // About a packet that was translated on its way; others are left alone.
  static void error(Packet& p, const Seen& seen, const Quote& q, NatTable& table, bool quotes) {
    const ConstBytes quoted = std::as_const(p).bytes().subspan(q.offset, q.size);
    if (seen.toward == Direction::to_client) {
      const auto source = source_endpoint(quoted, q.inner);
      const NatMapping* m = source ? table.find_outside(*source, seen.now) : nullptr;
      if (m != nullptr && !m->gone) translate_error_down(p, seen.layout, q, m->inside, quotes);
    } else {
      const auto destination = destination_endpoint(quoted, q.inner);
      const NatMapping* m = destination ? table.find_inside(*destination, seen.now) : nullptr;
      if (m != nullptr && !m->gone) translate_error_up(p, seen.layout, q, m->inside, m->outside, quotes);
    }
  }

  Json state() const {
    size_t mappings = 0;
    uint64_t forgotten = 0, lost = 0;
    for (const NatTable& t : tables_) mappings += t.size(), forgotten += t.forgotten(), lost += t.lost();
    return {{"mappings", mappings}, {"forgotten", forgotten}, {"lost", lost}};
  }

  // All but those that belong to the box itself.
  static std::vector<ParamSpec> params() {
    ParamSpec pool = param("pool", ParamType::text, "", "outside address or prefix, one per family, joined by +");
    pool.required = true;
    return {pool,
            choice("ports", {"rewrite", "keep"}, "what happens to the port"),
            param("range", ParamType::text, "1024-65535", "ports to give out"),
            number("block", "0", 0, 65535, "ports of each inside address; 0: all"),
            duration("idle", "0s", 0, "a mapping that was quiet as long is lost; 0: never"),
            number("packets", "0", 0, INT64_MAX, "a mapping is lost after as many; 0: never"),
            size_param("bytes", "0", 0, INT64_MAX, "or after as many bytes; 0: never"),
            number("limit", "65536", 1, 1 << 20, "mappings")};
  }

  static std::vector<DeclaredEdit> declares(const Params& p) {
    std::vector<DeclaredEdit> all{{"addr_rewritten", "src", "c2s"}, {"addr_rewritten", "dst", "s2c"}};
    const bool loses = p.given("idle") || p.given("packets") || p.given("bytes");
    if (p.text("ports") == "rewrite" || (loses && p.text("lost") == "new")) {
      all.push_back({"port_rewritten", "sport", "c2s"});
      all.push_back({"port_rewritten", "dport", "s2c"});
    }
    if (loses) all.push_back({"dropped", "", "both"});
    // What goes on under another address and port is another flow to whoever
    // compares captures, and the server's answer to it one that nobody asked
    // for.
    if (loses && p.text("lost") == "new")
      all.push_back({"injected", "", "c2s"}), all.push_back({"rst_injected", "", "s2c"});
    if (loses && p.text("lost") == "rst") all.push_back({"rst_injected", "", "both"});
    return all;
  }

 private:
  std::vector<NatTable> tables_;
  PerFlow<std::array<NatTable::Handle, 2>> handles_;  // by direction
};

}  // namespace gauntlet
