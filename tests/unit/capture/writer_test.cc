// The files we write, read back by us and by Wireshark's tools; and the files those write, read by us.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>

#include "file_maker.hh"
#include "util/error.hh"

namespace gauntlet {
namespace {

using test::read_all;
using test::TempFile;
using testing::ElementsAre;

// Runs a program found in PATH and returns what it printed; "missing" when it is not there.
std::string output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 2);
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text;
  char part[4096];
  for (ssize_t n; (n = ::read(ends[0], part, sizeof part)) > 0;) text.append(part, static_cast<size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return "missing";
  return text;
}

constexpr Time kAt{1'700'000'000'123'456'789};

void write_three(const std::string& path) {
  CaptureWriter w(path, "c-p1", LinkType::ethernet);
  std::vector<uint8_t> frame(60, 0xaa);
  frame[12] = 0x08;
  frame[13] = 0x06;
  w.frame(kAt, frame);
  frame.resize(61);
  w.frame(kAt + Time(1), frame);
  frame.resize(42);
  w.frame(kAt + std::chrono::seconds(5), frame, 1514);
  w.close();
}

TEST(CaptureWriter, ReadBack) {
  const TempFile f;
  write_three(f.path());
  std::vector<std::string> names;
  const auto all = read_all(f.path(), nullptr, &names);
  EXPECT_THAT(names, ElementsAre("c-p1"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].time, kAt);
  EXPECT_EQ(all[0].link, LinkType::ethernet);
  EXPECT_EQ(all[0].original_size, 60u);
  EXPECT_EQ(all[1].bytes.size(), 61u);
  EXPECT_EQ(all[1].time, kAt + Time(1));
  EXPECT_EQ(all[2].bytes.size(), 42u);
  EXPECT_EQ(all[2].original_size, 1514u);
}

TEST(CaptureWriter, TsharkSeesTheSame) {
  const TempFile f;
  write_three(f.path());
  const std::string text =
      output_of({"tshark", "-n", "-r", f.path(), "-T", "fields", "-E", "separator=/s", "-e", "frame.number", "-e",
                 "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.interface_name"});
  if (text == "missing") GTEST_SKIP() << "tshark is not installed";
  EXPECT_EQ(text,
            "1 1700000000.123456789 60 60 c-p1\n"
            "2 1700000000.123456790 61 61 c-p1\n"
            "3 1700000005.123456789 1514 42 c-p1\n");
}

TEST(CaptureReader, ReadsWhatEditcapWrites) {
  const TempFile ours;
  write_three(ours.path());
  if (output_of({"editcap", "--version"}) == "missing") GTEST_SKIP() << "editcap is not installed";
  struct Row {
    const char* format;
    int64_t unit;
  };
  for (const Row& row : {Row{"pcap", 1000}, Row{"nsecpcap", 1}, Row{"pcapng", 1}}) {
    const TempFile theirs;
    output_of({"editcap", "-F", row.format, ours.path(), theirs.path()});
    const auto all = read_all(theirs.path());
    ASSERT_EQ(all.size(), 3u) << row.format;
    EXPECT_EQ(all[1].time.count(), (kAt.count() + 1) / row.unit * row.unit) << row.format;
    EXPECT_EQ(all[2].bytes.size(), 42u);
    EXPECT_EQ(all[2].original_size, 1514u);
    EXPECT_EQ(all[2].link, LinkType::ethernet);
  }
}

TEST(CaptureWriter, AFullDiskIsSaid) {
  CaptureWriter w("/dev/full", "x", LinkType::raw);
  w.frame(kAt, std::vector<uint8_t>(100, 1));
  EXPECT_THROW(w.close(), SystemError);
  EXPECT_THROW(CaptureWriter("/nonexistent/x", "x", LinkType::raw), SystemError);
}

TEST(CaptureWriter, ManyFramesPassThroughTheBuffer) {
  const TempFile f;
  {
    CaptureWriter w(f.path(), "", LinkType::raw);
    for (int i = 0; i < 3000; ++i)
      w.frame(Time(i), std::vector<uint8_t>(static_cast<size_t>(i % 1500), static_cast<uint8_t>(i)));
  }
  const auto all = read_all(f.path());
  ASSERT_EQ(all.size(), 3000u);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].time.count(), static_cast<int64_t>(i));
    ASSERT_EQ(all[i].bytes, std::vector<uint8_t>(i % 1500, static_cast<uint8_t>(i)));
  }
}

}  // namespace
}  // namespace gauntlet
