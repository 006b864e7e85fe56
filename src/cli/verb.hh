// The functions behind the verbs; each is defined in verb_NAME.cc.
#pragma once
#include "cli/cli.hh"

namespace gauntlet {

int verb_diff(Arguments);
int verb_version(Arguments);

}  // namespace gauntlet
