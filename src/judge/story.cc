// The story of a cell for a person: what the boxes did, what the ends made of it, how that compares with plain TCP.
#include <fmt/core.h>

#include "judge/bench.hh"

namespace gauntlet {
namespace {

// "removed option 30/mpc s2c: 1 (first p1r2-c frame 2)": what happened between the cuts around a box, by kind.
void tell_edits(Bench& b, const CutDiff& cut) {
  struct Line {
    uint64_t count = 0;
    const Difference* first = nullptr;
  };
  std::map<std::string, Line> lines;
  for (const Difference& d : cut.diff.differences) {
    Line& line = lines[d.kind + (d.field.empty() ? "" : " " + d.field) + " " + name_of(d.way)];
    line.count += d.count;
    if (!line.first) line.first = &d;
  }
  std::string who;
  for (const BoxPlace* p : cut.boxes) who += (who.empty() ? "" : ", ") + p->spec + " on " + p->on;
  for (const auto& [what, line] : lines) {
    const std::vector<FrameAt>& at = line.first->client.empty() ? line.first->server : line.first->client;
    b.verdict.story.push_back(
        fmt::format("{} ({}): {}, {} times{}", who.empty() ? "between the boxes" : who, cut.run, what, line.count,
                    at.empty() ? "" : fmt::format(", first {} frame {}", at.front().interface, at.front().number)));
  }
  if (cut.diff.edges > 0)
    b.verdict.story.push_back(
        fmt::format("{}: {} segments were in flight between cuts {} and {} when a capture began or ended: not counted",
                    cut.run, cut.diff.edges, cut.before, cut.before + 1));
}

void tell_bytes(Bench& b, const char* run, const char* name, const ByteVerdict& v) {
  b.verdict.story.push_back(
      fmt::format("{} {}: {} ({}){}", run, name, v.known ? std::string(1, v.letter) : "not known", v.why, v.culprit ? ", culprit: " + *v.culprit : ""));
}

}  // namespace

void tell_story(Bench& b) {
  for (const Check& c : b.verdict.checks)
    if (c.level == Level::error) b.verdict.story.push_back(fmt::format("{}: {}", c.reason, c.actual));
  for (const CutDiff& cut : b.diffs)
    if (cut.run == "mptcp" || (cut.run == "tcp" && !cut.boxes.empty())) tell_edits(b, cut);
  if (!b.run("mptcp")) return;
  for (const std::string& line : b.outcomes["mptcp"].story) b.verdict.story.push_back(line);
  tell_bytes(b, "mptcp", "up", b.up["mptcp"]);
  tell_bytes(b, "mptcp", "down", b.down["mptcp"]);
  if (!b.run("tcp")) return;
  tell_bytes(b, "tcp", "up", b.up["tcp"]);
  tell_bytes(b, "tcp", "down", b.down["tcp"]);
}

}  // namespace gauntlet
