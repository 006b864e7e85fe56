#include <algorithm>

#include "judge/verdict.hh"

namespace gauntlet {

const char* name_of(Level level) {
  switch (level) {
    case Level::pass:
      return "pass";
    case Level::lenient:
      return "lenient";
    case Level::deviation:
      return "deviation";
    case Level::harm:
      return "harm";
    case Level::error:
      return "error";
    case Level::skip:
      return "skip";
    case Level::not_evaluated:
      return "not_evaluated";
  }
  return "?";
}

Level worse(Level a, Level b) {
  // What was not evaluated says nothing about a cell; a skip only where there is nothing else.
  const auto rank = [](Level l) {
    switch (l) {
      case Level::not_evaluated:
        return 0;
      case Level::skip:
        return 1;
      case Level::pass:
        return 2;
      case Level::lenient:
        return 3;
      case Level::deviation:
        return 4;
      case Level::harm:
        return 5;
      case Level::error:
        return 6;
    }
    return 6;
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace gauntlet
