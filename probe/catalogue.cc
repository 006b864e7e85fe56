#include "probe/catalogue.hh"

#include <algorithm>
#include <array>

namespace gauntlet {
namespace {

// The SYN options stand as Linux sends them. The UDP port is traceroute's.
#define SYN_OPTIONS "syn/mss=1460/sack-ok/ts/nop/ws=7"
constexpr auto kFirst = ProbePhase::first;
constexpr auto kEstablished = ProbePhase::established;

constexpr std::array<NamedProbe, 25> kProbes{{
    {"mpcapable", kFirst, true, SYN_OPTIONS "/mpcapable",
     "MP_CAPABLE v1 in a SYN: filters of the handshake, MSS clamps, sequence rewriting"},
    {"plain", kFirst, true, SYN_OPTIONS, "the same SYN without MPTCP: the control for everything else"},
    {"mpjoin", kFirst, true, SYN_OPTIONS "/mpjoin",
     "MP_JOIN with a random token: RST proves that it arrived, SYN/ACK that it did not"},
    {"udp", kFirst, true, "udp/dport=33434",
     "control: how far the host is for what is not TCP (proxies, TTL rewriting)"},
    {"unknown", kFirst, true, SYN_OPTIONS "/opt=253:f989aabb",
     "an option nobody knows (RFC 4727): is the box aware of MPTCP or strict about everything"},
    {"ecn", kFirst, true, "syn/ece/cwr/dscp=10/ecn=2/mss=1460/sack-ok/ts/nop/ws=7",
     "ECN and DSCP: bleaching and re-marking"},
    {"icmp", kFirst, false, "icmp/len=24", "echo request: a second distance control"},
    {"mpcapable-v0", kFirst, false, SYN_OPTIONS "/mpcapable-v0",
     "MP_CAPABLE of RFC 6824: boxes that know only version 0"},
    // An acknowledgement between two with data: each stands at another place of the stream, which eight quoted bytes
    // show.
    {"data", kEstablished, true, "psh/ack/mpcapable-data/len=64",
     "first data with both keys: filters of segments that are not a SYN"},
    {"ack3", kEstablished, true, "ack/mpcapable-ack", "the third ACK with both keys"},
    {"dss8", kEstablished, true, "psh/ack/dss=ack8+map8+csum/len=64", "DSS with 8-byte numbers and checksum"},
    {"addaddr", kEstablished, true, "ack/addaddr=192.0.2.77", "ADD_ADDR with its HMAC"},
    {"dss4", kEstablished, true, "psh/ack/dss=ack4+map4/len=64", "DSS with 4-byte numbers, no checksum"},
    {"rmaddr", kEstablished, true, "ack/rmaddr=9", "REMOVE_ADDR"},
    {"http", kEstablished, true,
     "psh/ack/dss=ack8+map8/text=GET \\/ HTTP\\/1.1\\r\\nHost: example.net\\r\\nConnection: close\\r\\n\\r\\n",
     "an HTTP request: payload editors, captive portals"},
    {"mpprio", kEstablished, true, "ack/mpprio=backup", "MP_PRIO"},
    {"ftp-port", kEstablished, true, "psh/ack/dss=ack8+map8/text=PORT 192,0,2,1,7,138\\r\\n",
     "an FTP PORT command: application gateways that rewrite addresses"},
    {"large", kEstablished, true, "psh/ack/dss=ack8+map8/len=1200", "a large segment: splitting"},
    {"first-of-two", kEstablished, true, "ack/dss=ack8+map8/len=48/fresh",
     "two segments in a row, another two for every TTL: boxes that join them"},
    {"second-of-two", kEstablished, true, "psh/ack/dss=ack8+map8/len=48/fresh/seq=48", "the second of them"},
    {"mpfail", kEstablished, false, "ack/dss=ack8/mpfail", "MP_FAIL (only copies that die on the way are sent)"},
    {"fastclose", kEstablished, false, "ack/fastclose", "MP_FASTCLOSE (only copies that die on the way are sent)"},
    {"tcprst", kEstablished, false, "rst/ack/tcprst=1", "MP_TCPRST (only copies that die on the way are sent)"},
    {"addaddr-echo", kEstablished, false, "ack/addaddr-echo=192.0.2.77", "ADD_ADDR echo"},
    {"sack", kEstablished, false, "ack/sack=1000-2000",
     "a SACK block: boxes that shift sequence numbers and forget the blocks"},
}};
#undef SYN_OPTIONS

}  // namespace

std::span<const NamedProbe> probes() { return kProbes; }

const NamedProbe* find_probe(std::string_view name) {
  const auto it = std::find_if(kProbes.begin(), kProbes.end(), [&](const NamedProbe& p) { return name == p.name; });
  return it == kProbes.end() ? nullptr : &*it;
}

}  // namespace gauntlet
