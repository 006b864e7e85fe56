// TCP options of a probe: RFC 9293 3.1 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 8684, RFC 6824.
#include <fmt/core.h>

#include <charconv>
#include <map>

#include "mptcp/crypto.hh"
#include "mptcp/option.hh"
#include "probe/craft.hh"
#include "util/error.hh"
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using Out = std::vector<uint8_t>;
struct Context {
  const ProbeSpec& spec;
  const ProbeFlow& flow;
  uint8_t ttl;
};

[[noreturn]] void bad(const OptionWord& o, const char* wanted) {
  throw UsageError(fmt::format("probe word '{}={}': {}", o.word, o.value, wanted));
}

uint64_t integer(const OptionWord& o, uint64_t high, int base = 10) {
  uint64_t n = 0;
  const char* end = o.value.data() + o.value.size();
  const auto [at, error] = std::from_chars(o.value.data(), end, n, base);
  if (o.value.empty() || error != std::errc() || at != end || n > high)
    bad(o, base == 16 ? "a hexadecimal number is wanted" : "a number in range is wanted");
  return n;
}

void put(Out& out, uint64_t v, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(v >> (8 * i)));
}

Out timestamps(const OptionWord&, const Context& c) {
  Out out{kOptTimestamp, 10};
  put(out, c.flow.tsval + (c.spec.flags & kSyn ? c.ttl : 0u), 4);
  put(out, c.flow.tsecr, 4);
  return out;
}

Out sack(const OptionWord& o, const Context& c) {
  const size_t dash = o.value.find('-');
  if (dash == std::string::npos) bad(o, "LEFT-RIGHT, relative to the acknowledgement number, is wanted");
  Out out{kOptSack, 10};
  put(out, c.flow.ack + integer({o.word, o.value.substr(0, dash)}, UINT32_MAX), 4);
  put(out, c.flow.ack + integer({o.word, o.value.substr(dash + 1)}, UINT32_MAX), 4);
  return out;
}

Out any_option(const OptionWord& o, const Context&) {
  const size_t colon = o.value.find(':');
  const uint64_t kind = integer({o.word, o.value.substr(0, colon)}, 255);
  const Out body = colon == std::string::npos ? Out{} : bytes_of_hex(o.value.substr(colon + 1));
  if (body.size() > 38) bad(o, "at most 38 bytes fit");
  Out out{static_cast<uint8_t>(kind), static_cast<uint8_t>(body.size() + 2)};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Out mpcapable(const OptionWord& o, const Context& c) {
  MpCapable m;
  if (o.word != "mpcapable") m.sender_key = c.flow.key;
  if (o.word == "mpcapable-ack" || o.word == "mpcapable-data") m.receiver_key = c.flow.peer_key;
  if (o.word == "mpcapable-data") {
    m.data_length = static_cast<uint16_t>(c.spec.payload.size());
    if (!o.value.empty() && o.value != "csum") bad(o, "csum or nothing is wanted");
    if (o.value == "csum") {
      m.flags |= 0x80;  // A: checksum required (RFC 8684 3.1)
      m.checksum = dss_checksum(c.flow.dsn, 1, *m.data_length, c.spec.payload);
    }
  }
  return encode(m);
}

// RFC 6824 3.1: version 0, flags A (checksum) and H (HMAC-SHA1), the sender's key in the SYN.
Out mpcapable_v0(const OptionWord&, const Context& c) {
  Out out{kOptMptcp, 12, 0x00, 0x81};
  put(out, c.flow.key, 8);
  return out;
}

Out mpjoin(const OptionWord& o, const Context& c) {
  MpJoinSyn j;
  j.address_id = 1;
  j.token = o.value.empty() ? c.flow.token : static_cast<uint32_t>(integer(o, UINT32_MAX, 16));
  j.nonce = c.flow.nonce;
  return encode(j);
}

Out dss(const OptionWord& o, const Context& c) {
  Dss d;
  bool map = false, map8 = false, csum = false;
  size_t at = 0;
  while (at <= o.value.size()) {
    const size_t plus = std::min(o.value.find('+', at), o.value.size());
    const std::string word = o.value.substr(at, plus - at);
    if (word == "ack4" || word == "ack8") {
      d.data_ack8 = word == "ack8";
      d.data_ack = d.data_ack8 ? c.flow.data_ack : c.flow.data_ack & UINT32_MAX;
    } else if (word == "map4" || word == "map8") {
      map = true;
      map8 = word == "map8";
    } else if (word == "csum") {
      csum = true;
    } else if (word == "fin") {
      d.data_fin = true;
    } else {
      bad(o, "words of ack4 ack8 map4 map8 csum fin, joined by '+', are wanted");
    }
    at = plus + 1;
  }
  if (map) {
    Dss::Mapping m;
    m.dsn8 = map8;
    const uint32_t own = stream_offset(c.spec, c.ttl);
    const uint64_t dsn = c.flow.dsn + static_cast<uint64_t>(static_cast<int64_t>(c.spec.seq_offset)) + own;
    m.dsn = map8 ? dsn : dsn & UINT32_MAX;
    m.ssn = c.flow.ssn + static_cast<uint32_t>(c.spec.seq_offset) + own;
    m.length = static_cast<uint16_t>(c.spec.payload.size() + (d.data_fin ? 1 : 0));  // DATA_FIN takes one (3.3.3)
    if (csum) m.checksum = dss_checksum(dsn, m.ssn, m.length, c.spec.payload);
    d.mapping = m;
  }
  return encode(d);
}

Out add_addr(const OptionWord& o, const Context& c) {
  const auto address = parse_ip_address(o.value);
  if (!address) bad(o, "an IP address is wanted");
  AddAddr a;
  a.echo = o.word == "addaddr-echo";
  a.address_id = 9;
  a.address.assign(address->bytes().begin(), address->bytes().end());
  if (!a.echo) a.hmac = add_addr_hmac(c.flow.key, c.flow.peer_key, a.address_id, address->bytes(), 0);
  return encode(a);
}

Out remove_addr(const OptionWord& o, const Context&) {
  RemoveAddr r;
  size_t at = 0;
  while (at <= o.value.size()) {
    const size_t comma = std::min(o.value.find(',', at), o.value.size());
    r.address_ids.push_back(static_cast<uint8_t>(integer({o.word, o.value.substr(at, comma - at)}, 255)));
    at = comma + 1;
  }
  return encode(r);
}

Out fixed16(uint8_t kind, uint64_t v) { return {kind, 4, static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)}; }

using Encoder = Out (*)(const OptionWord&, const Context&);
const std::map<std::string, Encoder>& encoders() {
  static const std::map<std::string, Encoder> all{
      {"nop", [](const OptionWord&, const Context&) { return Out{kOptNop}; }},
      {"eol", [](const OptionWord&, const Context&) { return Out{kOptEol}; }},
      {"mss", [](const OptionWord& o, const Context&) { return fixed16(kOptMss, integer(o, 65535)); }},
      {"ws",
       [](const OptionWord& o, const Context&) {
         return Out{kOptWscale, 3, static_cast<uint8_t>(integer(o, 255))};
       }},
      {"sack-ok",
       [](const OptionWord&, const Context&) {
         return Out{kOptSackOk, 2};
       }},
      {"ts", timestamps},
      {"sack", sack},
      {"opt", any_option},
      {"mpcapable", mpcapable},
      {"mpcapable-synack", mpcapable},
      {"mpcapable-ack", mpcapable},
      {"mpcapable-data", mpcapable},
      {"mpcapable-v0", mpcapable_v0},
      {"mpjoin", mpjoin},
      {"dss", dss},
      {"addaddr", add_addr},
      {"addaddr-echo", add_addr},
      {"rmaddr", remove_addr},
      {"mpprio", [](const OptionWord& o, const Context&) { return encode(MpPrio{.backup = o.value == "backup"}); }},
      {"mpfail",
       [](const OptionWord& o, const Context& c) {
         return encode(MpFail{.dsn = o.value.empty() ? c.flow.dsn : integer(o, UINT64_MAX)});
       }},
      {"fastclose",
       [](const OptionWord&, const Context& c) { return encode(MpFastclose{.receiver_key = c.flow.peer_key}); }},
      {"tcprst",
       [](const OptionWord& o, const Context&) {
         return encode(MpTcprst{.flags = 0, .reason = static_cast<uint8_t>(o.value.empty() ? 0 : integer(o, 255))});
       }},
  };
  return all;
}

}  // namespace

bool is_option_word(const std::string& word) { return encoders().contains(word); }

std::vector<uint8_t> option_block(const ProbeSpec& spec, const ProbeFlow& flow, uint8_t ttl) {
  Out block;
  for (const OptionWord& o : spec.options) {
    const Out option = encoders().at(o.word)(o, {spec, flow, ttl});
    block.insert(block.end(), option.begin(), option.end());
  }
  while (block.size() % 4 != 0) block.push_back(spec.pad_eol ? kOptEol : kOptNop);
  if (block.size() > 40)
    throw UsageError(
        fmt::format("probe '{}': {} option bytes do not fit into 40 (RFC 9293 3.1)", spec.text, block.size()));
  return block;
}

void check_options(const ProbeSpec& spec) {
  if (spec.proto != 6 && !spec.options.empty())
    throw UsageError(fmt::format("probe '{}': TCP options need a TCP probe", spec.text));
  (void)option_block(spec, ProbeFlow{}, 1);
}

}  // namespace gauntlet
