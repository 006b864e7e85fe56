#include "middleboxes/registry.hh"

#include <fmt/core.h>

#include "middleboxes/manual.hh"
#include "util/error.hh"

// One line per box: its file is NAME.cc and defines `BoxEntry NAME_box()`. A name with '-' has '_' here.
// clang-format off
#define GAUNTLET_BOXES(BOX) \
  BOX(ack_unseen) \
  BOX(addopt) \
  BOX(aware) \
  BOX(badcsum) \
  BOX(blackhole) \
  BOX(captive) \
  BOX(coalesce) \
  BOX(corrupt) \
  BOX(cut) \
  BOX(delay) \
  BOX(dnat) \
  BOX(drop) \
  BOX(dsscsum) \
  BOX(duplicate) \
  BOX(dupopt) \
  BOX(early_data) \
  BOX(echo) \
  BOX(edit) \
  BOX(fin) \
  BOX(flags) \
  BOX(ftp) \
  BOX(hole) \
  BOX(http) \
  BOX(icmp) \
  BOX(inject) \
  BOX(inwindow) \
  BOX(kind) \
  BOX(lb) \
  BOX(loss) \
  BOX(mss) \
  BOX(nat) \
  BOX(normaliser) \
  BOX(optorder) \
  BOX(optval) \
  BOX(pass) \
  BOX(pep) \
  BOX(pmtu) \
  BOX(police) \
  BOX(prefixnat) \
  BOX(quoter) \
  BOX(rate) \
  BOX(reorder) \
  BOX(rst) \
  BOX(seq) \
  BOX(split) \
  BOX(split_tcp) \
  BOX(strip) \
  BOX(swap) \
  BOX(syn_proxy) \
  BOX(tfo_strip) \
  BOX(timestamps) \
  BOX(tos) \
  BOX(ttl) \
  BOX(window)
// clang-format on

namespace gauntlet {

#define BOX(name) BoxEntry name##_box();
GAUNTLET_BOXES(BOX)
#undef BOX

namespace {

BoxEntry with_manual(BoxEntry entry) {
  const std::string_view manual = manual_of(entry.schema.name);
  entry.schema.manual = manual;
  const std::string_view first = manual.substr(0, manual.find('\n'));
  const size_t colon = first.find(": ");
  entry.schema.summary = colon == std::string_view::npos ? first : first.substr(colon + 2);
  return entry;
}

std::vector<BoxEntry> make_all() {
  std::vector<BoxEntry> all;
#define BOX(name) all.push_back(with_manual(name##_box()));
  GAUNTLET_BOXES(BOX)
#undef BOX
  return all;
}

std::vector<BoxEntry>& all_boxes() {
  static std::vector<BoxEntry> all = make_all();
  return all;
}

}  // namespace

std::span<const BoxEntry> boxes() { return all_boxes(); }

void add_boxes(std::span<const BoxEntry> more) { all_boxes().insert(all_boxes().end(), more.begin(), more.end()); }

const BoxEntry* find_box(std::string_view name) {
  for (const BoxEntry& entry : boxes()) {
    if (entry.schema.name == name) return &entry;
  }
  return nullptr;
}

std::vector<BoxSchema> box_schemas() {
  std::vector<BoxSchema> schemas;
  for (const BoxEntry& entry : boxes()) schemas.push_back(entry.schema);
  return schemas;
}

Chain::Link link_of(std::string_view spec) {
  const BoxText text = parse_box_text(spec);
  const BoxEntry* entry = find_box(text.name);
  if (entry == nullptr) {
    throw UsageError(fmt::format("no box '{}'; `gauntlet list boxes` shows what there is", text.name));
  }
  return {entry, check_params(entry->schema, text.written), to_text(text)};
}

}  // namespace gauntlet
