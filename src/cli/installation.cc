#include "cli/installation.hh"

#include <filesystem>

#include "util/error.hh"

namespace gauntlet {

namespace fs = std::filesystem;

std::string this_binary() {
  std::error_code failed;
  const fs::path path = fs::read_symlink("/proc/self/exe", failed);
  if (failed) throw EnvironmentError("cannot read /proc/self/exe: is /proc mounted?");
  return path.string();
}

std::string scenario_folder(const std::string& wanted) {
  std::error_code none;
  if (!wanted.empty()) {
    if (!fs::is_directory(wanted, none)) throw UsageError("--scenarios " + wanted + ": no such folder");
    return fs::canonical(wanted).string();
  }
  const fs::path beside = fs::path(this_binary()).parent_path();
  for (const fs::path& folder :
       {beside / "../../scenarios", beside / "../share/gauntlet/scenarios", fs::path(GAUNTLET_SOURCE_SCENARIOS)})
    if (fs::is_directory(folder, none)) return fs::canonical(folder).string();
  throw UsageError("no scenarios beside " + beside.string() + ": name their folder with --scenarios DIR");
}

}  // namespace gauntlet
