// The functions behind the verbs; each is defined in verb_NAME.cc.
#pragma once
#include "cli/cli.hh"

namespace gauntlet {

int verb_connect(Arguments);
int verb_diff(Arguments);
int verb_doctor(Arguments);
int verb_gate(Arguments);
int verb_judge(Arguments);
int verb_list(Arguments);
int verb_nodes(Arguments);
int verb_report(Arguments);
int verb_run(Arguments);
int verb_serve(Arguments);
int verb_set_up(Arguments);
int verb_trace(Arguments);
int serve_agent(Arguments);  // gauntlet serve --agent, verb_trace.cc
int verb_version(Arguments);
int verb_capture(Arguments);
int verb_box(Arguments);

}  // namespace gauntlet
