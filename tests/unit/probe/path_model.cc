#include "path_model.hh"

#include <algorithm>

#include "probe/catalogue.hh"
#include "probe/icmp_quote.hh"
#include "wire/checksum.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

IpAddress address(bool v6, int n) {
  return *parse_ip_address(v6 ? "2001:db8:0:" + std::to_string(n) + "::1" : "10.0." + std::to_string(n) + ".1");
}

// ICMP time exceeded / destination unreachable from `from`, RFC 792 and RFC 4443, written here on its own.
std::vector<uint8_t> icmp_error(bool v6, const IpAddress& from, const IpAddress& to, uint8_t type, uint8_t code,
                                ConstBytes packet, size_t quoted, bool rfc4884, uint8_t ttl) {
  std::vector<uint8_t> body(8);
  body[0] = type;
  body[1] = code;
  size_t n = std::min(quoted, packet.size());
  body.insert(body.end(), packet.begin(), packet.begin() + static_cast<long>(n));
  if (rfc4884) {
    const size_t unit = v6 ? 8 : 4;
    while (body.size() < 8 + 128 || (body.size() - 8) % unit != 0) body.push_back(0);
    body[v6 ? 4 : 5] = static_cast<uint8_t>((body.size() - 8) / unit);
    std::vector<uint8_t> ext{0x20, 0, 0, 0, 0, 8, 1, 1, 0x00, 0x3e, 0x81, 0x01};  // label 1000, RFC 4950
    store16(&ext[2], static_cast<uint16_t>(~sum16(ext)));
    body.insert(body.end(), ext.begin(), ext.end());
  }
  std::vector<uint8_t> p(v6 ? 40 : 20);
  if (v6) {
    p[0] = 0x60;
    store16(&p[4], static_cast<uint16_t>(body.size()));
    p[6] = 58;
    p[7] = ttl;
    std::copy_n(from.storage.begin(), 16, p.begin() + 8);
    std::copy_n(to.storage.begin(), 16, p.begin() + 24);
  } else {
    p[0] = 0x45;
    store16(&p[2], static_cast<uint16_t>(20 + body.size()));
    p[8] = ttl;
    p[9] = 1;
    std::copy_n(from.storage.begin(), 4, p.begin() + 12);
    std::copy_n(to.storage.begin(), 4, p.begin() + 16);
  }
  p.insert(p.end(), body.begin(), body.end());
  write_checksums(p);
  return p;
}

uint8_t& ttl_byte(Packet& p, bool v6) { return p.data()[v6 ? 7 : 8]; }

struct Walk {
  const PathModel& m;
  const ProbeFlow& flow;
  ProbeRun& run;

  void answer_tcp(Packet& p, uint8_t sent_ttl, int hops_away, bool real_server) {
    const Layout l = layout_of(p.bytes());
    const TcpView t(p.bytes(), l);
    if (!t.has(kSyn)) return;
    const bool join = std::ranges::any_of(options_of(t.options()), [&](const Option& o) {
      return o.kind == kOptMptcp && !o.malformed && t.options()[o.offset + 2u] >> 4 == 1;
    });
    const bool capable = std::ranges::any_of(options_of(t.options()), [&](const Option& o) {
      return o.kind == kOptMptcp && o.size == 4 && t.options()[o.offset + 2u] == 1;
    });
    const bool mptcp = real_server && m.server_mptcp;
    ProbeSpec spec = parse_spec(join && mptcp ? "rst/ack" : "synack/mss=1460/sack-ok/nop/nop");
    if (capable && mptcp && !m.strip_synack)
      spec = parse_spec("synack/mss=1460/sack-ok/nop/nop/opt=30:01010102030405060708");
    ProbeFlow back;
    back.source = flow.destination;
    back.destination = flow.source;
    back.source_port = flow.destination_port;
    back.destination_port = flow.source_port;
    back.seq = 777;
    back.ack = flow.seq + 1;
    ProbeReply r;
    r.ttl = sent_ttl;
    r.packet = craft(spec, back, static_cast<uint8_t>(64 - hops_away + 1));
    run.replies.push_back(r);
  }

  void go(uint8_t ttl) {
    Packet p(run.sent[ttl - 1u]);
    for (int hop = 1; hop <= m.routers; ++hop) {
      if (m.before_check.contains(hop)) m.before_check.at(hop)(p);
      const Layout l = layout_of(p.bytes());
      if (m.proxy_at == hop && l.tcp) return answer_tcp(p, ttl, hop, false);
      if (ttl_byte(p, m.v6) <= 1) return quote(p, ttl, hop, address(m.v6, hop), m.v6 ? 3 : 11, 0);
      --ttl_byte(p, m.v6);
      if (m.raise_ttl_at == hop) ttl_byte(p, m.v6) = static_cast<uint8_t>(ttl_byte(p, m.v6) + m.raise_by);
      if (m.after_check.contains(hop)) m.after_check.at(hop)(p);
      if (m.drop_at == hop && m.dropped_behind.contains(run.name)) return;
    }
    const Layout l = layout_of(p.bytes());
    if (l.tcp) answer_tcp(p, ttl, m.routers + 1, true);
    if (l.proto == kProtoUdp) quote(p, ttl, m.routers + 1, flow.destination, m.v6 ? 1 : 3, m.v6 ? 4 : 3);
  }

  void quote(Packet& p, uint8_t ttl, int hop, const IpAddress& from, uint8_t type, uint8_t code) {
    if (m.silent.contains(hop)) return;
    Packet q = p.copy();
    if (m.of_quote.contains(hop)) m.of_quote.at(hop)(q);
    const int n = m.quote_of_hop.contains(hop) ? m.quote_of_hop.at(hop) : m.quote;
    const size_t header = m.v6 ? 40 : 20;
    const auto error =
        icmp_error(m.v6, from, flow.source, type, code, q.bytes(), n < 0 ? q.size() : header + static_cast<size_t>(n),
                   m.rfc4884, static_cast<uint8_t>(64 - hop + 1));
    auto read = read_quote(error);
    if (!read) return;
    read->ttl = ttl;
    run.quotes.push_back(*read);
  }
};

}  // namespace

Observation observe(const PathModel& m, const std::vector<std::string>& names) {
  Observation o;
  o.source = address(m.v6, 100);
  o.destination = address(m.v6, 200);
  o.port = 80;
  uint32_t n = 0, written = 0;
  for (const std::string& name : names) {
    ++n;
    ProbeRun run;
    const NamedProbe* named = find_probe(name);
    run.name = name;
    run.spec = parse_spec(named ? named->spec : name);
    run.copies_only = named && named->phase == ProbePhase::established;
    run.tries = 3;
    ProbeFlow& f = run.flow;
    f.source = o.source;
    f.destination = o.destination;
    f.source_port = static_cast<uint16_t>(40000 + n);
    f.destination_port = 80;
    f.seq = 0x01020304u * n;
    f.ack = 0x10203040u;
    f.tsval = 1000 * n;
    f.id_base = static_cast<uint16_t>(2000 * n);
    f.flow_label = 0x12345;
    f.key = 0x0102030405060708u;
    f.peer_key = 0x1112131415161718u;
    f.token = 0xdeadbeef;
    f.nonce = 0x01234567;
    f.dsn = 0x2122232425262728u;
    f.data_ack = 0x3132333435363738u;
    if (m.one_flow) {
      f.source_port = 40000;
      f.seq = 0x01020304u + written;
      f.ssn += written;
      f.dsn += written;
      written += static_cast<uint32_t>(run.spec.payload.size());
    }
    for (int ttl = 1; ttl <= m.routers + 3; ++ttl) run.sent.push_back(craft(run.spec, f, static_cast<uint8_t>(ttl)));
    Walk walk{m, f, run};
    for (int ttl = 1; ttl <= (run.copies_only ? m.routers : m.routers + 3); ++ttl) walk.go(static_cast<uint8_t>(ttl));
    o.runs.push_back(std::move(run));
  }
  return o;
}

BoxEdit fill_option(uint8_t kind, uint8_t with) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    if (!l.tcp) return;
    TcpEdit edit(p, l);
    const Option o = find_option(edit.view().options(), kind);
    if (o.size != 0) edit.write_options(o.offset, std::vector<uint8_t>(o.size, with));
  };
}

BoxEdit cut_option(uint8_t kind) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    if (!l.tcp) return;
    TcpEdit edit(p, l);
    const ConstBytes all = edit.view().options();
    const Option o = find_option(all, kind);
    if (o.size == 0) return;
    std::vector<uint8_t> rest(all.begin(), all.begin() + o.offset);
    rest.insert(rest.end(), all.begin() + o.offset + o.size, all.end());
    while (rest.size() % 4 != 0) rest.push_back(kOptNop);
    edit.replace_options(rest);
  };
}

BoxEdit clamp_mss(uint16_t to) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    if (!l.tcp) return;
    TcpEdit edit(p, l);
    const Option o = find_option(edit.view().options(), kOptMss);
    uint8_t bytes[2];
    store16(bytes, to);
    if (o.size == 4) edit.write_options(o.offset + 2u, bytes);
  };
}

BoxEdit write_bytes(size_t offset, std::vector<uint8_t> bytes) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    if (l.tcp) TcpEdit(p, l).write(offset, bytes);
  };
}

BoxEdit shift_seq(uint32_t by) {
  return [=](Packet& p) {
    Layout l = layout_of(p.bytes());
    if (!l.tcp) return;
    TcpEdit edit(p, l);
    edit.set_seq(edit.view().seq() + by);
  };
}

}  // namespace gauntlet
