// What a trace says: JSON against its schema (the part of JSON Schema that it uses), expectations, matching.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "path_model.hh"
#include "probe/expect.hh"
#include "probe/locate.hh"
#include "probe/match.hh"
#include "probe/render.hh"
#include "util/error.hh"
#include "util/rng.hh"
#include "wire/options.hh"

namespace gauntlet {
namespace {

class Schema {
 public:
  explicit Schema(const std::string& path) : root_(Json::parse(std::ifstream(path))) {}
  std::string check(const Json& value) const { return check(root_, value, "$"); }

 private:
  static bool is(const std::string& type, const Json& v) {
    return (type == "object" && v.is_object()) || (type == "array" && v.is_array()) ||
           (type == "string" && v.is_string()) || (type == "integer" && v.is_number_integer()) ||
           (type == "number" && v.is_number()) || (type == "boolean" && v.is_boolean()) ||
           (type == "null" && v.is_null());
  }
  // Empty: valid; else the first place that is not.
  std::string check(const Json& rule, const Json& v, const std::string& at) const {
    if (rule.contains("$ref")) return check(root_["$defs"][rule["$ref"].get<std::string>().substr(8)], v, at);
    if (rule.contains("type")) {
      bool fits = false;
      for (const Json& t : rule["type"].is_array() ? rule["type"] : Json::array({rule["type"]}))
        fits = fits || is(t.get<std::string>(), v);
      if (!fits) return at + ": type";
    }
    if (rule.contains("const") && v != rule["const"]) return at + ": const";
    if (rule.contains("enum") && std::find(rule["enum"].begin(), rule["enum"].end(), v) == rule["enum"].end())
      return at + ": enum " + v.dump();
    if (rule.contains("pattern") &&
        !std::regex_match(v.get<std::string>(), std::regex(rule["pattern"].get<std::string>())))
      return at + ": pattern " + v.dump();
    if (rule.contains("anyOf")) {
      bool fits = false;
      for (const Json& r : rule["anyOf"]) fits = fits || check(r, v, at).empty();
      if (!fits) return at + ": anyOf";
    }
    if (rule.contains("required"))
      for (const Json& key : rule["required"])
        if (!v.contains(key.get<std::string>())) return at + ": lacks " + key.get<std::string>();
    if (rule.contains("properties") && v.is_object())
      for (const auto& [key, r] : rule["properties"].items())
        if (v.contains(key))
          if (auto bad = check(r, v[key], at + "." + key); !bad.empty()) return bad;
    if (rule.contains("items"))
      for (size_t i = 0; i < v.size(); ++i)
        if (auto bad = check(rule["items"], v[i], at + "[]"); !bad.empty()) return bad;
    return "";
  }
  Json root_;
};

TraceReport clamped(Observation& o) {
  PathModel m;
  m.silent = {4};
  m.rfc4884 = true;
  m.after_check[2] = clamp_mss(1200);
  o = observe(m, {"mpcapable", "plain", "udp"});
  return locate(o);
}

TEST(Output, JsonIsAsTheSchemaSays) {
  const Schema schema(GAUNTLET_SOURCE_DIR "/probe/trace.schema.json");
  Observation o;
  const TraceReport r = clamped(o);
  Json j = trace_json(o, o, r, {"host", 80, true, {}}, 10);
  EXPECT_EQ(schema.check(j), "");
  EXPECT_EQ(j["findings"][0]["id"], "tcp.mss.syn.forward: clamped");
  j["findings"][0]["direction"] = "sideways";  // the check itself can fail
  EXPECT_NE(schema.check(j), "");
  j["findings"][0].erase("direction");
  EXPECT_NE(schema.check(j), "");
}

// Every member of everything has a type: put another in its place, and it is told.
void spoil_each(const Schema& schema, const Json& whole, Json& part, const std::string& where) {
  for (auto& [key, value] : part.items()) {
    const Json kept = value;
    if (value.is_object() || (value.is_array() && !value.empty() && value[0].is_object()))
      spoil_each(schema, whole, value.is_object() ? value : value[0], where + "." + key);
    value = Json::object({{"of", "another type"}});
    EXPECT_NE(schema.check(whole), "") << where << "." << key;
    value = kept;
  }
}

TEST(Output, TheSchemaSaysTheTypeOfEveryMember) {
  const Schema schema(GAUNTLET_SOURCE_DIR "/probe/trace.schema.json");
  Observation o;
  const TraceReport r = clamped(o);
  Json j = trace_json(o, o, r, {"host", 80, true, {}}, 10);
  j["notes"].push_back({{"id", "a"}, {"text", "b"}});
  j["target"] = j["error"] = "c";
  j["unexpected"] = {"d"};
  ASSERT_EQ(schema.check(j), "");
  ASSERT_FALSE(j["findings"][0]["evidence"].empty());
  ASSERT_FALSE(j["probes"][0]["replies"].empty());
  spoil_each(schema, j, j, "$");
}

TEST(Output, TheTableShowsEveryRouterThatAnsweredForAHop) {
  Observation o;
  TraceReport r = clamped(o);
  r.hops[1].addresses.push_back(*parse_ip_address("192.0.2.200"));
  const std::string text = trace_table(o, r, {"host", 80, false, {}});
  EXPECT_NE(text.find("\n      192.0.2.200\n"), std::string::npos) << text;
}

TEST(Output, TheTableMarksTheFirstChangeOnlyAndHidesTtlNoise) {
  Observation o;
  const TraceReport r = clamped(o);
  const std::string text = trace_table(o, r, {"host", 80, false, {}});
  size_t marks = 0;
  for (size_t at = text.find("clamped: tcp.mss"); at != std::string::npos; at = text.find("clamped: tcp.mss", at + 1))
    ++marks;
  EXPECT_EQ(marks, 1u);
  EXPECT_EQ(text.find("ip.ttl"), std::string::npos);
  EXPECT_NE(
      text.find("tcp.mss in the syn was clamped from 1460 to 1200, between hop 2 (10.0.2.1) and hop 3 (10.0.3.1)."),
      std::string::npos)
      << text;
}

TEST(Output, ExpectationsNameWhatIsMissingAndWhatIsTooMuch) {
  Observation o;
  const TraceReport r = clamped(o);
  EXPECT_TRUE(differences(parse_expectations("# clamp\ntcp.mss.syn.forward: clamped @ 2-3\n", "f"), r).empty());
  EXPECT_TRUE(differences(parse_expectations("tcp.mss.syn.forward: clamped", "f"), r).empty());
  EXPECT_EQ(differences(parse_expectations("tcp.mss.syn.forward: clamped @ 3-4", "f"), r).size(), 2u);
  EXPECT_EQ(differences({}, r).size(), 1u);
  EXPECT_THROW(parse_expectations("nonsense", "f"), UsageError);
  for (const char* wrong : {"@ x", "@ 3-2", "@ 2-3 4", "@ 2-256", "@ 2", "@"})
    EXPECT_THROW(parse_expectations(std::string("tcp.mss.syn.forward: clamped ") + wrong, "f"), UsageError) << wrong;
  EXPECT_EQ(parse_expectations("tcp.mss.2.syn.forward: added @ 2-3 # the second\n\t# none\n", "f").size(), 1u);
}

// The quote of every TTL finds its probe though one box rewrote the sequence number, another the ports or the
// identification.
TEST(Match, OneRewrittenFieldDoesNotHideTheProbe) {
  const Observation o = observe({}, {"mpcapable", "plain", "udp", "data", "dss8"});
  for (size_t run = 0; run < o.runs.size(); ++run)
    for (const uint8_t ttl : {uint8_t{1}, uint8_t{5}})
      for (int damage = 0; damage < 4; ++damage) {
        HopQuote q;
        q.quote = o.runs[run].sent[ttl - 1u];
        if (damage == 1) store32(&q.quote[24], 0x77777777);
        if (damage == 2) store16(&q.quote[20], 0x7777);
        if (damage == 3) store16(&q.quote[4], 0x7777);
        if (damage != 0 && o.runs[run].spec.proto != 6 && damage != 3) continue;
        const auto m = match_quote(o.runs, q);
        ASSERT_TRUE(m.has_value()) << o.runs[run].name << " damage " << damage;
        EXPECT_EQ(m->run, run);
        EXPECT_EQ(m->ttl, ttl);
      }
}

TEST(Match, WhatAStrangerForgesIsNobodys) {
  const Observation o = observe({}, {"mpcapable", "plain", "udp", "data"});
  Rng rng(1);
  int taken = 0;
  for (int i = 0; i < 200000; ++i) {
    HopQuote q;
    q.quote.assign(20 + rng.below(60), 0);
    for (uint8_t& b : q.quote) b = static_cast<uint8_t>(rng.next());
    const auto& ours = o.runs[0].sent[0];
    std::copy_n(ours.begin(), 2, q.quote.begin());  // addresses, protocol, destination port: known to everybody
    std::copy_n(ours.begin() + 9, 11, q.quote.begin() + 9);
    if (q.quote.size() >= 24) std::copy_n(ours.begin() + 22, 2, q.quote.begin() + 22);
    taken += match_quote(o.runs, q).has_value() ? 1 : 0;
  }
  EXPECT_EQ(taken, 0);
}

}  // namespace
}  // namespace gauntlet
