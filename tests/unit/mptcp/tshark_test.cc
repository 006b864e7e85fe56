// A second opinion that shares no code with ours: every form of every option, random values in them, goes into a
// capture; tshark's fields and our decoder must say the same of each packet. One field is let off: tshark 4.0 asks for
// four bytes of room where a DSS checksum has two, and so prints none.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "capture/capture.hh"
#include "mptcp/option.hh"
#include "util/process.hh"
#include "util/rng.hh"
#include "wire/checksum.hh"
#include "wire/layout.hh"
#include "wire/tcp.hh"

namespace gauntlet {
namespace {

using Fields = std::map<std::string, std::string>;  // name behind "tcp.options.mptcp." -> value; absent: not there

const std::vector<std::string> kNames = {"subtype",
                                         "version",
                                         "checksumreq.flags",
                                         "sha256.flag",
                                         "sendkey",
                                         "recvkey",
                                         "datalvllen",
                                         "checksum",
                                         "backup.flag",
                                         "addrid",
                                         "recvtok",
                                         "sendrand",
                                         "sendtrunchmac",
                                         "sendhmac",
                                         "datafin.flag",
                                         "dataackpresent.flag",
                                         "dataack8.flag",
                                         "dseqnpresent.flag",
                                         "dseqn8.flag",
                                         "rawdataack",
                                         "rawdataseqno",
                                         "subflowseqno",
                                         "echo",
                                         "ipv4",
                                         "ipv6",
                                         "port",
                                         "addaddrtrunchmac",
                                         "flag_T.flag",
                                         "rst_reason"};

std::string number(uint64_t v) { return fmt::format("{}", v); }
std::string flag(bool b) { return b ? "1" : "0"; }

// What our decoder says, in tshark's words.
struct InFields {
  Fields f;

  void operator()(const MpCapable& o) {
    f["version"] = number(o.version);
    f["checksumreq.flags"] = flag(o.flags & 0x80);
    f["sha256.flag"] = flag(o.flags & 0x01);
    if (o.sender_key) f["sendkey"] = number(*o.sender_key);
    if (o.receiver_key) f["recvkey"] = number(*o.receiver_key);
    if (o.data_length) f["datalvllen"] = number(*o.data_length);
    if (o.checksum) f["checksum"] = fmt::format("{:#06x}", *o.checksum);
  }
  void operator()(const MpJoinSyn& o) {
    f["backup.flag"] = flag(o.backup);
    f["addrid"] = number(o.address_id);
    f["recvtok"] = number(o.token);
    f["sendrand"] = number(o.nonce);
  }
  void operator()(const MpJoinSynAck& o) {
    f["backup.flag"] = flag(o.backup);
    f["addrid"] = number(o.address_id);
    f["sendtrunchmac"] = number(o.hmac);
    f["sendrand"] = number(o.nonce);
  }
  void operator()(const MpJoinAck& o) {
    for (const uint8_t b : o.hmac) f["sendhmac"] += fmt::format("{:02x}", b);
  }
  void operator()(const Dss& o) {
    f["datafin.flag"] = flag(o.data_fin);
    f["dataackpresent.flag"] = flag(o.data_ack.has_value());
    f["dataack8.flag"] = flag(o.data_ack8);
    f["dseqnpresent.flag"] = flag(o.mapping.has_value());
    f["dseqn8.flag"] = flag(o.mapping && o.mapping->dsn8);
    if (o.data_ack) f["rawdataack"] = number(*o.data_ack);
    if (!o.mapping) return;
    f["rawdataseqno"] = number(o.mapping->dsn);
    f["subflowseqno"] = number(o.mapping->ssn);
    f["datalvllen"] = number(o.mapping->length);
    if (o.mapping->checksum) f["checksum"] = fmt::format("{:#06x}", *o.mapping->checksum);
  }
  void operator()(const AddAddr& o) {
    f["echo"] = flag(o.echo);
    f["addrid"] = number(o.address_id);
    std::string& address = f[o.address.size() == 4 ? "ipv4" : "ipv6"];
    const std::string words = to_text(o);  // "add [echo] id N ADDRESS ..."
    const size_t from = words.find(' ', words.find(" id ") + 4) + 1;
    address = words.substr(from, words.find(' ', from) - from);
    if (o.port) f["port"] = number(*o.port);
    if (o.hmac) f["addaddrtrunchmac"] = number(*o.hmac);
  }
  void operator()(const RemoveAddr& o) {
    for (const uint8_t id : o.address_ids) f["addrid"] += (f["addrid"].empty() ? "" : ",") + number(id);
  }
  void operator()(const MpPrio& o) { f["backup.flag"] = flag(o.backup); }
  void operator()(const MpFail& o) { f["rawdataseqno"] = number(o.dsn); }
  void operator()(const MpFastclose& o) { f["recvkey"] = number(o.receiver_key); }
  void operator()(const MpTcprst& o) {
    f["flag_T.flag"] = flag(o.flags & 1);
    f["rst_reason"] = fmt::format("{:#04x}", o.reason);
  }
  void operator()(const MptcpUnknown&) {
    ADD_FAILURE() << "the test made an option that our own decoder does not know";
  }
};

Fields fields(const std::vector<uint8_t>& option) {
  InFields in;
  in.f["subtype"] = number(option[2] >> 4);
  std::visit(in, decode_mptcp(option));
  return in.f;
}

std::vector<std::vector<uint8_t>> every_form(Rng& rng) {
  std::vector<std::vector<uint8_t>> all;
  const auto add = [&](const MptcpOption& o) { all.push_back(encode(o)); };
  const auto n8 = [&] { return static_cast<uint8_t>(rng.next()); };
  const auto n16 = [&] { return static_cast<uint16_t>(rng.next()); };
  const auto n32 = [&] { return static_cast<uint32_t>(rng.next()); };

  for (const uint8_t flags : {uint8_t{0x01}, uint8_t{0x81}}) {
    MpCapable c;
    c.flags = flags;
    add(c);
    c.sender_key = rng.next(), add(c);
    c.receiver_key = rng.next(), add(c);
    c.data_length = n16(), add(c);
    c.checksum = n16(), add(c);
  }
  for (const bool backup : {false, true}) {
    add(MpJoinSyn{backup, n8(), n32(), n32()});
    add(MpJoinSynAck{backup, n8(), rng.next(), n32()});
    add(MpPrio{backup});
  }
  MpJoinAck ack;
  for (uint8_t& b : ack.hmac) b = n8();
  add(ack);
  for (unsigned bits = 0; bits < 64; ++bits) {  // fin, Data ACK, its width, mapping, DSN's width, checksum
    Dss d;
    d.data_fin = (bits & 1) != 0;
    d.data_ack8 = (bits & 4) != 0;
    if (bits & 2) d.data_ack = d.data_ack8 ? rng.next() : n32();
    if ((bits & 8) == 0 && (bits & 48) != 0) continue;
    if ((bits & 2) == 0 && d.data_ack8) continue;
    if (bits & 8) {
      Dss::Mapping m;
      m.dsn8 = (bits & 16) != 0;
      m.dsn = m.dsn8 ? rng.next() : n32();
      m.ssn = n32();
      m.length = n16();
      if (bits & 32) m.checksum = n16();
      d.mapping = m;
    }
    add(d);
  }
  for (unsigned bits = 0; bits < 8; ++bits) {  // echo, IPv6, port
    AddAddr a;
    a.echo = (bits & 1) != 0;
    a.address_id = n8();
    a.address.resize(bits & 2 ? 16 : 4);
    for (uint8_t& b : a.address) b = static_cast<uint8_t>(n8() | 1);  // no run of zeros, which has more than one text
    if (bits & 4) a.port = n16();
    if (!a.echo) a.hmac = rng.next();
    add(a);
  }
  add(RemoveAddr{{n8()}});
  add(RemoveAddr{{n8(), n8(), n8()}});
  add(MpFail{rng.next()});
  add(MpFastclose{rng.next()});
  for (const uint8_t flags : {uint8_t{0}, uint8_t{1}}) add(MpTcprst{flags, static_cast<uint8_t>(rng.below(7))});
  return all;
}

// One segment per option, each in a flow of its own, so that no analysis across packets has a say.
std::vector<uint8_t> packet_with(std::vector<uint8_t> option, uint16_t port) {
  while (option.size() % 4 != 0) option.insert(option.begin(), 1);  // NOPs in front
  std::vector<uint8_t> p(40);
  p[0] = 0x45;
  p[8] = 64;
  p[9] = kProtoTcp;
  store32(&p[12], 0x0a000001);
  store32(&p[16], 0x0a000002);
  store16(&p[20], port);
  store16(&p[22], 4711);
  store32(&p[24], 1000);
  p[32] = static_cast<uint8_t>((20 + option.size()) / 4 << 4);
  p[33] = kAck;
  p.insert(p.end(), option.begin(), option.end());
  store16(&p[2], static_cast<uint16_t>(p.size()));
  write_checksums(p);
  return p;
}

std::vector<Fields> ask_tshark(const std::string& file) {
  std::vector<std::string> arguments = {"tshark", "-n", "-r",          file, "-T",
                                        "fields", "-E", "separator=;", "-E", "occurrence=a"};
  for (const std::string& name : kNames) arguments.insert(arguments.end(), {"-e", "tcp.options.mptcp." + name});
  const Output output = run_tool(arguments, std::chrono::seconds(60));
  EXPECT_TRUE(output.exit.ok()) << to_text(output.exit) << "\n" << output.err;
  std::vector<Fields> all;
  size_t at = 0;
  while (at < output.out.size()) {
    const size_t end = std::min(output.out.find('\n', at), output.out.size());
    Fields f;
    for (size_t i = 0; i < kNames.size(); ++i) {
      const size_t stop = std::min(output.out.find(';', at), end);
      if (stop > at) f[kNames[i]] = output.out.substr(at, stop - at);
      at = std::min(stop + 1, end);
    }
    all.push_back(f);
    at = end + 1;
  }
  return all;
}

bool has_tshark() {
  try {
    return run_tool({"tshark", "-v"}, std::chrono::seconds(30)).exit.ok();
  } catch (const std::exception&) {
    return false;
  }
}

TEST(Tshark, SaysTheSameOfEveryForm) {
  if (!has_tshark()) GTEST_SKIP() << "tshark is not installed: apt-get install tshark";
  Rng rng(20);
  const auto options = every_form(rng);
  std::string folder = testing::TempDir() + "gauntlet-mptcp-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/forms.pcapng";
  {
    CaptureWriter writer(file, "test", LinkType::ipv4);
    for (size_t i = 0; i < options.size(); ++i)
      writer.frame(std::chrono::seconds(i + 1), packet_with(options[i], static_cast<uint16_t>(20000 + i)));
    writer.close();
  }
  const auto theirs = ask_tshark(file);
  std::filesystem::remove_all(folder);
  ASSERT_EQ(theirs.size(), options.size());
  for (size_t i = 0; i < options.size(); ++i) {
    Fields ours = fields(options[i]);
    if (ours["subtype"] == "2" && theirs[i].count("checksum") == 0) ours.erase("checksum");
    EXPECT_EQ(ours, theirs[i]) << to_text(decode_mptcp(options[i]));
  }
}

}  // namespace
}  // namespace gauntlet
