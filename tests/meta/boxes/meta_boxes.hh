// Boxes that exist only so that the harness can be seen going red; gauntlet_meta is the shipped binary plus these.
#pragma once
#include "path/middlebox.hh"

namespace gauntlet {

extern const BoxEntry kEditUndeclared, kIdle, kWindow;

}  // namespace gauntlet
