// Hand-made results for these tests.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "report/results.hh"

namespace gauntlet {

// A folder of its own, gone with the object.
class TestFolder {
 public:
  TestFolder() : path_(testing::TempDir() + "gauntlet-report-XXXXXX") {
    if (!mkdtemp(path_.data())) throw std::runtime_error("mkdtemp");
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

 private:
  std::string path_;
};

inline CellResult cell_at(const std::string& id, const std::string& level, const std::string& check = "bytes") {
  CellResult c;
  c.cell = id;
  c.row = "pay.xor";
  c.level = level;
  c.outcome = "preserved";
  c.bytes = "U";
  c.replay = "gauntlet run '" + id + "' --seed 7";
  c.artifacts = "cells/" + id + "/";
  c.kernel = "6.18.5";
  c.checks.push_back({"armed", "", "pass", "", "", "", "", {}});
  const std::string of_check = level == "skip" ? "not_evaluated" : level;
  c.checks.push_back({check,
                      "RFC 8684 3.7",
                      of_check,
                      level == "pass" ? "" : "not-the-bytes",
                      "T",
                      "U",
                      "mptcp/s-c.pcapng",
                      {37, 38}});
  return c;
}

inline Results results_of(std::vector<CellResult> cells) {
  Results r;
  r.runs.push_back({"0.1.0", "6.18.5", "", 7, {}});
  for (const CellResult& c : cells) r.plan.push_back(c.cell);
  r.cells = std::move(cells);
  r.complete = true;
  return r;
}

}  // namespace gauntlet
