// Hand-made captures for the judge's tests: two cuts of one path, one millisecond and one hop apart, written as pcapng
// files into a folder that goes away with the scene. Nothing here uses the code under test.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "judge/diff.hh"
#include "judge/flows.hh"
#include "mptcp/option.hh"
#include "util/time.hh"
#include "wire/bytes.hh"

namespace gauntlet::test {

using Raw = std::vector<uint8_t>;

// One TCP segment as it stands at one cut. Absolute numbers.
struct Tcp {
  std::string source = "192.0.2.1", destination = "198.51.100.1";  // or IPv6
  uint16_t sport = 40000, dport = 5003;
  uint32_t seq = 0, ack = 0;
  uint8_t flags = kAck, ttl = 64;
  uint16_t window = 500, id = 0;
  Raw options, payload;
  bool break_checksum = false;
  Raw bytes() const;  // with right checksums, options padded with EOL to a multiple of 4
};

Raw option(const MptcpOption&);
Raw operator+(Raw, const Raw&);
Raw text(const std::string&);
Raw coded(uint64_t offset, size_t size, Way way = Way::c2s);  // position-coded payload
Raw timestamp(uint32_t value, uint32_t echo);                 // NOP NOP option 8

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  const std::string& root() const { return path_; }

 private:
  std::string path_;
};

struct Stamped {
  Time time;
  Raw bytes;
};
void write_capture(const std::string& path, const std::vector<Stamped>& frames);

// One TCP conversation seen at two cuts.
class Scene {
 public:
  // What the client (c2s) or server (s2c) sends; passes both cuts unless `only` says one. Advances the clock by 1 ms.
  void both(Way way, const Tcp&);
  void at(Way cut_of, const Tcp&);  // c2s: at the client's cut, s2c: at the server's; same tick
  void before_and_behind(Way way, const std::vector<Tcp>& before, const std::vector<Tcp>& behind);
  void raw(bool client, bool server, const Raw& ip);
  void wait(Duration d) { now_ += d; }

  // A conversation with the usual numbers: ISNs 1000 (client) and 9000 (server).
  Tcp c2s(int64_t offset, Raw payload = {}, Raw options = {}) const;  // offset from 0; ack = all the server sent
  Tcp s2c(int64_t offset, Raw payload = {}, Raw options = {}) const;
  void handshake(Raw syn = {}, Raw synack = {}, Raw ack = {});
  void close(int64_t sent, int64_t received);

  std::vector<Stamped> client, server;
  Trace client_trace() const { return trace(client, "c"); }
  Trace server_trace() const { return trace(server, "s"); }
  Diff diff() const { return diff_traces(client_trace(), server_trace()); }

 private:
  Trace trace(const std::vector<Stamped>&, const std::string& name) const;
  Time now_ = std::chrono::seconds(1'700'000'000);
  Folder folder_;
};

std::vector<std::string> kinds(const Diff&);  // "removed option 30/dss c2s x1", in order
}  // namespace gauntlet::test
