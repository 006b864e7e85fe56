// Bytes allocated now.
#pragma once
#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // of GCC's AddressSanitizer, which ships no header
#else
#include <malloc.h>
#endif

namespace gauntlet {

inline size_t bytes_in_use() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

}  // namespace gauntlet
