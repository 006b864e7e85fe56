// Asks the running kernel, before any packet matters, whether it honours every verdict the adapter gives. A refused one
// must be an error with a name, not a lost packet: newer kernels restrict what a verdict may change.
#pragma once

namespace gauntlet {

// Accept, accept with the same length, longer, shorter, drop: one datagram each over the loopback of a fresh network
// namespace, which is gone afterwards. Takes some 10 ms. Throws EnvironmentError naming the verdict that was not
// honoured. `gauntlet run` asks once for all its boxes.
void probe_verdicts();

}  // namespace gauntlet
