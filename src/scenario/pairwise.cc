#include "scenario/pairwise.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <queue>

#include "util/rng.hh"

namespace gauntlet {
namespace {

std::string timing_of(const Params& p) {
  if (p.number("nth") > 0) return "once";
  if (p.number("after") > 0) return "late";
  return p.number("count") > 0 ? "first" : "always";
}

// What each cell shows, as numbers: pairs of features, and what its scenario expects of it.
std::vector<std::vector<uint32_t>> shown_by(const std::vector<Cell>& cells, size_t& count) {
  std::map<std::string, uint32_t> number;
  const auto id_of = [&](const std::string& text) {
    return number.emplace(text, static_cast<uint32_t>(number.size())).first->second;
  };
  std::vector<std::vector<uint32_t>> out;
  for (const Cell& cell : cells) {
    const auto features = features_of(cell);
    const std::string scenario = "scenario=" + cell.scenario->id;
    const auto rule = cell.expect ? cell.expect - cell.scenario->expect.data() : -1;
    std::vector<uint32_t> shows = {id_of(fmt::format("{} expect={}", scenario, rule))};
    for (size_t a = 0; a < features.size(); ++a)
      for (size_t b = a + 1; b < features.size(); ++b) shows.push_back(id_of(features[a] + " " + features[b]));
    out.push_back(std::move(shows));
  }
  count = number.size();
  return out;
}

struct Candidate {
  size_t gain;    // what it would show that no chosen cell does; may be out of date, then it is too high
  uint64_t draw;  // decides between equals
  size_t cell;
  bool operator<(const Candidate& o) const { return gain != o.gain ? gain < o.gain : draw > o.draw; }
};

}  // namespace

std::vector<std::string> features_of(const Cell& cell) {
  std::vector<std::string> out;
  for (const char* axis : {"family", "checksum", "paths", "load"})
    out.push_back(fmt::format("{}={}", axis, axis_value(cell, axis)));
  out.push_back("group=" + cell.scenario->id.substr(0, cell.scenario->id.find('/')));
  std::vector<std::string> names, places, ways, classes, times, paths;
  for (const BoxUse& box : cell.boxes) {
    names.push_back(box.box.name);
    places.push_back(box.on.substr(0, box.on.find('.')));
    if (!box.schema) continue;
    ways.push_back(box.params.text("dir"));
    classes.push_back(box.params.text("when"));
    times.push_back(timing_of(box.params));
    paths.push_back(box.params.text("path"));
  }
  const auto add = [&](const char* dimension, const std::vector<std::string>& values) {
    out.push_back(fmt::format("{}={}", dimension, fmt::join(values, "+")));
  };
  add("box", names), add("on", places), add("dir", ways), add("when", classes), add("timing", times),
      add("path", paths);
  return out;
}

std::vector<size_t> pairwise(const std::vector<Cell>& cells, size_t most) {
  size_t count = 0;
  const auto shows = shown_by(cells, count);
  std::vector<bool> shown(count, false);
  const auto gain_of = [&](size_t cell) {
    return static_cast<size_t>(
        std::count_if(shows[cell].begin(), shows[cell].end(), [&](uint32_t pair) { return !shown[pair]; }));
  };
  std::priority_queue<Candidate> queue;
  for (size_t i = 0; i < cells.size(); ++i) queue.push({shows[i].size(), hash64(cells[i].id), i});
  std::vector<size_t> chosen;
  while (!queue.empty() && chosen.size() < most) {
    Candidate best = queue.top();
    queue.pop();
    const size_t gain = gain_of(best.cell);
    if (gain == 0) continue;
    if (gain < best.gain) {  // gains only ever fall, so one that is still the highest is the best
      best.gain = gain;
      queue.push(best);
      continue;
    }
    chosen.push_back(best.cell);
    for (const uint32_t pair : shows[best.cell]) shown[pair] = true;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace gauntlet
