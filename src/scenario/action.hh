// What happens to a connection in mid-stream, so that signals cross the path: addresses come and go, a subflow becomes
// a backup or is reset, a connection is closed at once. Tied to bytes sent, never to a clock.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gauntlet {

// All but fastclose and close concern the second address of the end that acts.
enum class Deed { add_address, remove_address, backup, no_backup, reset_subflow, fastclose, close };
// What the endpoint does to the connection itself: in the control, over plain TCP, as well.
inline bool ends_it(Deed d) { return d == Deed::fastclose || d == Deed::close; }
const char* name_of(Deed);  // "add-address"
std::optional<Deed> deed_named(std::string_view);
const std::vector<std::string>& deed_words();

struct Action {
  Deed deed = Deed::add_address;
  bool by_server = false;
  uint64_t after = 0;  // bytes that this end has written to its stream; 0: as soon as it may send
  int line = 0;
};

}  // namespace gauntlet
