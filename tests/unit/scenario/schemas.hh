// Boxes as data for these tests: nothing of middleboxes/ is linked.
#pragma once
#include "util/box_schema.hh"

namespace gauntlet {

inline std::vector<DeclaredEdit> strip_declares(const Params& p) {
  return {{.kind = "removed", .field = "option 30", .dir = p.text("dir")}};
}

inline std::vector<BoxSchema> test_schemas() {
  BoxSchema strip;
  strip.name = "strip";
  strip.params = with_common(
      {{.name = "kind", .type = ParamType::integer, .fallback = "30", .min = 0, .max = 255},
       {.name = "mode", .type = ParamType::choice, .fallback = "remove", .choices = {"remove", "nop", "eol"}}});
  strip.declares = strip_declares;
  BoxSchema delay;
  delay.name = "delay";
  delay.params = with_common({{.name = "by", .type = ParamType::duration, .help = "how long", .required = true}});
  return {strip, delay};
}

// A file that loads; tests break one thing of it at a time.
inline constexpr const char* kGood = R"(id = "opt/x"
row = "opt.strip@c2s/syn"
title = "a title"
tags = ["core"]

[topology]
routers = 2

[[box]]
on = "path1.r2"
use = "strip"
when = "syn"
dir = "c2s"

[workload]
load = "paced"
up = "200 kB"

[[expect]]
clause = "RFC 8684 3.1"
strength = "MUST"
outcome = ["fallback-handshake"]
counters.client.must = ["MPCapableFallbackSYNACK"]
wire = { removed = "option 30", segment = "syn", at_least = 1 }

[matrix]
family = ["ipv4", "ipv6"]
checksum = ["cs00", "cs11"]
)";

}  // namespace gauntlet
