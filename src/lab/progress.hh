// What a person sees while cells run: on a terminal one line per cell and a bar below it, otherwise plain lines.
#pragma once
#include <cstddef>
#include <string>

#include "util/time.hh"

namespace gauntlet {

class Progress {
 public:
  Progress(size_t total, bool terminal) : total_(total), terminal_(terminal) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void cell(const std::string& line, bool bad);     // one more is done
  void tick(size_t running, Duration since_start);  // redraws the bar

 private:
  void clear();
  size_t total_, done_ = 0, bad_ = 0;
  bool terminal_, drawn_ = false;
};

// "12 s", "3 min 05 s": time left, from what is done so far.
std::string time_left(size_t done, size_t total, Duration since_start);

}  // namespace gauntlet
