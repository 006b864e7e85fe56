#include "specs.hh"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace gauntlet {
namespace {

// What the examples do not show.
const char* const kMore[] = {"strip:mode=nop",
                             "strip:mode=eol",
                             "strip:mode=eol,rest=zero,subtype=dss",
                             "strip",
                             "strip:kind=8",
                             "split",
                             "split:size=7,options=first",
                             "split:parts=3,options=last,timestamps=no",
                             "split:parts=40",
                             "split:at=1+5+90+700+1500,options=first",
                             "split:at=mapping,by=1,options=last",
                             "coalesce",
                             "coalesce:segments=4,options=none,acks=pass",
                             "coalesce:options=last,timestamps=no",
                             "coalesce:at=1+5+90+700+1500,segments=9",
                             "coalesce:at=mapping,options=first",
                             "coalesce:at=inside,segments=4",
                             "edit:find=o,replace=XYZ",
                             "edit:find=vcj,replace=",
                             "edit:xor=ff00ff",
                             "edit:xor=01,offset=25",
                             "nat:pool=203.0.113.4+2001:db8:ff::/64",
                             "nat:pool=203.0.113.4+2001:db8:ff::/64,ports=keep,quotes=no",
                             "drop:kind=30",
                             "loss:rate=0.3,burst=3",
                             "loss:every=5",
                             "delay:time=2ms,jitter=3ms,order=free",
                             "delay:time=50ms,limit=10",
                             "reorder:gap=3,share=0.5,hold=4ms",
                             "duplicate:when=any,copies=2",
                             "rate:kbit=1000,burst=3000",
                             "rate:kbit=1000,action=police",
                             "mss:max=500",
                             "window:max=100,min=3",
                             "tos:dscp=10,ecn=ce",
                             "ttl:set=9",
                             "flags:set=PE,clear=C,reserved=5,urgent=7",
                             "corrupt:subtype=mpc+join+dss+add+rm+prio+fail+fclose+tcprst,field=length,set=3",
                             "corrupt:subtype=mpc+join+dss+add+rm+prio+fail+fclose+tcprst,field=reserved,xor=ff",
                             "corrupt:subtype=dss,field=dsn,xor=ff00ff00ff",
                             "corrupt:subtype=join,field=hmac",
                             "dsscsum:when=any",
                             "dsscsum:mode=add,when=any",
                             "dupopt:kind=8",
                             "kind",
                             "pmtu:size=200",
                             "swap:first=0,second=3",
                             "icmp:count=0,when=any",
                             "quoter:upper=8,lie=seq,flip=ffff",
                             "quoter:packet=21,mpls=16+1000",
                             "quoter:length=always,lie=option,sums=no",
                             "quoter:mpls=3,length=never,lie=src,set=1",
                             "quoter:length=wrong,rate=2",
                             "nat:pool=203.0.113.4+2001:db8:ff::/64,packets=9",
                             "police:kbit=1000,over=ce",
                             "prefixnat:inside=192.0.2.0/24+2001:db8::/64,outside=203.0.113.0/24+2001:db8:ff::/64",
                             "lb:other=closed"};

}  // namespace

std::vector<std::string> examples_of(const BoxEntry& box) {
  const std::string& name = box.schema.name;
  const size_t from = box.schema.manual.find("\nExample");
  if (from == std::string::npos) throw std::runtime_error(name + ": no example in the manual");
  std::istringstream words(box.schema.manual.substr(from, box.schema.manual.find("\n\n", from + 1) - from));
  std::vector<std::string> specs;
  for (std::string word; words >> word;) {
    for (; std::ranges::count(word, '\'') % 2 == 1;) {  // a quoted value may hold spaces
      std::string more;
      if (!(words >> more)) break;
      word += ' ' + more;
    }
    if (word == name || word.starts_with(name + ":")) specs.push_back(word);
  }
  if (specs.empty()) throw std::runtime_error(name + ": the manual's example shows no spec of it");
  return specs;
}

std::vector<std::string> all_specs() {
  std::vector<std::string> all;
  for (const BoxEntry& box : boxes()) {
    for (std::string& spec : examples_of(box)) all.push_back(std::move(spec));
  }
  for (const char* spec : kMore) {
    if (std::ranges::find(all, spec) == all.end()) all.emplace_back(spec);
  }
  return all;
}

std::vector<std::string> specs_of(std::initializer_list<std::string_view> names) {
  std::vector<std::string> some;
  for (std::string& spec : all_specs()) {
    const std::string box = spec.substr(0, spec.find(':'));
    if (std::ranges::find(names, std::string_view(box)) != names.end()) some.push_back(std::move(spec));
  }
  return some;
}

std::string name_of_spec(size_t index, std::string_view spec) {
  std::string name = std::to_string(index) + "_" + std::string(spec);
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace gauntlet
