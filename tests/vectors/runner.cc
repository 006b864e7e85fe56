// Runs tests/vectors/*.toml: packets in, packets out, byte by byte and in order. `vectors FILE...`, exit 0 when all
// cases hold.
//
//   [[case]]
//   what  = "one line for the person who breaks it"
//   with  = { kind = 30, mode = "eol" }     parameters of the box the file is named after
//   chain = ["nat:...", "strip:..."]        instead of `with`: several boxes, client side first
//   in    = ["> S 0:1 <...>", "+5ms"]       notation/notation.hh; "+5ms" alone lets time pass
//   out   = ["> S 0:1 <...>"]               in this order; "@5ms > ..." also demands when
//   ipv6  = true                            default false
//   flush = false                           what is still held at the end leaves unless it is false
//   error = "text"                          instead of in and out: making the box is refused with this text
#include <fmt/core.h>

#include <toml++/toml.h>
#include <filesystem>

#include "middleboxes/registry.hh"
#include "notation/notation.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

struct Sent {
  Packet packet;
  Direction toward;
  Time at;
};

struct Collect : Emit {
  std::vector<Sent> sent;
  Time now{};
  void send(Packet p, Direction toward) override {
    p.keep();
    sent.push_back({std::move(p), toward, now});
  }
};

std::string text_of(const toml::node& value) {
  if (const auto s = value.value<std::string>(); s && value.is_string()) return *s;
  if (const auto b = value.value<bool>(); b && value.is_boolean()) return *b ? "yes" : "no";
  return std::to_string(value.value<int64_t>().value_or(0));
}

std::vector<std::string> lines_of(const toml::table& row, const char* key) {
  std::vector<std::string> lines;
  if (const toml::array* a = row[key].as_array()) {
    for (const auto& line : *a) lines.push_back(line.value<std::string>().value_or("?"));
  }
  return lines;
}

std::vector<Chain::Link> links_of(const toml::table& row, const std::string& box) {
  std::vector<Chain::Link> links;
  for (const std::string& spec : lines_of(row, "chain")) links.push_back(link_of(spec));
  if (!links.empty()) return links;
  BoxText text{box, {}};
  if (const toml::table* with = row["with"].as_table()) {
    for (const auto& [key, value] : *with) text.written.emplace(std::string(key.str()), text_of(value));
  }
  return {link_of(to_text(text))};
}

class Case {
 public:
  Case(const toml::table& row, std::string box) : row_(row), box_(std::move(box)), ipv6_(row["ipv6"].value_or(false)) {}

  // Empty when it holds; else the story.
  std::string run() {
    const std::string wanted = row_["error"].value_or(std::string{});
    try {
      chain_.emplace(links_of(row_, box_), 1);
    } catch (const UsageError& e) {
      if (!wanted.empty() && std::string(e.what()).find(wanted) != std::string::npos) return {};
      return fmt::format("  refused: {}\n", e.what());
    }
    if (!wanted.empty()) return fmt::format("  not refused; wanted: {}\n", wanted);
    for (const std::string& line : lines_of(row_, "in")) feed(line);
    if (row_["flush"].value_or(true)) chain_->flush(out_);
    note_outputs();
    return compare();
  }

 private:
  void feed(const std::string& text) {
    notation::Line line = notation::parse(text, ipv6_);
    if (line.wait) pass_time(now_ + *line.wait);
    if (line.only_time) return;
    story_ += fmt::format("  {}. {}us in   {}\n", ++step_, now_.count() / 1000, text);
    // Half the packets are lent, as from a receive batch: a box that holds one without keeping it is found out.
    std::vector<uint8_t> slot(line.packet.size() + 96, 0xee);
    std::copy(line.packet.data(), line.packet.data() + line.packet.size(), slot.begin() + 64);
    out_.now = now_;
    chain_->packet(step_ % 2 ? Packet::borrow(slot.data() + 64, line.packet.size(), 64, 32, 1) : std::move(line.packet),
                   line.toward, now_, out_);
    note_outputs();
  }

  void pass_time(Time until) {
    for (auto due = chain_->next_tick(); due && *due <= until; due = chain_->next_tick()) {
      now_ = out_.now = std::max(now_, *due);
      chain_->tick(now_, out_);
      note_outputs();
    }
    now_ = out_.now = until;
  }

  void note_outputs() {
    for (; noted_ < out_.sent.size(); ++noted_) {
      const Sent& s = out_.sent[noted_];
      story_ += fmt::format("       {}us  out  {}\n", s.at.count() / 1000, notation::print(s.packet.bytes(), s.toward));
    }
  }

  std::string compare() {
    const std::vector<std::string> wanted = lines_of(row_, "out");
    for (size_t i = 0; i < std::max(wanted.size(), out_.sent.size()); ++i) {
      if (i >= out_.sent.size()) return story_ + fmt::format("  missing: {}\n", wanted[i]);
      const Sent& got = out_.sent[i];
      const std::string got_line = notation::print(got.packet.bytes(), got.toward);
      if (i >= wanted.size()) return story_ + fmt::format("  too many: {}\n", got_line);
      const notation::Line want = notation::parse(wanted[i], ipv6_);
      const std::string got_hex = notation::hex(got.packet.bytes()), want_hex = notation::hex(want.packet.bytes());
      const bool late = want.at && *want.at != got.at;
      if (want.toward == got.toward && got_hex == want_hex && !late) continue;
      return story_ + fmt::format("  out {}: wanted {}\n                {}\n         got    {}\n                {}\n",
                                  i + 1, late ? wanted[i] : notation::print(want.packet.bytes(), want.toward), want_hex,
                                  late ? fmt::format("{} at {}us", got_line, got.at.count() / 1000) : got_line,
                                  got_hex);
    }
    return {};
  }

  const toml::table& row_;
  std::string box_;
  bool ipv6_;
  std::optional<Chain> chain_;
  Collect out_;
  Time now_{};
  int step_ = 0;
  size_t noted_ = 0;
  std::string story_;
};

// Number of cases that do not hold.
size_t run_file(const std::string& path, size_t& ran) {
  const toml::table file = toml::parse_file(path);
  const std::string box = std::filesystem::path(path).stem();
  size_t wrong = 0;
  const toml::array* cases = file["case"].as_array();
  for (size_t i = 0; cases != nullptr && i < cases->size(); ++i) {
    const toml::table& row = *cases->get(i)->as_table();
    ++ran;
    std::string story;
    try {
      story = Case(row, box).run();
    } catch (const notation::NotationError& e) {
      story = fmt::format("  the file itself: {}\n", e.what());
    }
    if (story.empty()) continue;
    ++wrong;
    fmt::print("FAILED {}:{} \"{}\"\n{}", path, row.source().begin.line, row["what"].value_or(std::string("?")), story);
  }
  return wrong;
}

}  // namespace
}  // namespace gauntlet

int main(int argc, char** argv) {
  size_t wrong = 0, ran = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      wrong += gauntlet::run_file(argv[i], ran);
    } catch (const toml::parse_error& e) {
      fmt::print("FAILED {}:{}: {}\n", argv[i], e.source().begin.line, e.description());
      ++wrong;
    }
  }
  fmt::print("{} cases, {} failed\n", ran, wrong);
  return wrong == 0 && ran > 0 ? 0 : 1;
}
