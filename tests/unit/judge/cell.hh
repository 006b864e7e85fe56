// A cell's folder by hand: three conversations through four cuts with a box between the second and the third, reports,
// plan and evidence, consistent with each other. Tests then break one thing.
#pragma once
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "judge/verdict.hh"
#include "talk.hh"

namespace gauntlet::test {

// What the box makes of one segment: usually one.
using BoxFunction = std::function<std::vector<Tcp>(Way, const Tcp&)>;
BoxFunction window_box();  // sets the window of c2s data to 111

class CellFolder {
 public:
  // `up` and `down`: the workload. A clean cell: a box that rewrites windows, MPTCP preserved.
  explicit CellFolder(uint64_t up = 6000, uint64_t down = 3000, bool checksum = false);

  std::map<std::string, Talk> talks;       // by run, as the senders send
  std::map<std::string, BoxFunction> box;  // by run; none: passes
  Json plan, evidence;
  std::map<std::string, Json> client, server, capture, boxes;  // reports by run
  std::map<std::string, Raw> client_received, server_received;

  void expect(const std::vector<std::string>& outcomes, const std::string& strength = "MUST",
              const std::string& bytes = "I");
  void declare(const Json& edits);  // what the box declares; drops the wire rule
  void ended(const std::string& run, const std::string& result, const std::string& close);  // both ends
  void socket(const std::string& run, bool mptcp);                                          // both ends, at the end

  void write();     // everything above, to the folder
  Verdict judge();  // write() if it was not called, then judge_cell
  std::string path(const std::string& name) const { return folder_.path(name); }
  const std::string& root() const { return folder_.root(); }

 private:
  void write_json(const std::string& name, const Json&) const;
  void write_captures(const std::string& run);
  Folder folder_;
  bool written_ = false;
};

const Check* check_of(const Verdict&, const std::string& id);  // null: none of that id
std::vector<std::string> reasons(const Verdict&);  // of checks that did not pass, without not_evaluated
std::string story(const Verdict&);                 // for failure messages

}  // namespace gauntlet::test
