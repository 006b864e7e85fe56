#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "judge/bench.hh"

namespace gauntlet {
namespace {

// What the trigger keeps from a box it cannot have edited. Of what a box makes or lets pass late the record names the
// segment made, or one that was overtaken, not the one that the trigger selected.
bool out_of_reach(const CutDiff& cut, const Difference& d) {
  static const std::set<std::string> kOthers = {"injected",    "rst_injected", "duplicated",
                                                "proxy_acked", "reordered",    "delayed"};
  return d.flow >= 0 && !kOthers.contains(d.kind) && d.field != "dss checksum" && !is_of_class(d.cls, cut.only);
}

bool declared(const CutDiff& cut, const Difference& d) {
  if (cut.run == "baseline" || out_of_reach(cut, d)) return false;
  std::vector<DeclaredEdit> all;
  for (const BoxPlace* box : cut.boxes) all.insert(all.end(), box->declares.begin(), box->declares.end());
  return declared_by(all, d);
}

std::string describe(const Difference& d) {
  std::string text = d.kind + (d.field.empty() ? "" : " " + d.field) + " " + name_of(d.way);
  if (!d.cls.empty()) text += " on " + d.cls;
  if (d.offset >= 0) text += fmt::format(" at offset {}", d.offset);
  if (!d.before.empty() || !d.after.empty())
    text += fmt::format(": {} -> {}", d.before.empty() ? "-" : d.before, d.after.empty() ? "-" : d.after);
  return text;
}

void point_at(Check& c, const std::string& run, const Difference& d) {
  const std::vector<FrameAt>& at = d.server.empty() ? d.client : d.server;
  if (at.empty()) return;
  c.capture = fmt::format("{}/{}.pcapng", run, at.front().interface);
  for (const FrameAt& f : at) c.frames.push_back(f.number);
}

// Of several boxes one may make another class of what the next gets.
std::string only_of(const RunEvidence& run, const std::vector<const BoxPlace*>& boxes) {
  if (boxes.size() != 1) return "";
  for (const BoxFacts& f : run.boxes)
    if (f.node == boxes[0]->on && f.only.size() == 1) return f.only[0];
  return "";
}

void check_cut(Bench& b, const CutDiff& cut) {
  const Difference* first = nullptr;
  uint64_t count = cut.diff.omitted;
  for (const Difference& d : cut.diff.differences) {
    if (declared(cut, d)) continue;
    if (count++ == cut.diff.omitted) first = &d;
  }
  if (count == 0) return;
  const bool boxed = !cut.boxes.empty();
  Check& c = b.add(
      boxed ? "armed.edits" : "armed.path", Level::error, boxed ? "undeclared-edit" : "unboxed-difference",
      boxed && cut.run != "baseline" ? "only what the box declares" : "nothing but TTL and the IPv4 header checksum",
      fmt::format("{}: {} between cuts {} and {}, first {}", cut.run, count, cut.before, cut.before + 1,
                  first ? describe(*first) : "omitted"));
  if (first) point_at(c, cut.run, *first);
}

void check_demanded(Bench& b) {
  const auto& wire = b.evidence.plan.expect.wire;
  const auto count = [&](const std::vector<const BoxPlace*>& any_of_these, auto matches) {
    uint64_t n = 0;
    for (const CutDiff& cut : b.diffs) {
      if (cut.run != "mptcp" || cut.boxes.empty()) continue;
      if (!any_of_these.empty() &&
          std::none_of(cut.boxes.begin(), cut.boxes.end(), [&](const BoxPlace* p) { return p == any_of_these[0]; }))
        continue;
      for (const Difference& d : cut.diff.differences)
        if (matches(d)) n += d.count;
    }
    return n;
  };
  for (const WireRule& rule : wire) {
    const uint64_t n = count({}, [&](const Difference& d) {
      return d.kind == rule.kind && field_covers(rule.field, d.field) && is_of_class(d.cls, rule.segment);
    });
    const std::string want = fmt::format("at least {} {} {} on {}", rule.at_least, rule.kind, rule.field,
                                         rule.segment.empty() ? "any" : rule.segment);
    if (n < rule.at_least)
      b.add("armed.declared", Level::error, "declared-edit-missing", want, fmt::format("{}", n));
    else
      b.add("armed.declared", Level::pass, "", want, fmt::format("{}", n));
  }
  if (!wire.empty()) return;
  for (const BoxPlace& box : b.evidence.boxes) {
    if (box.declares.empty()) continue;
    const uint64_t n = count({&box}, [&](const Difference& d) {
      return std::any_of(box.declares.begin(), box.declares.end(), [&](const DeclaredEdit& e) { return covers(e, d); });
    });
    if (n == 0)
      b.add("armed.declared", Level::error, "declared-edit-missing", "the edit of " + box.spec,
            "none between its cuts");
    else
      b.add("armed.declared", Level::pass, "", "the edit of " + box.spec, fmt::format("{}", n));
  }
}

}  // namespace

bool field_covers(const std::string& wanted, const std::string& field) {
  return wanted.empty() || wanted == field ||
         (field.starts_with(wanted) && field.size() > wanted.size() && field[wanted.size()] == '/');
}

bool covers(const DeclaredEdit& e, const Difference& d) {
  return e.kind == d.kind && (e.dir == "both" || e.dir == name_of(d.way)) && field_covers(e.field, d.field);
}

bool declared_by(const std::vector<DeclaredEdit>& all, const Difference& d) {
  const auto either = [](const DeclaredEdit& e, Way way) { return e.dir == "both" || e.dir == name_of(way); };
  bool split = false, merged = false;
  for (const DeclaredEdit& e : all) {
    if (covers(e, d)) return true;
    const bool resizes = e.kind == "inserted" || e.kind == "deleted";
    if (resizes && d.kind == "seq_shift_from" && either(e, d.way)) return true;
    // What follows from the records of single packets, which stand beside it.
    if (e.kind == "dropped" && d.kind == "syn_blocked" && either(e, d.way)) return true;
    if (e.kind == "injected" && d.kind == "proxy_acked" && either(e, d.way)) return true;
    // Numbers shifted one way leave the other way's acknowledgements behind where the box does not translate them.
    const bool shifts = e.kind == "isn_shift" || e.kind == "seq_shift_from";
    if (shifts && d.kind == "ack_shift" && either(e, reverse(d.way))) return true;
    if ((shifts || resizes) && d.field == "seq/quoted" && either(e, d.way)) return true;
    split |= e.kind == "split" && either(e, d.way);
    merged |= e.kind == "merged" && either(e, d.way);
  }
  return d.kind == "resegmented" && split && merged;  // a chain that cuts and joins
}

void diff_cuts(Bench& b) {
  // A busy machine delays, too: where no box declares it, and in the other direction, delay is no evidence.
  constexpr Duration kLate = std::chrono::milliseconds(3);
  for (const RunEvidence& run : b.evidence.runs) {
    for (size_t i = 0; i + 1 < run.cuts.size(); ++i) {
      CutDiff cut;
      cut.run = run.name;
      cut.before = i;
      for (const BoxPlace& p : b.evidence.boxes)
        if (p.before <= i && p.after > i) cut.boxes.push_back(&p);
      cut.only = only_of(run, cut.boxes);
      cut.diff = diff_traces(run.cuts[i], run.cuts[i + 1],
                             {.servers = b.evidence.servers, .ended_together = true, .late = kLate});
      std::erase_if(cut.diff.differences,
                    [&](const Difference& d) { return d.kind == "delayed" && !declared(cut, d); });
      b.diffs.push_back(std::move(cut));
    }
  }
}

void check_edits(Bench& b) {
  const size_t before = b.verdict.checks.size();
  for (const CutDiff& cut : b.diffs) {
    if (!cut.diff.shared_clock)
      b.add("armed.path", Level::error, "evidence-damaged", "one clock in all captures of a run",
            fmt::format("{}: cuts {} and {} disagree in time (sides exchanged?)", cut.run, cut.before, cut.before + 1));
    check_cut(b, cut);
  }
  if (b.verdict.checks.size() == before) b.add("armed.edits", Level::pass);
  check_demanded(b);
}

}  // namespace gauntlet
