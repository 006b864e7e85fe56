#include <fmt/core.h>

#include <optional>

#include "capture/input.hh"

namespace gauntlet {

struct CaptureReader::File {
  explicit File(const std::string& path) : in(path) {}
  Input in;
  std::unique_ptr<CaptureFormat> format;
  uint64_t frames = 0;
  std::optional<CaptureError> damage;
};

CaptureReader::CaptureReader(const std::string& path) : file_(std::make_unique<File>(path)) {
  Input& in = file_->in;
  file_->format = open_pcapng(in);
  if (!file_->format) file_->format = open_pcap(in);
  if (file_->format) return;
  const ConstBytes head = in.peek(4);
  std::string what = "neither pcap nor pcapng";
  if (head.empty()) what = "the file is empty";
  if (head.size() >= 2 && load16(head.data()) == 0x1f8b) what = "compressed by gzip; uncompress it first";
  if (head.size() == 4 && load32(head.data()) == 0x28b52ffd) what = "compressed by zstd; uncompress it first";
  if (head.size() == 4 && (load32(head.data()) == 0x34cdb2a1 || load32(head.data()) == 0xa1b2cd34)) {
    what = "Kuznetsov's modified pcap; convert it first: editcap IN OUT.pcapng";
  }
  capture_damage(path, 1, 0, what);
}

CaptureReader::~CaptureReader() = default;

bool CaptureReader::next(Frame& out) {
  if (file_->damage) throw CaptureError(*file_->damage);
  try {
    if (!file_->format->next(out, file_->frames + 1)) return false;
    if (!is_known(out.link)) {
      capture_damage(
          file_->in.path(), file_->frames + 1, out.offset,
          fmt::format("link type {}; known are Ethernet (1), raw IP (101, 228, 229) and Linux cooked (113, 276)",
                      static_cast<unsigned>(out.link)));
    }
  } catch (const CaptureError& e) {
    file_->damage = e;
    throw;
  }
  out.number = ++file_->frames;
  return true;
}

const std::vector<std::string>& CaptureReader::interfaces() const { return file_->format->interfaces(); }

}  // namespace gauntlet
