#include "judge/quoted.hh"

#include <fmt/core.h>

#include <algorithm>

#include "wire/icmp.hh"

namespace gauntlet {
namespace {

struct Field {
  const char *kind, *name;
  size_t at, size;  // in the error packet
};

// The fields that are there, in this order for any packet.
std::vector<Field> fields_of(const TracedFrame& f, const Quote& q) {
  const size_t head = q.offset, size = q.inner.version == 4 ? 4 : 16, addresses = head + (size == 4 ? 12 : 8),
               upper = head + q.inner.ip_header, end = head + q.size;
  std::vector<Field> fields{{"addr_rewritten", "src/quoted", addresses, size},
                            {"addr_rewritten", "dst/quoted", addresses + size, size}};
  if (q.inner.first && (q.inner.proto == kProtoTcp || q.inner.proto == kProtoUdp)) {
    fields.push_back({"port_rewritten", "sport/quoted", upper, 2});
    fields.push_back({"port_rewritten", "dport/quoted", upper + 2, 2});
  }
  if (q.inner.first && q.inner.proto == kProtoTcp) {
    fields.push_back({"isn_shift", "seq/quoted", upper + 4, 4});
    fields.push_back({"ack_shift", "ack/quoted", upper + 8, 4});
  }
  std::erase_if(fields, [&](const Field& x) { return x.at + x.size > std::min(end, f.ip.size()); });
  return fields;
}

std::string text_of(ConstBytes value, bool address) {
  if (!address) return fmt::format("{}", value.size() == 2 ? load16(value.data()) : load32(value.data()));
  FlowAddress a;
  a.size = static_cast<uint8_t>(value.size());
  std::copy(value.begin(), value.end(), a.bytes.begin());
  const std::string text = to_text(a);
  return text.substr(0, text.rfind(':'));
}

}  // namespace

void blank_quoted(std::vector<uint8_t>& packet, const TracedFrame& frame) {
  const Quote q = quote_of(frame.ip, frame.layout);
  if (!q.there) return;
  const auto blank = [&](size_t at, size_t size) {
    for (size_t i = at; i < at + size && i < packet.size() && i < size_t{q.offset} + q.size; ++i) packet[i] = 0;
  };
  for (const Field& f : fields_of(frame, q)) blank(f.at, f.size);
  const size_t upper = q.offset + q.inner.ip_header;
  if (q.inner.version == 4) blank(q.offset + 10u, 2);
  if (q.inner.first && q.inner.proto == kProtoTcp) blank(upper + 16, 2);
  if (q.inner.first && q.inner.proto == kProtoUdp) blank(upper + 6, 2);
}

void compare_quoted(const TracedFrame& came, const TracedFrame& left, const Difference& like, Differences& out) {
  const Quote q = quote_of(came.ip, came.layout), r = quote_of(left.ip, left.layout);
  if (!q.there || !r.there) return;
  const std::vector<Field> x = fields_of(came, q), y = fields_of(left, r);
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    const ConstBytes now = came.ip.subspan(x[i].at, x[i].size), then = left.ip.subspan(y[i].at, y[i].size);
    if (std::equal(now.begin(), now.end(), then.begin(), then.end())) continue;
    Difference d = like;
    d.way = reverse(like.way);
    d.kind = x[i].kind;
    d.field = x[i].name;
    d.before = text_of(then, i < 2);  // what the quoted packet's sender would know
    d.after = text_of(now, i < 2);
    out.add(std::move(d));
  }
}

std::optional<bool> is_about_server(const TracedFrame& frame, const std::vector<FlowAddress>& servers) {
  const Quote q = quote_of(frame.ip, frame.layout);
  if (!q.there) return std::nullopt;
  const std::vector<Field> fields = fields_of(frame, q);
  const auto known = [&](const Field& f) {
    return std::any_of(servers.begin(), servers.end(), [&](const FlowAddress& s) {
      return s.size == f.size && std::equal(s.bytes.begin(), s.bytes.begin() + s.size, &frame.ip[f.at]);
    });
  };
  if (fields.size() < 2 || known(fields[0]) == known(fields[1])) return std::nullopt;
  return known(fields[0]);
}

}  // namespace gauntlet
