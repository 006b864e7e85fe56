// One connection of two real TCP endpoints through a chain of boxes, in virtual time, in weather that the seed makes.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gauntlet {

// Fails the test unless the declared bytes arrive both ways and both ends close without an error. A chain with NAT
// shows the server another client.
void stream_round(const std::vector<std::string>& specs, uint64_t seed);

// The same for one box that edits the stream. `text` begins both streams and stands in them here and there; it arrives
// as `becomes` as often as the box says it made an edit, every other byte as it was sent. How often that was.
size_t edited_round(const std::string& spec, const std::string& text, const std::string& becomes, uint64_t seed);

// And for a box that takes `bytes` of the client's stream away, in one place. Whether it found the place.
bool cut_round(const std::string& spec, size_t bytes, uint64_t seed);

// And for one that changes bytes of the client's stream in one place, `width` bytes wide. Whether it changed any.
bool changed_round(const std::string& spec, size_t width, uint64_t seed);

}  // namespace gauntlet
