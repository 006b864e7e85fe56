// The closed lists a scenario file may use.
#pragma once
#include <string>
#include <vector>

namespace gauntlet {

const std::vector<std::string>& outcome_words();
const std::vector<std::string>& strength_words();
const std::vector<std::string>& segment_words();     // syn synack ack3 ... mpc join dss ...
const std::vector<std::string>& difference_words();  // kinds of docs/evidence.md section 6
const std::vector<std::string>& counter_words();  // MPTcpExt names of Linux 6.18, without the prefix, and TW of TcpExt
// Values an axis may have, as written in a file ("1", "2" for paths); empty for an unknown axis.
const std::vector<std::string>& axis_words(const std::string& axis);

}  // namespace gauntlet
