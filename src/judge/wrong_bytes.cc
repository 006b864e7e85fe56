#include "judge/wrong_bytes.hh"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

void add(Bench& b, const std::string& run, bool up, const ByteVerdict& v) {
  if (v.letter == 'I' || !v.first_wrong) return;
  const RunEvidence* evidence = b.run(run.c_str());
  const std::string receiver = run + (up ? "/server" : "/client");
  const auto shadow = b.shadows.find(receiver);
  if (!evidence || shadow == b.shadows.end()) return;
  const std::vector<uint8_t>& got = (up ? evidence->server : evidence->client).bytes;
  WrongBytes w;
  w.run = run;
  w.way = up ? "up" : "down";
  w.letter = v.letter;
  w.offset = *v.first_wrong;
  if (v.origin) {
    w.kind = name_of(v.origin->kind);
    w.origin = v.origin->text;
    w.belongs_to = v.origin->belongs_to;
  }
  w.why = v.why;
  w.culprit = v.culprit;
  w.delivered = receiver + ".received";
  w.shadow = receiver + ".shadow";
  w.delivered_bytes = got.size();
  w.shadow_bytes = shadow->second.size();
  if (got != shadow->second) {
    const auto n = static_cast<std::ptrdiff_t>(std::min(got.size(), shadow->second.size()));
    w.parted =
        static_cast<uint64_t>(std::mismatch(got.begin(), got.begin() + n, shadow->second.begin()).first - got.begin());
  }
  b.verdict.wrong.push_back(std::move(w));
}

}  // namespace

void forget_shadows(const std::string& folder) {
  std::error_code none;
  for (const char* run : {"baseline", "tcp", "mptcp"})
    for (const char* role : {"client", "server"})
      fs::remove(fs::path(folder) / run / (std::string(role) + ".shadow"), none);
}

void write_shadows(Bench& b, const std::string& folder) {
  for (const auto& [receiver, bytes] : b.shadows) {
    std::ofstream out(folder + "/" + receiver + ".shadow", std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  for (const RunEvidence& run : b.evidence.runs) {
    if (!b.up.contains(run.name)) continue;
    add(b, run.name, true, b.up[run.name]);
    add(b, run.name, false, b.down[run.name]);
  }
}

Json wrong_json(const std::vector<WrongBytes>& all) {
  Json out = Json::array();
  for (const WrongBytes& w : all) {
    Json j = {{"run", w.run},
              {"way", w.way},
              {"bytes", std::string(1, w.letter)},
              {"offset", w.offset},
              {"kind", w.kind},
              {"origin", w.origin},
              {"belongs_to", nullptr},
              {"culprit", nullptr},
              {"why", w.why},
              {"delivered", w.delivered},
              {"delivered_bytes", w.delivered_bytes},
              {"shadow", w.shadow},
              {"shadow_bytes", w.shadow_bytes},
              {"parted", nullptr}};
    if (w.belongs_to) j["belongs_to"] = *w.belongs_to;
    if (w.culprit) j["culprit"] = *w.culprit;
    if (w.parted) j["parted"] = *w.parted;
    out.push_back(std::move(j));
  }
  return out;
}

}  // namespace gauntlet
