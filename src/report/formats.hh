// results.jsonl for other programs. Each is a function of the results and of nothing else.
#pragma once
#include <string>

#include "report/results.hh"

namespace gauntlet {

// JUnit XML (docs/junit.xsd): suite = folder, classname = scenario, name = axes. Known and skip -> <skipped message>,
// failing or listed and passing -> <failure>, error -> <error>; the whole story is the text, which viewers keep.
std::string junit_xml(const Results&);

// KTAP version 1: one test per cell, its checks one level below. Known -> ok # XFAIL, skip -> ok # SKIP, error -> not
// ok # ERROR. A TAP reader that knows neither KTAP nor XFAIL reads the cells right.
std::string ktap(const Results&);

// One HTML file for a person: the matrix, each cell of it leading to its checks, story, evidence and replay line.
// Well-formed XML, no script, nothing fetched; links are relative to the folder of the results.
std::string html_report(const Results&);

// For a badge endpoint: {"schemaVersion":1,"label":"conformance","message":"44/48, 2 known","color":"yellow"}.
// Red on anything unexpected, grey where nothing ran.
std::string badge_json(const Results&);

// One workflow command per failing cell, at the [[expect]] that it was judged by: ::error file=F,line=N,title=T::text
std::string annotations(const Results&);

}  // namespace gauntlet
