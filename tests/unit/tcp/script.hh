// One endpoint against a script: segments in, segments out, in the notation of the vector files.
#pragma once
#include <gtest/gtest.h>

#include "notation/notation.hh"
#include "tcp/endpoint.hh"
#include "virtual/world.hh"
#include "wire/checksum.hh"

namespace gauntlet {

class Script : public testing::Test {
 protected:
  // Expected lines may be written in any of the notation's forms.
  struct Lines : std::vector<std::string> {
    Lines() = default;
    Lines(std::initializer_list<const char*> lines) {
      for (const char* text : lines) {
        const notation::Line l = notation::parse(text);
        push_back(notation::print(l.packet.bytes(), l.toward));
      }
    }
  };

  // The endpoint is the client or the server of the notation. No options but the MSS, unless the test says so.
  static TcpConfig plain(bool client) {
    TcpConfig c;
    c.pair = client ? client_pair(false) : client_pair(false).swapped();
    c.isn = client ? notation::kClientIsn : notation::kServerIsn;
    c.wscale = -1;
    c.sack = c.timestamps = false;
    c.receive_buffer = 10000;
    return c;
  }
  void be_server(TcpConfig c = plain(false)) {
    out_ = "<";
    tcp_ = std::make_unique<TcpEndpoint>(std::move(c));
    tcp_->listen();
  }
  Lines be_client(TcpConfig c = plain(true)) {
    out_ = ">";
    tcp_ = std::make_unique<TcpEndpoint>(std::move(c));
    tcp_->connect(now_);
    return taken();
  }
  Lines in(std::string_view line) {
    const notation::Line l = notation::parse(line);
    tcp_->segment(l.packet.bytes(), now_);
    return taken();
  }
  Lines at(Duration since_start) {
    now_ = since_start;
    if (const auto due = tcp_->next_tick(); due && *due <= now_) tcp_->tick(now_);
    return taken();
  }
  Lines write(std::string_view text) {
    tcp_->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, now_);
    return taken();
  }
  Lines close() {
    tcp_->close(now_);
    return taken();
  }
  std::string read(size_t most = SIZE_MAX) {
    const auto bytes = tcp_->read(now_, most);
    return {bytes.begin(), bytes.end()};
  }
  // What was sent, without what no test is about: identifications.
  Lines taken() {
    Lines lines;
    for (Packet& p : tcp_->take_packets()) {
      store16(p.data() + 4, 1);
      write_checksums(p.bytes());
      lines.push_back(
          notation::print(std::as_const(p).bytes(), out_ == ">" ? Direction::to_server : Direction::to_client));
    }
    return lines;
  }
  // A server with the handshake behind it.
  void established(TcpConfig c = plain(false), const std::string& syn_options = "<mss 1000>") {
    be_server(std::move(c));
    in("> S 0:1 win 10000 " + syn_options);
    in("> . 1:1 ack 1 win 10000");
    ASSERT_EQ(tcp_->state(), TcpState::established);
  }

  std::unique_ptr<TcpEndpoint> tcp_;
  Time now_{0};
  std::string out_;
};

}  // namespace gauntlet
