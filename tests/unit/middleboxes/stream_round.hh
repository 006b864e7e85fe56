// One connection of two real TCP endpoints through a chain of boxes, in virtual time, in weather that the seed makes.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gauntlet {

// Fails the test unless the declared bytes arrive both ways and both ends close without an error. A chain with NAT
// shows the server another client.
void stream_round(const std::vector<std::string>& specs, uint64_t seed);

}  // namespace gauntlet
