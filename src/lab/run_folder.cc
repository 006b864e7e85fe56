#include "lab/run_folder.hh"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/endpoints.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNote = "captures-not-kept";

void write_json(const fs::path& path, const Json& json) {
  std::ofstream file(path);
  file << json.dump(1) << '\n';
  file.close();
  if (!file) throw EnvironmentError("cannot write " + path.string() + ": is the disk full, is --out writable?");
}

}  // namespace

std::string make_cell_folder(const std::string& out, const std::string& name, const Cell& cell,
                             const std::string& binary, const OwnEndpoints& own) {
  const fs::path folder = fs::path(out) / "cells" / name;
  std::error_code failed;
  fs::create_directories(folder / "log", failed);
  for (const char* run : kRuns) fs::create_directories(folder / run, failed);
  if (failed) throw EnvironmentError("cannot make " + folder.string() + ": " + failed.message());
  Json plan = plan_of(cell);
  plan["lab"] = lab_plan(cell, {binary, folder.string(), own});
  write_json(folder / "plan.json", plan);
  return folder.string();
}

void write_evidence(const std::string& folder, const Cell& cell, const std::vector<std::string>& errors) {
  write_json(fs::path(folder) / "evidence.json", evidence_of(cell, errors));
}

void write_replay(const std::string& folder, const std::string& line) {
  std::ofstream(fs::path(folder) / "replay.txt") << line << '\n';
}

void thin_out(const std::string& folder, Keep keep, bool failed) {
  if (keep == Keep::always || (keep == Keep::failed && failed)) return;
  std::ofstream(fs::path(folder) / kNote) << "gauntlet run --keep always keeps captures and received bytes\n";
  for (const char* run : kRuns) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / run, none)) {
      const auto extension = entry.path().extension();
      for (const char* large : {".pcapng", ".received", ".shadow", ".jsonl", ".send"})
        if (extension == large) fs::remove(entry.path(), none);
    }
  }
}

bool thinned_out(const std::string& folder) { return fs::exists(fs::path(folder) / kNote); }

}  // namespace gauntlet
