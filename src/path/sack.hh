// The selective acknowledgements of one segment (RFC 2018 3), each block's edges mapped by f(left, right).
#pragma once
#include "wire/options.hh"
#include "wire/tcp.hh"

namespace gauntlet {

template <typename F>
void map_sack(TcpEdit& edit, F&& f) {
  uint8_t copy[40];
  const ConstBytes options = edit.view().options();
  if (options.empty()) return;
  OptionWalk walk(options);
  for (Option o; walk.next(o);) {
    if (o.kind != kOptSack || o.malformed || o.size % 8 != 2) continue;
    std::memcpy(copy, options.data() + o.offset, o.size);
    for (size_t at = 2; at < o.size; at += 8) {
      uint32_t left = load32(copy + at), right = load32(copy + at + 4);
      f(left, right);
      store32(copy + at, left);
      store32(copy + at + 4, right);
    }
    edit.write_options(o.offset, {copy, o.size});
  }
}

}  // namespace gauntlet
