// TCP options from text.
#include <arpa/inet.h>

#include <algorithm>

#include "mptcp/option.hh"
#include "notation/words.hh"
#include "wire/options.hh"

namespace gauntlet::notation {
namespace {

std::optional<uint64_t> maybe(Words& w, std::string_view word) {
  if (!w.eat(word)) return std::nullopt;
  return w.number("value");
}
template <typename T>
std::optional<T> narrow(std::optional<uint64_t> v) {
  if (!v) return std::nullopt;
  return static_cast<T>(*v);
}

MptcpOption capable(Words& w) {
  MpCapable o;
  o.version = static_cast<uint8_t>(signed_number(w.next().substr(1)));  // "v1"
  o.flags = static_cast<uint8_t>(w.number_after("flags", 0x01));
  w.eat("nokey");
  o.sender_key = maybe(w, "key");
  o.receiver_key = maybe(w, "peer");
  o.data_length = narrow<uint16_t>(maybe(w, "len"));
  o.checksum = narrow<uint16_t>(maybe(w, "csum"));
  return o;
}

MptcpOption join(Words& w) {
  const std::string_view form = w.next();
  const bool backup = w.eat("backup");
  if (form == "ack") {
    MpJoinAck o;
    w.eat("hmac");
    const auto bytes = unhex(w.next());
    std::copy_n(bytes.begin(), std::min(bytes.size(), o.hmac.size()), o.hmac.begin());
    return o;
  }
  const auto id = static_cast<uint8_t>(w.number_after("id", 0));
  if (form == "syn") {
    MpJoinSyn o;
    o.backup = backup;
    o.address_id = id;
    o.token = static_cast<uint32_t>(w.number_after("token", 0));
    o.nonce = static_cast<uint32_t>(w.number_after("nonce", 0));
    return o;
  }
  MpJoinSynAck o;
  o.backup = backup;
  o.address_id = id;
  o.hmac = w.number_after("hmac", 0);
  o.nonce = static_cast<uint32_t>(w.number_after("nonce", 0));
  return o;
}

MptcpOption dss(Words& w) {
  Dss o;
  o.data_fin = w.eat("fin");
  o.data_ack8 = w.peek() == "dack8";
  if (w.eat("dack8") || w.eat("dack4")) o.data_ack = w.number("Data ACK");
  const bool wide = w.peek() == "dsn8";
  if (w.eat("dsn8") || w.eat("dsn4")) {
    Dss::Mapping m;
    m.dsn8 = wide;
    m.dsn = w.number("DSN");
    m.ssn = static_cast<uint32_t>(w.number_after("ssn", 0));
    m.length = static_cast<uint16_t>(w.number_after("len", 0));
    m.checksum = narrow<uint16_t>(maybe(w, "csum"));
    o.mapping = m;
  }
  return o;
}

MptcpOption add_addr(Words& w) {
  AddAddr o;
  o.echo = w.eat("echo");
  o.address_id = static_cast<uint8_t>(w.number_after("id", 0));
  const std::string text(w.next());
  o.address.resize(text.find(':') == std::string::npos ? 4 : 16);
  if (inet_pton(o.address.size() == 4 ? AF_INET : AF_INET6, text.c_str(), o.address.data()) != 1) {
    throw NotationError("'" + text + "' is not an address");
  }
  o.port = narrow<uint16_t>(maybe(w, "port"));
  o.hmac = maybe(w, "hmac");
  return o;
}

std::optional<MptcpOption> mptcp(std::string_view name, Words& w) {
  if (name == "mpc") return capable(w);
  if (name == "join") return join(w);
  if (name == "dss") return dss(w);
  if (name == "add") return add_addr(w);
  if (name == "rm") {
    RemoveAddr o;
    for (w.eat("id"); !w.empty();) o.address_ids.push_back(static_cast<uint8_t>(w.number("address ID")));
    return o;
  }
  if (name == "prio") return MpPrio{.backup = w.eat("backup")};
  if (name == "fail") return MpFail{.dsn = w.number_after("dsn", 0)};
  if (name == "fclose") return MpFastclose{.receiver_key = w.number_after("key", 0)};
  if (name == "tcprst") {
    const auto flags = static_cast<uint8_t>(w.number_after("flags", 0));
    return MpTcprst{.flags = flags, .reason = static_cast<uint8_t>(w.number_after("reason", 0))};
  }
  return std::nullopt;
}

void put(std::vector<uint8_t>& out, uint64_t value, size_t size) {
  while (size-- > 0) out.push_back(static_cast<uint8_t>(value >> (8 * size)));
}

void sack(Words& w, uint32_t base, std::vector<uint8_t>& out) {
  const size_t at = out.size();
  out.insert(out.end(), {kOptSack, 0});
  while (!w.empty()) {
    const std::string_view range = w.next();
    const size_t colon = range.find(':');
    put(out, base + static_cast<uint32_t>(signed_number(range.substr(0, colon))), 4);
    put(out, base + static_cast<uint32_t>(signed_number(range.substr(colon + 1))), 4);
  }
  out[at + 1] = static_cast<uint8_t>(out.size() - at);
}

void option(std::string_view text, uint32_t acked_isn, std::vector<uint8_t>& out) {
  Words w(text);
  const std::string_view word = w.next();
  const size_t star = word.find('*');
  const std::string_view name = word.substr(0, star);
  const size_t times = star == std::string_view::npos ? 1 : static_cast<size_t>(signed_number(word.substr(star + 1)));
  if (name == "nop" || name == "eol") {
    out.insert(out.end(), times, name == "nop" ? kOptNop : kOptEol);
  } else if (name == "mss") {
    out.insert(out.end(), {kOptMss, 4});
    put(out, w.number("MSS"), 2);
  } else if (name == "wscale") {
    out.insert(out.end(), {kOptWscale, 3});
    put(out, w.number("shift"), 1);
  } else if (name == "sackOK") {
    out.insert(out.end(), {kOptSackOk, 2});
  } else if (name == "sack") {
    sack(w, acked_isn, out);
  } else if (name == "ts") {
    out.insert(out.end(), {kOptTimestamp, 10});
    put(out, w.number("TSval"), 4);
    put(out, w.number("TSecr"), 4);
  } else if (name == "opt") {
    const uint64_t kind = w.number("kind");
    const auto bytes = w.empty() ? std::vector<uint8_t>{} : unhex(w.next());
    out.insert(out.end(), {static_cast<uint8_t>(kind), static_cast<uint8_t>(bytes.size() + 2)});
    out.insert(out.end(), bytes.begin(), bytes.end());
  } else if (name == "raw" || name == "unknown") {
    const auto bytes = unhex(w.next());
    out.insert(out.end(), bytes.begin(), bytes.end());
  } else if (const auto o = mptcp(name, w)) {
    const auto bytes = encode(*o);
    out.insert(out.end(), bytes.begin(), bytes.end());
  } else {
    throw NotationError("no option '" + std::string(name) + "'");
  }
  if (!w.empty())
    throw NotationError("'" + std::string(w.rest()) + "' left over in option '" + std::string(text) + "'");
}

}  // namespace

std::vector<uint8_t> parse_options(std::string_view text, Direction toward) {
  const uint32_t acked = toward == Direction::to_server ? kServerIsn : kClientIsn;
  std::vector<uint8_t> out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    option(rest.substr(0, comma), acked, out);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (out.size() % 4 != 0 || out.size() > 40) {
    throw NotationError("options '" + std::string(text) + "' take " + std::to_string(out.size()) +
                        " bytes: not whole words up to 40");
  }
  return out;
}

}  // namespace gauntlet::notation
