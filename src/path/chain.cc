#include "path/chain.hh"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "path/trigger.hh"

namespace gauntlet {

struct Chain::Stages {
  struct Stage;
  // What a box sends goes to its neighbour, or out at the ends of the chain.
  struct Hop final : Emit {
    Stages* all = nullptr;
    size_t index = 0;
    void send(Packet p, Direction toward) override { all->forward(index, std::move(p), toward); }
  };
  struct Stage {
    Stage(const Link& link, std::unique_ptr<Middlebox> made)
        : spec(link.spec),
          when(link.params.text("when")),
          box(std::move(made)),
          trigger(link.params),
          sees_all(link.entry->sees_all) {}
    std::string spec, when;
    std::unique_ptr<Middlebox> box;
    Trigger trigger;
    bool sees_all;
    FlowTable flows;
    Hop hop;
    uint64_t selected = 0, bypassed = 0;
  };
  // Waits for its turn at a box: a box is never entered while it is at work on another packet.
  struct Waiting {
    Packet packet;
    size_t stage;
    Direction toward;
  };

  void enter(size_t index, Packet&& p, Direction toward) {  // by reference: every move of a packet costs 3 ns
    Stage& stage = *stages[index];
    Seen seen = stage.flows.see(std::as_const(p).bytes(), toward, now);
    seen.selected = stage.trigger.selects(seen);
    ++(seen.selected ? stage.selected : stage.bypassed);
    if (seen.selected || stage.sees_all) {
      stage.box->packet(std::move(p), seen, stage.hop);
    } else {
      forward(index, std::move(p), toward);
    }
  }
  void forward(size_t from, Packet&& p, Direction toward) {
    const bool up = toward == Direction::to_server;
    if (up ? from + 1 == stages.size() : from == 0) {
      out->send(std::move(p), toward);
    } else {
      waiting.push_back({std::move(p), up ? from + 1 : from - 1, toward});
    }
  }
  void drain() {
    for (size_t i = 0; i < waiting.size(); ++i) {  // grows while it runs
      Waiting w = std::move(waiting[i]);
      enter(w.stage, std::move(w.packet), w.toward);
    }
    waiting.clear();
  }

  std::vector<std::unique_ptr<Stage>> stages;
  std::vector<Waiting> waiting;
  Time now{};
  Emit* out = nullptr;
};

Chain::Chain(const std::vector<Link>& links, uint64_t seed) : stages_(std::make_unique<Stages>()) {
  Rng root(seed);
  for (size_t i = 0; i < links.size(); ++i) {
    const std::string& name = links[i].entry->schema.name;
    auto box = links[i].entry->make(links[i].params, root.fork(fmt::format("{}/{}", i, name)));
    auto& stage = stages_->stages.emplace_back(std::make_unique<Stages::Stage>(links[i], std::move(box)));
    if (stage->spec.empty()) stage->spec = name;
    stage->hop.all = stages_.get();
    stage->hop.index = i;
  }
}

Chain::~Chain() = default;
Chain::Chain(Chain&&) noexcept = default;
Chain& Chain::operator=(Chain&&) noexcept = default;

void Chain::packet(Packet p, Direction toward, Time now, Emit& out) {
  Stages& s = *stages_;
  if (s.stages.empty()) return out.send(std::move(p), toward);
  s.now = now;
  s.out = &out;
  s.enter(toward == Direction::to_server ? 0 : s.stages.size() - 1, std::move(p), toward);
  s.drain();
}

std::optional<Time> Chain::next_tick() const {
  std::optional<Time> first;
  for (const auto& stage : stages_->stages) {
    const auto due = stage->box->next_tick();
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void Chain::tick(Time now, Emit& out) {
  Stages& s = *stages_;
  s.now = now;
  s.out = &out;
  for (auto& stage : s.stages) {
    const auto due = stage->box->next_tick();
    if (due && *due <= now) stage->box->tick(now, stage->hop);
    s.drain();
  }
}

// Up the chain and down again, so that what one box lets go of is not left in the next, either way.
void Chain::flush(Emit& out) {
  Stages& s = *stages_;
  s.out = &out;
  for (size_t i = 0; i < 2 * s.stages.size(); ++i) {
    auto& stage = *s.stages[i < s.stages.size() ? i : 2 * s.stages.size() - 1 - i];
    stage.box->flush(stage.hop);
    s.drain();
  }
}

Json Chain::state() const {
  Json all = Json::array();
  for (const auto& stage : stages_->stages) {
    const FlowTable::Counts& c = stage->flows.counts();
    all.push_back({{"spec", stage->spec},
                   {"only", stage->sees_all ? Json() : Json(stage->when)},
                   {"selected", stage->selected},
                   {"bypassed", stage->bypassed},
                   {"seen",
                    {{"tcp", c.tcp},
                     {"udp", c.udp},
                     {"icmp", c.icmp},
                     {"fragments", c.fragments},
                     {"junk", c.junk},
                     {"other", c.other},
                     {"flows", c.flows},
                     {"forgotten", c.forgotten}}},
                   {"state", stage->box->state()}});
  }
  return all;
}

}  // namespace gauntlet
