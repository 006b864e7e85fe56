#include "lab/private_mounts.hh"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>

#include "util/error.hh"
#include "util/fd.hh"

namespace gauntlet {
namespace {

bool inside(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

}  // namespace

std::vector<std::string> hidden_folders(std::vector<std::string> keep) {
  for (std::string& path : keep) {
    std::error_code none;
    path = std::filesystem::canonical(path, none).string();  // empty when there is no such folder
  }
  std::sort(keep.begin(), keep.end());
  std::vector<std::string> out;
  for (const std::string& path : keep) {
    const bool covered = std::any_of(out.begin(), out.end(), [&](const auto& known) { return inside(path, known); });
    if (!covered && (path.starts_with("/tmp/") || path.starts_with("/run/"))) out.push_back(path);
  }
  return out;
}

void make_mounts_private(const std::vector<std::string>& keep) {
  struct Kept {
    std::string path;
    Fd folder;
  };
  std::vector<Kept> kept;
  for (const std::string& path : hidden_folders(keep)) {
    Fd folder(check("open " + path, ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
    kept.push_back({path, std::move(folder)});
  }
  check("make mounts private", ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  check("mount /proc of the new PID namespace",
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  for (const char* place : {"/tmp", "/run"})
    check(std::string("mount a private ") + place,
          ::mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m"));
  for (const Kept& k : kept) {
    std::filesystem::create_directories(k.path);
    const std::string from = fmt::format("/proc/self/fd/{}", k.folder.get());
    check("keep " + k.path, ::mount(from.c_str(), k.path.c_str(), nullptr, MS_BIND | MS_REC, nullptr));
  }
}

}  // namespace gauntlet
