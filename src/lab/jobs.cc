#include "lab/jobs.hh"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace gauntlet {
namespace {

// Python with Mininet, a box, the captures with their rings, two endpoints and seven kernel namespaces.
constexpr uint64_t kCellBytes = 96ull << 20;

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kMostPerCore = 2;
#else
constexpr unsigned kMostPerCore = 6;
#endif

uint64_t memory_available() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("MemAvailable:")) return std::stoull(line.substr(13)) << 10;
  return UINT64_MAX;  // not told: memory is no reason
}

}  // namespace

unsigned jobs_for(unsigned cores, uint64_t available) {
  const uint64_t by_memory = std::max<uint64_t>(1, available / kCellBytes);
  return static_cast<unsigned>(std::min<uint64_t>(6ull * std::max(1u, cores), by_memory));
}

unsigned jobs_here() {
  const unsigned cores = std::thread::hardware_concurrency();
  return std::min(jobs_for(cores, memory_available()), kMostPerCore * std::max(1u, cores));
}

}  // namespace gauntlet
