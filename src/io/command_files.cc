#include "io/command_files.hh"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "util/error.hh"

namespace gauntlet {
namespace {

constexpr size_t kPiece = 1 << 18;  // bytes

StreamFile upward(const EndpointPlan& p) {
  return {Payload{StreamDirection::c2s, p.tag, p.preface_up}, p.up + p.preface_up.size()};
}

StreamFile downward(const EndpointPlan& p) { return {Payload{StreamDirection::s2c, p.tag}, p.down}; }

}  // namespace

StreamFile stream_sent(const EndpointPlan& p) { return p.server ? downward(p) : upward(p); }
StreamFile stream_expected(const EndpointPlan& p) { return p.server ? upward(p) : downward(p); }

std::string send_file(const EndpointPlan& p) {
  if (p.received.empty()) return {};
  return std::filesystem::path(p.received).replace_extension(".send").string();
}

void write_stream(const StreamFile& stream, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (uint64_t at = 0; at < stream.size; at += kPiece) {
    const auto piece = stream.payload.make(at, static_cast<size_t>(std::min<uint64_t>(kPiece, stream.size - at)));
    file.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
  }
  file.close();
  if (!file) throw EnvironmentError("cannot write " + path + ": is the disk full, is the folder writable?");
}

std::optional<PayloadVerifier> verify_file(const StreamFile& expected, const std::string& path) {
  if (path.empty() || !std::filesystem::exists(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  PayloadVerifier verifier(expected.payload, expected.size);
  std::array<char, 65536> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
    verifier.take(std::span(reinterpret_cast<const uint8_t*>(piece.data()), static_cast<size_t>(file.gcount())));
  return verifier;
}

}  // namespace gauntlet
