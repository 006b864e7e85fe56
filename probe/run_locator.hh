// One probe's hops, field by field: what changed, where, and by which edit.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "probe/field_states.hh"
#include "probe/findings.hh"
#include "probe/hop_reading.hh"

namespace gauntlet {

class RunLocator {
 public:
  RunLocator(const Observation& o, const ProbeRun& run, TraceReport& report)
      : run_(run), report_(report), hops_(hops_of(o, run, report)) {}

  // A hypothesis from the checksum holds until another quote shows the same change of the sum beside the field as it
  // was sent, or (of what a box does to every SYN) another SYN at this hop without it.
  void refute(const std::vector<RunLocator>& all);

  // How far the sequence number is off at the last hop that quotes it, and whether the mapping beside it is as sent.
  struct Shifted {
    const ProbeRun* run = nullptr;
    uint32_t seq = 0, by = 0;
    bool mapping_as_sent = false;
    HopInterval interval{};
  };
  std::optional<Shifted> shifted() const;

  void run();  // adds what it finds to the report

  // After run(). Changed at one hop and not at a later one, in this field; and do the two differ at one hop?
  const std::map<std::string, int>& undone() const { return undone_; }
  // Changes at one hop that are gone at the next are taken for its own damage: as findings, should they be none.
  const std::vector<TraceFinding>& disbelieved() const { return disbelieved_; }
  std::set<std::string> edited() const;
  bool contradicts(const RunLocator& other, const std::string& field) const;
  bool shows_all_pieces() const;  // of a segment that was split, at any hop
  const ProbeRun& probe() const { return run_; }

 private:
  bool shown_equal(const std::string& field, uint16_t sum_change) const;
  bool differs_elsewhere(const std::vector<RunLocator>& all, uint8_t ttl, const std::string& field,
                         const FieldState& state) const;
  TraceFinding finding(const std::string& field, const HopInterval&, const std::string& verdict) const;
  void one_field(const std::string& field);
  FieldPath path_of(const std::string& field, std::vector<HopState>& states) const;
  bool translate_back(std::vector<HopState>& states) const;
  bool arrived_at(uint8_t ttl) const;
  // Edits that several fields explain equally well, at every hop that shows them.
  void ambiguous();
  bool settled(const std::string& field) const;
  // "Something behind the quoted bytes changed", and another hop says what: one edit, seen best where it is seen first.
  void settle_tail();

  const ProbeRun& run_;
  TraceReport& report_;
  std::vector<Hop> hops_;
  std::vector<TraceFinding> found_, disbelieved_;
  std::map<std::string, int> undone_;  // how often
};

}  // namespace gauntlet
