#include "scene.hh"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "capture/capture.hh"
#include "payload/payload.hh"
#include "util/error.hh"
#include "wire/checksum.hh"

namespace gauntlet::test {

Raw option(const MptcpOption& o) { return encode(o); }

Raw operator+(Raw a, const Raw& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Raw text(const std::string& s) { return {s.begin(), s.end()}; }

Raw coded(uint64_t offset, size_t size, Way way) {
  return Payload{way == Way::c2s ? StreamDirection::c2s : StreamDirection::s2c, 7}.make(offset, size);
}

Raw timestamp(uint32_t value, uint32_t echo) {
  Raw o{1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0};
  store32(&o[4], value);
  store32(&o[8], echo);
  return o;
}

Raw Tcp::bytes() const {
  Raw o = options;
  while (o.size() % 4) o.push_back(0);
  const bool six = source.find(':') != std::string::npos;
  const size_t header = six ? 40 : 20, total = header + 20 + o.size() + payload.size();
  Raw b(total, 0);
  if (six) {
    b[0] = 0x60;
    store16(&b[4], static_cast<uint16_t>(total - 40));
    b[6] = 6;
    b[7] = ttl;
    inet_pton(AF_INET6, source.c_str(), &b[8]);
    inet_pton(AF_INET6, destination.c_str(), &b[24]);
  } else {
    b[0] = 0x45;
    store16(&b[2], static_cast<uint16_t>(total));
    store16(&b[4], id);
    b[6] = 0x40;
    b[8] = ttl;
    b[9] = 6;
    inet_pton(AF_INET, source.c_str(), &b[12]);
    inet_pton(AF_INET, destination.c_str(), &b[16]);
  }
  uint8_t* t = &b[header];
  store16(t, sport);
  store16(t + 2, dport);
  store32(t + 4, seq);
  store32(t + 8, flags & kAck ? ack : 0);
  t[12] = static_cast<uint8_t>((20 + o.size()) / 4 << 4);
  t[13] = flags;
  store16(t + 14, window);
  std::copy(o.begin(), o.end(), t + 20);
  std::copy(payload.begin(), payload.end(), t + 20 + o.size());
  write_checksums(b);
  if (break_checksum) t[16] ^= 0x55;
  return b;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "gauntlet-judge-XXXXXX").string();
  if (!mkdtemp(name.data())) throw SystemError("make a folder for captures", errno);
  path_ = name;
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_capture(const std::string& path, const std::vector<Stamped>& frames) {
  CaptureWriter writer(path, "test", LinkType::raw);
  for (const Stamped& f : frames) writer.frame(f.time, f.bytes);
  writer.close();
}

void Scene::before_and_behind(Way way, const std::vector<Tcp>& before, const std::vector<Tcp>& behind) {
  auto& up = way == Way::c2s ? client : server;
  auto& down = way == Way::c2s ? server : client;
  for (const Tcp& t : before) up.push_back({now_ += std::chrono::microseconds(100), t.bytes()});
  for (Tcp t : behind) {
    --t.ttl;
    down.push_back({now_ += std::chrono::microseconds(100), t.bytes()});
  }
  now_ += std::chrono::milliseconds(1);
}

void Scene::both(Way way, const Tcp& t) { before_and_behind(way, {t}, {t}); }

void Scene::raw(bool at_client, bool at_server, const Raw& ip) {
  if (at_client) client.push_back({now_, ip});
  if (at_server) server.push_back({now_ + std::chrono::microseconds(100), ip});
  now_ += std::chrono::milliseconds(1);
}

Tcp Scene::c2s(int64_t offset, Raw payload, Raw options) const {
  Tcp t;
  t.seq = static_cast<uint32_t>(1001 + offset);
  t.ack = 9001;
  t.payload = std::move(payload);
  t.options = std::move(options);
  if (!t.payload.empty()) t.flags |= kPsh;
  return t;
}

Tcp Scene::s2c(int64_t offset, Raw payload, Raw options) const {
  Tcp t = c2s(0, std::move(payload), std::move(options));
  std::swap(t.source, t.destination);
  std::swap(t.sport, t.dport);
  t.seq = static_cast<uint32_t>(9001 + offset);
  t.ack = 1001;
  return t;
}

void Scene::handshake(Raw syn, Raw synack, Raw ack) {
  Tcp a = c2s(-1, {}, {2, 4, 5, 180});
  a.flags = kSyn;
  a.options = a.options + syn;
  both(Way::c2s, a);
  Tcp b = s2c(-1, {}, {2, 4, 5, 180});
  b.flags = kSyn | kAck;
  b.options = b.options + synack;
  both(Way::s2c, b);
  both(Way::c2s, c2s(0, {}, std::move(ack)));
}

void Scene::close(int64_t sent, int64_t received) {
  Tcp a = c2s(sent), b = s2c(received), c = c2s(sent + 1);
  a.flags = b.flags = kFin | kAck;
  a.ack = 9001 + static_cast<uint32_t>(received);
  b.ack = 1001 + static_cast<uint32_t>(sent) + 1;
  c.ack = 9001 + static_cast<uint32_t>(received) + 1;
  both(Way::c2s, a);
  both(Way::s2c, b);
  both(Way::c2s, c);
}

Trace Scene::trace(const std::vector<Stamped>& frames, const std::string& name) const {
  write_capture(folder_.path(name + ".pcapng"), frames);
  return Trace::read({folder_.path(name + ".pcapng")});
}

std::vector<std::string> kinds(const Diff& diff) {
  std::vector<std::string> out;
  for (const Difference& d : diff.differences)
    out.push_back(fmt::format("{}{}{} {} x{}", d.kind, d.field.empty() ? "" : " ", d.field, name_of(d.way), d.count));
  return out;
}

}  // namespace gauntlet::test
