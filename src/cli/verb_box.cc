#include "capture/capture.hh"
#include "cli/box_run.hh"
#include "cli/verb.hh"
#include "util/error.hh"

namespace gauntlet {

int verb_box(Arguments arguments) {
  const auto run = parse_box_run(arguments);
  if (!run) return kExitOk;
  if (run->queue) return run_box_live(*run);
  try {
    return run_box_offline(*run);
  } catch (const CaptureError& e) {  // a bad input file is the person's to mend
    throw UsageError(e.what());
  }
}

}  // namespace gauntlet
