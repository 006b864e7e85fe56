// Wrong bytes told and kept: RUN/ROLE.shadow holds what a conforming receiver had to deliver, beside RUN/ROLE.received,
// which holds what was delivered.
#pragma once
#include "judge/bench.hh"

namespace gauntlet {

void forget_shadows(const std::string& folder);         // of an earlier judgement
void write_shadows(Bench&, const std::string& folder);  // and fills verdict.wrong
Json wrong_json(const std::vector<WrongBytes>&);

}  // namespace gauntlet
