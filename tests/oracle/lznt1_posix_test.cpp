// Independent readers and writers of LZNT1: the compressed files of a volume that ntfs-3g wrote,
// and libfwnt with what the tests compress (with its XPRESS too, which wimlib has for one chunk
// only).
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "collector/formats/lznt1.h"
#include "collector/formats/xpress_huffman.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

// ntfs-3g

constexpr std::size_t kCluster = 4096;
constexpr std::size_t kUnitClusters = 16;

struct Run {
  std::size_t lcn = 0, clusters = 0;
  bool is_hole = false;
};

/// The runs of the unnamed stream, from the text of ntfsinfo.
std::vector<Run> runs_of(const std::string& image, const std::string& file) {
  std::istringstream text{output_of("ntfsinfo -v -f -F '" + file + "' '" + image + "'")};
  std::vector<Run> runs;
  bool is_list = false;
  for (std::string line; std::getline(text, line);) {
    if (line.find("Runlist:") != line.npos) {
      is_list = true;
      runs.clear();
      continue;
    }
    std::istringstream fields{line};
    std::string vcn, lcn, length;
    fields >> vcn >> lcn >> length;
    if (!is_list || !vcn.starts_with("0x")) {
      is_list = false;
      continue;
    }
    const bool is_hole = lcn == "<HOLE>";
    runs.push_back(
        {is_hole ? 0 : std::stoul(lcn, nullptr, 16), std::stoul(length, nullptr, 16), is_hole});
  }
  return runs;
}

struct Unit {
  LzBytes stored;
  std::size_t holes = 0;  ///< clusters
};

std::vector<Unit> units_of(const std::string& image, const std::vector<Run>& runs) {
  std::ifstream disk{image, std::ios::binary};
  std::vector<Unit> units(1);
  std::size_t in_unit = 0;
  for (const Run& run : runs)
    for (std::size_t i = 0; i < run.clusters; ++i) {
      if (in_unit == kUnitClusters) {
        units.emplace_back();
        in_unit = 0;
      }
      ++in_unit;
      if (run.is_hole) {
        ++units.back().holes;
        continue;
      }
      std::string cluster(kCluster, '\0');
      disk.seekg(static_cast<std::streamoff>((run.lcn + i) * kCluster));
      disk.read(cluster.data(), kCluster);
      const auto bytes = bytes_of(cluster).span();
      units.back().stored.insert(units.back().stored.end(), bytes.begin(), bytes.end());
    }
  return units;
}

/// The content of a unit; empty when it cannot be read.
LzBytes content_of(const Unit& unit) {
  LzBytes content(kUnitClusters * kCluster);
  if (unit.stored.empty()) return content;
  if (unit.holes == 0) return unit.stored;
  const auto produced = decompress_lznt1(Bytes{unit.stored}, content);
  if (!produced) {
    ADD_FAILURE() << produced.error().text();
    return {};
  }
  std::fill(content.begin() + static_cast<std::ptrdiff_t>(*produced), content.end(), std::byte{0});
  return content;
}

TEST(Lznt1Oracle, FilesThatNtfs3gCompressedAreRead) {
  if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0)
    GTEST_SKIP() << "mounting needs root and FUSE";
  if (!run("command -v mkntfs && command -v ntfs-3g && command -v ntfsinfo"))
    GTEST_SKIP() << "mkntfs, ntfs-3g, ntfsinfo are not installed (package ntfs-3g)";
  TempFolder folder;
  const std::string image = folder.text() + "/image";
  const std::string mount = folder.text() + "/mount";
  ASSERT_TRUE(run("truncate -s 64M '" + image + "' && mkntfs -F -Q -c 4096 '" + image + "'"));
  folder.make_folder("mount/");
  if (!run("ntfs-3g -o compression '" + image + "' '" + mount + "'"))
    GTEST_SKIP() << "ntfs-3g may not mount here";
  folder.make_folder("mount/c");
  const std::array<std::uint8_t, 4> attributes{0x10, 0x08, 0, 0};  // directory, compressed
  ASSERT_EQ(::lsetxattr((mount + "/c").c_str(), "system.ntfs_attrib", attributes.data(), 4, 0), 0);
  std::map<std::string, LzBytes> files;
  for (const std::size_t size : {5000u, 65536u, 70'000u, 1'000'001u, 3'000'000u})
    files["text" + std::to_string(size)] = lz_text(size, static_cast<std::uint32_t>(size));
  LzBytes& mixed = files["mixed"] = lz_text(200'000);
  for (const LzBytes& more :
       {lz_noise(200'000), LzBytes(200'000), lz_text(200'000, 9), LzBytes(100'000, std::byte{'x'})})
    mixed.insert(mixed.end(), more.begin(), more.end());
  for (const auto& [name, content] : files) folder.write("mount/c/" + name, Bytes{content}.chars());
  ASSERT_TRUE(run("fusermount -u '" + mount + "' || umount '" + mount + "'"));

  std::size_t compressed = 0;
  for (const auto& [name, expected] : files) {
    LzBytes content;
    for (const Unit& unit : units_of(image, runs_of(image, "c/" + name))) {
      const LzBytes part = content_of(unit);
      compressed += !unit.stored.empty() && unit.holes != 0;
      content.insert(content.end(), part.begin(), part.end());
    }
    ASSERT_GE(content.size(), expected.size()) << name;
    content.resize(expected.size());
    EXPECT_TRUE(content == expected) << name;
  }
  EXPECT_GE(compressed, 70u);
}

// libfwnt

class FwntLibrary : public testing::Test {
 protected:
  using Convert = int(const std::byte*, std::size_t, std::byte*, std::size_t*, void**);

  void SetUp() override {
    library_ = ::dlopen("libfwnt.so.1", RTLD_NOW);
    if (library_ == nullptr) GTEST_SKIP() << "libfwnt.so.1 is not installed (package libfwnt1)";
  }
  void TearDown() override {
    if (library_ != nullptr) ::dlclose(library_);
  }
  /// Empty when the library refuses.
  LzBytes converted(const char* function, const LzBytes& in, std::size_t room) const {
    const auto convert = std::bit_cast<Convert*>(::dlsym(library_, function));
    LzBytes out(room);
    std::size_t size = room;
    if (convert == nullptr || convert(in.data(), in.size(), out.data(), &size, nullptr) != 1)
      return {};
    out.resize(size);
    return out;
  }

 private:
  void* library_ = nullptr;
};

TEST_F(FwntLibrary, ReadsTheLznt1OfTheTests) {
  for (const std::size_t size : {1u, 100u, 4096u, 4097u, 65536u})
    for (const LzBytes& data : {lz_text(size), lz_noise(size), LzBytes(size, std::byte{'x'})})
      for (const auto chunks : {Lznt1Chunks::stored, Lznt1Chunks::literals, Lznt1Chunks::matches})
        EXPECT_TRUE(converted("libfwnt_lznt1_decompress", lznt1(data, chunks), size) == data)
            << size << ' ' << static_cast<int>(chunks);
}

TEST_F(FwntLibrary, ReadsTheXpressOfTheTests) {
  for (const std::size_t size : {100u, 4096u, 65536u, 65537u, 200'000u})
    for (const LzBytes& data : {lz_text(size), lz_noise(size)})
      EXPECT_TRUE(converted("libfwnt_lzxpress_huffman_decompress",
                            xpress_huffman(xpress_matches(data)), size) == data)
          << size;
}

}  // namespace
}  // namespace hozen
