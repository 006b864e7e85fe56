// Boxes that deliver a TCP stream as it was sent, whatever else they do to its segments, and those that do not.
#pragma once
#include <string>

namespace gauntlet {

inline const std::string kKeepStreams[] = {
    "pass",
    "strip:kind=30",
    "strip:kind=5",
    "strip:kind=8,mode=nop",
    "strip:kind=3",
    "seq:dir=both",
    "seq:dir=both,sack=no",
    "split:size=200",
    "split:parts=3,options=first",
    "split:at=1+1000+2500+9999,by=-1",
    "coalesce",
    "nat:pool=203.0.113.4+2001:db8:ff::/64",
    "ftp:to=203.0.113.4",
    "syn-proxy",
    "syn-proxy:wscale=2,mss=900",
    "split-tcp",
    "split-tcp:accept=late,buffer=4KiB",
    "pep",
    "pep:dir=c2s",
    "pep:dir=s2c,after=5",
    "normaliser",
    "normaliser:holes=drop",
    "normaliser:copy=sender",
    "hole",
    "hole:dir=s2c",
    "ack-unseen",
    "ack-unseen:mode=correct",
    "inwindow",
    "tfo-strip",
    "blackhole:after=5,lasts=3s",
    "addopt:option=fd0401f2",
    "aware:find=needle,replace=NEEDLE",
    "badcsum:when=data,nth=5,count=3",
    "corrupt:subtype=dss,field=csum",
    "delay:time=20ms,jitter=10ms,order=free",
    "dnat:port=5004",
    "drop:when=data,nth=4,count=3",
    "dsscsum",
    "duplicate:when=any,copies=2",
    "dupopt:kind=8",
    "early-data",
    "echo",
    "edit:find=needle,replace=straw",
    "flags:clear=EC,reserved=5",
    "http:uri=/blocked",
    "inject:option=fd0401f2",
    "inject:option=fd0401f2,shift=1000000000",
    "kind:kind=5",
    "lb",
    "loss:rate=0.05,burst=2",
    "mss:max=500",
    "optorder:order=shuffle",
    "optval:kind=3,set=02",
    "police:kbit=4000,burst=20000",
    "prefixnat:inside=192.0.2.0/24+2001:db8::/64,outside=203.0.113.0/24+2001:db8:ff::/64",
    "quoter",
    "rate:kbit=2000",
    "reorder:gap=3,when=data",
    "timestamps",
    "tos:dscp=10,ecn=not",
    "ttl:set=9",
    "window:min=2000,max=60000,when=nonsyn",
};

// Boxes that edit a text of the stream, with what becomes of it.
struct Edited {
  const char *spec, *text, *becomes;
};
inline constexpr Edited kEditStreams[] = {
    {"edit:find=needle,replace=straw", "needle", "straw"},
    {"edit:find=needle,replace=haystack", "needle", "haystack"},
    {"edit:find=needle,replace=", "needle", ""},
    {"edit:find=needle,replace=NEEDLE,dir=s2c", "needle", "NEEDLE"},
    {"edit:find=needle,replace=haystack,mtu=600", "needle", "haystack"},
    {"http:uri=/blocked,dir=c2s", "GET /x HTTP/1.1\r\n", "GET /blocked HTTP/1.1\r\n"},
    {"http:header='Via: b'", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nVia: b\r\n"},
    {"ftp:to=203.0.113.40", "PORT 192,0,2,1,4,1\r\n", "PORT 203,0,113,40,4,1\r\n"},
    {"ftp:to=192.0.2.9", "227 Passive (198,51,100,10,19,137)\r\n", "227 Passive (192,0,2,9,19,137)\r\n"},
};

// Not of that kind, and why: a test fails for a box that stands in neither list.
struct NoStream {
  const char* box;
  const char* why;
};
inline constexpr NoStream kChangeStreams[] = {
    {"captive", "answers in the server's place"},
    {"cut", "takes bytes out"},
    {"fin", "ends the stream"},
    {"icmp", "says that the path is broken"},
    {"pmtu", "a black hole for what is too large"},
    {"rst", "ends the connection"},
    {"swap", "changes payload"},
};

}  // namespace gauntlet
