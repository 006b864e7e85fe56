// The supervisor against workers that are a few lines of Python: which cells one worker gets, and what becomes of a
// cell whose worker ends, hangs or leaves something behind.
#include "lab/supervisor.hh"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "util/error.hh"

namespace gauntlet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Supervisor : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("gauntlet-supervisor-{}", ::getpid());
    fs::create_directories(folder_ / "lab");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // `cell(number, folder)` says what it says; each worker names itself by when it started.
  // Cells have a minute, however busy the machine; but `hurried_` has three seconds.
  void run(const std::string& cell, size_t count, unsigned jobs) {
    std::ofstream(folder_ / "lab/worker.py") << fmt::format(R"(import json, os, subprocess, sys, time
me = time.monotonic_ns()
def say(**what): print(json.dumps(what), flush=True)
def done(again=True): say(done=dict(worker=me), again=again)
for line in sys.stdin:
    folder = line.rstrip("\n")
    number = int(os.path.basename(folder))
{})",
                                                            cell);
    Supervision s{.worker = {"/bin/true", folder_ / "lab", {folder_}, folder_},
                  .jobs = jobs,
                  .prepare =
                      [&](size_t i) {
                        const fs::path own = folder_ / std::to_string(i);
                        fs::create_directories(own / "log");
                        return Job{own, i == hurried_ ? std::chrono::seconds(3) : std::chrono::seconds(60)};
                      },
                  .finished =
                      [&](size_t i, const JobResult& r) {
                        if (results_.empty()) std::this_thread::sleep_for(slow_);
                        results_.emplace(i, r);
                      },
                  .tick = {}};
    try {
      EXPECT_TRUE(supervise(s, count));
    } catch (const EnvironmentError& e) {
      GTEST_SKIP() << e.what();
    }
    EXPECT_EQ(results_.size(), count);
  }
  int64_t worker_of(size_t i) const { return Json::parse(results_.at(i).took).at("worker"); }

  fs::path folder_;
  Duration slow_{};  // to take the first result
  std::optional<size_t> hurried_;
  std::map<size_t, JobResult> results_;
};

TEST_F(Supervisor, OneWorkerRunsOneCellAfterAnother) {
  run("    done()", 5, 1);
  std::set<int64_t> workers;
  for (size_t i = 0; i < results_.size(); ++i) {
    EXPECT_THAT(results_[i].errors, IsEmpty());
    workers.insert(worker_of(i));
  }
  EXPECT_EQ(workers.size(), 1u);
}

TEST_F(Supervisor, AWorkerThatSaysSomethingIsLeftGetsNoOtherCell) {
  run("    done(again=number != 1)", 4, 1);
  EXPECT_EQ(worker_of(0), worker_of(1));
  EXPECT_NE(worker_of(1), worker_of(2));
  EXPECT_EQ(worker_of(2), worker_of(3));
}

TEST_F(Supervisor, AWorkerWhoseCellFailedGetsNoOther) {
  run("    if number == 1: say(error='client-died: by itself')\n    done()", 3, 1);
  EXPECT_THAT(results_[1].errors, ElementsAre("client-died: by itself"));
  EXPECT_THAT(results_[2].errors, IsEmpty());
  EXPECT_NE(worker_of(1), worker_of(2));
}

TEST_F(Supervisor, ADeadWorkerCostsItsCellOnly) {
  run("    if number == 1: say(phase='run'); os._exit(7)\n    done()", 4, 2);
  EXPECT_THAT(results_[1].errors, ElementsAre(HasSubstr("worker-died: in phase run, exit code 7")));
  for (const size_t i : {0u, 2u, 3u}) EXPECT_THAT(results_[i].errors, IsEmpty());
}

TEST_F(Supervisor, OneThatEndsBetweenCellsCostsNone) {
  // The end must come before the next cell does: the runner is slow at the first.
  slow_ = std::chrono::milliseconds(500);
  run("    done()\n    if number == 0: os._exit(7)", 2, 1);
  for (const size_t i : {0u, 1u}) EXPECT_THAT(results_[i].errors, IsEmpty());
}

TEST_F(Supervisor, OneThatIsDoneIsNotLateWhoeverWasSlowToLook) {
  slow_ = std::chrono::seconds(4);
  hurried_ = 1;
  run("    time.sleep(number / 2)\n    done()", 3, 2);
  for (const size_t i : {0u, 1u, 2u}) EXPECT_THAT(results_[i].errors, IsEmpty());
}

TEST_F(Supervisor, AHangingWorkerIsStoppedAndItsCellNamed) {
  hurried_ = 0;
  run("    if number == 0: say(phase='run'); time.sleep(600)\n    done()", 2, 1);
  EXPECT_THAT(results_[0].errors, ElementsAre("worker-hung: in phase run past the limit of the cell"));
  EXPECT_THAT(results_[1].errors, IsEmpty());
}

}  // namespace
}  // namespace gauntlet
