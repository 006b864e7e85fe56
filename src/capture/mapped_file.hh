// A file's bytes as memory that costs nothing until it is looked at and can be given back: what is too large to copy.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "util/fd.hh"
#include "wire/bytes.hh"

namespace gauntlet {

class MappedFile {
 public:
  // Maps what the file holds now, read-only. Throws CaptureError when it cannot be opened, is no regular file (a pipe
  // can be read once only) or cannot be mapped.
  //
  // A file that shrinks while it is mapped leaves nothing to look at: the process then ends with exit code 2 and one
  // line on standard error that names the file, whoever looks.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile& operator=(MappedFile&&) = delete;

  ConstBytes bytes() const { return {data_, size_}; }
  void release() const;  // the pages looked at so far leave this process; looking again brings them back
  // The same bytes by read(2), valid until the next call: to walk over a file this way costs a copy, and a fault for
  // each page when it is looked at where it is mapped. Empty when they cannot be read.
  ConstBytes read(size_t at, size_t size) const;

 private:
  Fd fd_;
  mutable std::vector<uint8_t> block_;  // what was read last
  mutable size_t block_at_ = 0;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gauntlet
