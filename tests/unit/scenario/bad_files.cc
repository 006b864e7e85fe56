// Every way a scenario file can be wrong: the exact file:line, and a remedy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario/scenario.hh"
#include "schemas.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using testing::HasSubstr;

struct Row {
  const char* what;
  const char* from;  // replaced once in kGood; empty: `to` is appended
  const char* to;
  std::vector<std::string> says;  // each must stand in the message
};

std::string message(const std::string& text) {
  try {
    parse_scenario(text, "x.toml", test_schemas());
  } catch (const UsageError& e) {
    return e.what();
  }
  return "(no error)";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text + to;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const std::vector<Row> kRows = {
    {"not TOML", "id = ", "id = = ", {"x.toml:1: not TOML", "correct the line"}},
    {"unknown key",
     "title =",
     "titel =",
     {"x.toml:3: unknown key `titel` in the scenario", "(allowed: id, row, title,", "has no `title`; add it"}},
    {"wrong type",
     "title = \"a title\"",
     "title = 7",
     {"x.toml:3: `title` in the scenario is an integer; write a string"}},
    {"missing id", "id = \"opt/x\"\n", "", {"x.toml:1: the scenario has no `id`; add it"}},
    {"bad id", "opt/x", "Opt X", {"x.toml:1: `id` cannot be 'Opt X'", "(allowed: a-z 0-9 - and single /)"}},
    {"tag with a space", "[\"core\"]", "[\"core tag\"]", {"x.toml:4: `tags` cannot hold 'core tag'"}},
    {"no tags", "[\"core\"]", "[]", {"x.toml:4: `tags` in the scenario is empty; name at least one"}},
    {"routers out of range",
     "routers = 2",
     "routers = 11",
     {"x.toml:7: `routers` in [topology] is 11", "(allowed: 1 to 10)"}},
    {"deny_join is no truth value",
     "routers = 2",
     "deny_join = 1",
     {"x.toml:7: `deny_join` in [topology] is true or false; correct it"}},
    {"unknown node",
     "path1.r2",
     "path1.r3",
     {"x.toml:10: no router 'path1.r3' in this topology (2 on each path)",
      "(allowed: path1.r1 to path1.r2, path2.r1 to path2.r2, core)"}},
    {"endpoint as node", "path1.r2", "server", {"x.toml:10: no router 'server'"}},
    {"unknown box",
     "use = \"strip\"",
     "use = \"stripp\"",
     {"x.toml:11: there is no box 'stripp'; see `gauntlet list boxes` (allowed: strip, delay)"}},
    {"box without use", "use = \"strip\"\n", "", {"x.toml:9: [[box]] has no `use`; add it", "strip, delay"}},
    {"unknown parameter",
     "when = \"syn\"",
     "whem = \"syn\"",
     {"x.toml:12: the box 'strip' has no parameter `whem`; remove or correct it (allowed: kind, mode, dir, when"}},
    {"unknown parameter behind with",
     "when = \"syn\"",
     "with = { whem = \"syn\" }",
     {"x.toml:12: the box 'strip' has no parameter `whem`; remove or correct it (allowed: kind, mode, dir, when"}},
    {"a parameter twice",
     "when = \"syn\"",
     "when = \"syn\"\nwith = { when = \"syn\" }",
     {"x.toml:13: `when` of the box 'strip' is there twice; remove one"}},
    {"wrong parameter value",
     "when = \"syn\"",
     "kind = 300",
     {"x.toml:12: box strip: parameter 'kind': '300' is not", "see `gauntlet list boxes`"}},
    {"parameter as array",
     "when = \"syn\"",
     "when = [\"syn\"]",
     {"x.toml:12: `when` of the box 'strip' is an array; write a string"}},
    {"required parameter missing",
     "use = \"strip\"\nwhen = \"syn\"",
     "use = \"delay\"",
     {"x.toml:9: box delay: parameter 'by' must be given"}},
    {"unknown hook",
     "use = \"strip\"",
     "use = \"strip\"\nat = \"after\"",
     {"x.toml:12: `at` in [[box]] cannot be 'after'", "(allowed: pre, post, local)"}},
    {"boxes out of order",
     "[workload]",
     "[[box]]\non = \"path1.r1\"\nuse = \"strip\"\n\n[workload]",
     {"x.toml:15: the box on path1.r1 stands behind one on path1.r2", "order [[box]] along the path"}},
    {"two hooks on a router",
     "[workload]",
     "[[box]]\non = \"path1.r2\"\nat = \"pre\"\nuse = \"strip\"\n\n[workload]",
     {"x.toml:15: two boxes on path1.r2 with `at` post and pre"}},
    {"box of a path nobody takes",
     "path1.r2",
     "path2.r2",
     {"x.toml:9: no packet of p2 in opt/x@ipv4,cs00: it has one path", "add paths = [2]"}},
    {"box of the other path", "dir = \"c2s\"", "path = \"p2\"", {"x.toml:9: no packet of p2 in opt/x@ipv4,cs00"}},
    {"size that is none", "200 kB", "lots", {"x.toml:17: `up` in [workload] cannot be 'lots'", "(allowed: \"1448\""}},
    {"nothing to send", "up = \"200 kB\"\n", "", {"x.toml:15: [workload] sends nothing"}},
    {"unknown load",
     "\"paced\"",
     "\"slow\"",
     {"x.toml:16: `load` in [workload] cannot be 'slow'", "(allowed: paced, bulk, pingpong)"}},
    {"no expect",
     "[[expect]]",
     "[[expects]]",
     {"x.toml:1: the scenario has no [[expect]]; add at least one", "unknown key `expects`"}},
    {"unknown outcome",
     "fallback-handshake",
     "fallback",
     {"x.toml:22: `outcome` in [[expect]] cannot hold 'fallback'", "(allowed: preserved, fallback-handshake,"}},
    {"no outcome", "outcome = [\"fallback-handshake\"]\n", "", {"x.toml:19: [[expect]] has no `outcome`; add it"}},
    {"outcome also lenient",
     "counters.client",
     "lenient = [\"fallback-handshake\"]\ncounters.client",
     {"x.toml:23: 'fallback-handshake' stands in `outcome` and in `lenient`"}},
    {"clause without document", "RFC 8684 3.1", "3.1", {"x.toml:20: `clause` cannot be '3.1'", "\"RFC 8684 3.3.1\""}},
    {"unknown strength",
     "\"MUST\"",
     "\"must\"",
     {"x.toml:21: `strength` in [[expect]] cannot be 'must'", "(allowed: MUST, SHOULD, MAY, DESC, UNSPEC)"}},
    {"unknown byte verdict",
     "counters.client",
     "bytes = [\"X\"]\ncounters.client",
     {"x.toml:23: `bytes` in [[expect]] cannot hold 'X'", "(allowed: I, T, U, C)"}},
    {"unknown counter rule",
     "client.must ",
     "client.musst ",
     {"x.toml:23: unknown key `musst` in `counters.client`", "(allowed: must, must_not)"}},
    {"unknown counter side",
     "counters.client",
     "counters.middle",
     {"x.toml:23: unknown key `middle` in `counters`", "(allowed: client, server)"}},
    {"unknown counter",
     "MPCapableFallbackSYNACK",
     "MPCapableFallbakSYNACK",
     {"x.toml:23: no MPTcpExt counter is called 'MPCapableFallbakSYNACK'; correct it (nearest: "
      "MPCapableFallbackSYNACK"}},
    {"wire without kind",
     "removed = \"option 30\", ",
     "",
     {"x.toml:24: `wire` names no kind of difference", "(allowed: dropped,"}},
    {"wire that is no edit",
     "{ removed = \"option 30\", segment = \"syn\", at_least = 1 }",
     "[3]",
     {"x.toml:24: `wire` names edits"}},
    {"wire with an unknown key", "at_least", "atleast", {"x.toml:24: unknown key `atleast` in `wire`"}},
    {"wire with an unknown segment",
     "segment = \"syn\"",
     "segment = \"third\"",
     {"x.toml:24: `segment` in `wire` cannot be 'third'"}},
    {"unknown axis",
     "checksum = [\"cs00\"",
     "checksums = [\"cs00\"",
     {"x.toml:28: unknown axis `checksums` in [matrix]; remove or correct it (allowed: family, checksum, paths, path, "
      "dir, when, timing, load, endpoint)"}},
    {"unknown axis value",
     "\"cs11\"]",
     "\"cs22\"]",
     {"x.toml:28: `checksum` in [matrix] cannot be 'cs22'", "(allowed: cs00, cs11, cs10, cs01)"}},
    {"axis value twice",
     "\"cs11\"]",
     "\"cs00\"]",
     {"x.toml:28: `checksum` in [matrix] names 'cs00' twice; remove one"}},
    {"axis that is no array",
     "[\"ipv4\", \"ipv6\"]",
     "\"ipv4\"",
     {"x.toml:27: `family` in [matrix] is a string; write an array"}},
    {"paths as text",
     "checksum = [\"cs00\", \"cs11\"]",
     "paths = [\"2\"]",
     {"x.toml:28: `paths` in [matrix] holds a string; write an integer (allowed: 1, 2)"}},
    {"reference endpoint",
     "checksum = [\"cs00\", \"cs11\"]",
     "endpoint = [\"reference\"]",
     {"x.toml:28: `endpoint` in [matrix] cannot be 'reference'"}},
    {"load twice",
     "checksum = [\"cs00\", \"cs11\"]",
     "load = [\"bulk\"]",
     {"x.toml:15: `load` stands in [workload] and in [matrix]; remove it from [workload]"}},
    {"unknown axis in for",
     "clause =",
     "for = { colour = \"red\" }\nclause =",
     {"x.toml:20: unknown axis `colour` in `for`"}},
    {"a cell nobody expects",
     "clause =",
     "for = { checksum = \"cs00\" }\nclause =",
     {"x.toml:27: no [[expect]] matches 2 of the cells, such as opt/x@ipv4,cs11; add one without `for` at the end"}},
    {"an expect behind one that takes all",
     "",
     "[[expect]]\nfor = { checksum = \"cs11\" }\nclause = \"RFC 8684 3.1\"\nstrength = \"MUST\"\noutcome = "
     "[\"abort\"]\n",
     {"x.toml:29: no cell reaches this [[expect]]", "move it up or remove it"}},
    {"an expect for an axis value not listed",
     "clause =",
     "for = { load = \"bulk\" }\nclause =",
     {"x.toml:27: no [[expect]] matches 4", "x.toml:19: no cell reaches this [[expect]]"}},
};

TEST(BadScenario, says_file_line_and_remedy) {
  ASSERT_EQ(message(kGood), "(no error)");
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const std::string text = message(replaced(kGood, row.from, row.to));
    for (const std::string& part : row.says) EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(BadScenario, all_problems_of_a_file_at_once_in_line_order) {
  std::string text = replaced(kGood, "title =", "titel =");
  text = replaced(text, "path1.r2", "path9.r2");
  text = replaced(text, "cs11", "cs99");
  const std::string all = message(text);
  const auto first = all.find("x.toml:3:"), second = all.find("x.toml:10:"), third = all.find("x.toml:28:");
  ASSERT_NE(third, std::string::npos) << all;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST(BadScenario, every_line_of_the_message_has_a_place) {
  for (const Row& row : kRows) {
    std::istringstream lines(message(replaced(kGood, row.from, row.to)));
    for (std::string line; std::getline(lines, line);)
      EXPECT_EQ(line.rfind("x.toml:", 0), 0u) << row.what << ": " << line;
  }
}

TEST(BadScenario, a_missing_file_or_folder_is_named) {
  EXPECT_THROW(load_scenario("no-such-file.toml", test_schemas()), UsageError);
  EXPECT_THROW(load_scenarios("no-such-folder", test_schemas()), UsageError);
}

}  // namespace
}  // namespace gauntlet
