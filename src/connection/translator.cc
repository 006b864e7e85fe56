#include "connection/translator.hh"

#include <nlohmann/json.hpp>

#include "connection/forge.hh"
#include "path/icmp_error.hh"
#include "wire/tcp.hh"

namespace gauntlet {

Translator::Translator(const std::vector<Prefix>& pools, const Options& o, Rng rng) : options_(o) {
  for (const Prefix& pool : pools) tables_.emplace_back(pool, o.table, rng.fork(address_text(pool.bytes())));
}

NatTable* Translator::table_of(const Layout& l) {
  for (NatTable& t : tables_) {
    if (t.pool().size == (l.version == 4 ? 4 : 16)) return l.version == 0 ? nullptr : &t;
  }
  return nullptr;
}

// Of the packet's client side. Looked up once for each flow and way, then remembered.
NatMapping* Translator::mapping_of(ConstBytes p, const Seen& seen, NatTable& table) {
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
void Translator::error(Packet& p, const Seen& seen, const Quote& q, NatTable& table) const {
  const ConstBytes quoted = std::as_const(p).bytes().subspan(q.offset, q.size);
  if (seen.toward == Direction::to_client) {
    const auto source = source_endpoint(quoted, q.inner);
    const NatMapping* m = source ? table.find_outside(*source, seen.now) : nullptr;
    if (m != nullptr && !m->gone) translate_error_down(p, seen.layout, q, m->inside, options_.quotes);
  } else {
    const auto destination = destination_endpoint(quoted, q.inner);
    const NatMapping* m = destination ? table.find_inside(*destination, seen.now) : nullptr;
    if (m != nullptr && !m->gone) translate_error_up(p, seen.layout, q, m->inside, m->outside, options_.quotes);
  }
}

void Translator::packet(Packet p, const Seen& seen, Emit& out) {
  const Layout& l = seen.layout;
  NatTable* table = table_of(l);
  const bool junk = l.proto == kProtoTcp && l.first && !l.tcp;
  const Quote quote = l.tcp ? Quote{} : quote_of(std::as_const(p).bytes(), l);
  if (table != nullptr && quote.there) error(p, seen, quote, *table);
  if (table == nullptr || junk || quote.there) return out.send(std::move(p), seen.toward);
  seen.toward == Direction::to_server ? up(std::move(p), seen, *table, out) : down(std::move(p), seen, *table, out);
}

void Translator::up(Packet p, const Seen& seen, NatTable& table, Emit& out) {
  const Layout& l = seen.layout;
  NatMapping* m = mapping_of(std::as_const(p).bytes(), seen, table);
  if (m == nullptr && seen.selected) {
    const auto inside = source_endpoint(std::as_const(p).bytes(), l);
    if (inside && (m = table.make(*inside, seen.now)) == nullptr) return drop();
  }
  if (m == nullptr) return out.send(std::move(p), seen.toward);
  const bool again = options_.lost == Options::Lost::renewed || (seen.classes & kClassSyn);
  if (m->gone && !(again && table.renew(*m, seen.now))) return refuse(p, seen, out);
  table.use(*m, p.size(), seen.now);
  m->out.source(p, l);
  if (!table.pool().contains(destination_address(std::as_const(p).bytes(), l)))
    return out.send(std::move(p), seen.toward);
  const auto to = destination_endpoint(std::as_const(p).bytes(), l);  // hairpin: between two inside hosts
  NatMapping* other = options_.hairpin && to ? table.find_outside(*to, seen.now) : nullptr;
  if (other == nullptr || other->gone) return drop();
  other->in.destination(p, l);
  out.send(std::move(p), opposite(seen.toward));
}

void Translator::down(Packet p, const Seen& seen, NatTable& table, Emit& out) {
  const Layout& l = seen.layout;
  NatMapping* m = mapping_of(std::as_const(p).bytes(), seen, table);
  if (m != nullptr && m->gone) return refuse(p, seen, out);
  if (m == nullptr) {
    const ConstBytes bytes = std::as_const(p).bytes();
    const bool error = is_icmp_error(bytes, l);  // that quotes nothing which could be looked up
    return l.first && !error && table.pool().contains(destination_address(bytes, l))
               ? drop()
               : out.send(std::move(p), seen.toward);
  }
  table.use(*m, p.size(), seen.now);
  m->in.destination(p, l);
  out.send(std::move(p), seen.toward);
}

void Translator::refuse(const Packet& p, const Seen& seen, Emit& out) {
  if (options_.lost == Options::Lost::reset && seen.layout.tcp && !(seen.classes & kClassRst))
    out.send(forge_answer(p.bytes(), seen.layout, kRst), opposite(seen.toward));
  drop();
}

Json Translator::state() const {
  size_t mappings = 0;
  uint64_t forgotten = 0, lost = 0;
  for (const NatTable& t : tables_) mappings += t.size(), forgotten += t.forgotten(), lost += t.lost();
  return {{"mappings", mappings}, {"forgotten", forgotten}, {"lost", lost}, {"unwanted", unwanted_}};
}

}  // namespace gauntlet
