// wimlib against our readers of XPRESS, LZX and WOF streams, and against the tests' compressors:
// its library one chunk at a time, its program with whole WIM files, whose resources have the form
// of a WOF stream.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "collector/formats/lzx.h"
#include "collector/formats/wof.h"
#include "collector/formats/xpress_huffman.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;

LzBytes load(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  const Bytes bytes = bytes_of(text.view());
  return {bytes.span().begin(), bytes.span().end()};
}

/// Code of this program: much of it are the CALL instructions that LZX translates.
LzBytes machine_code(std::size_t size) {
  std::ifstream file{"/proc/self/exe", std::ios::binary};
  std::string text(size + 0x20000, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const Bytes code = bytes_of(text).tail(0x20000);
  return {code.span().begin(), code.span().end()};
}

/// What the names of the library stand for; see wimlib.h.
class WimLibrary : public testing::Test {
 protected:
  enum Type : int { xpress = 1, lzx = 2 };

  void SetUp() override {
    library_ = ::dlopen("libwim.so.15", RTLD_NOW);
    if (library_ == nullptr) GTEST_SKIP() << "libwim.so.15 is not installed (package wimtools)";
  }
  void TearDown() override {
    if (library_ != nullptr) ::dlclose(library_);
  }
  template <class Function>
  Function* function(const char* name) const {
    return std::bit_cast<Function*>(::dlsym(library_, name));
  }

  /// "": it did not get smaller.
  LzBytes compressed(Type type, const LzBytes& data, unsigned level) const {
    void* compressor = nullptr;
    const auto create =
        function<int(int, std::size_t, unsigned, void**)>("wimlib_create_compressor");
    EXPECT_EQ(create(type, std::max<std::size_t>(data.size(), 4096), level, &compressor), 0);
    LzBytes out(data.size());
    const auto compress =
        function<std::size_t(const void*, std::size_t, void*, std::size_t, void*)>(
            "wimlib_compress");
    out.resize(compress(data.data(), data.size(), out.data(), out.size(), compressor));
    function<void(void*)>("wimlib_free_compressor")(compressor);
    return out;
  }
  bool reads(Type type, const LzBytes& in, const LzBytes& data) const {
    void* decompressor = nullptr;
    const auto create = function<int(int, std::size_t, void**)>("wimlib_create_decompressor");
    EXPECT_EQ(create(type, std::max<std::size_t>(data.size(), 4096), &decompressor), 0);
    LzBytes out(data.size());
    const auto decompress =
        function<int(const void*, std::size_t, void*, std::size_t, void*)>("wimlib_decompress");
    const int error = decompress(in.data(), in.size(), out.data(), out.size(), decompressor);
    function<void(void*)>("wimlib_free_decompressor")(decompressor);
    return error == 0 && out == data;
  }

 private:
  void* library_ = nullptr;
};

std::vector<LzBytes> samples(std::size_t size) {
  return {lz_text(size), lz_text(size, 7), machine_code(size), LzBytes(size, std::byte{0xE8}),
          LzBytes(size)};
}

TEST_F(WimLibrary, WhatItCompressesWeRead) {
  std::size_t chunks = 0;
  for (const std::size_t size : {20u, 333u, 4096u, 8192u, 16383u, 16384u, 32767u, 32768u})
    for (const LzBytes& data : samples(size))
      for (const Type type : {xpress, lzx})
        for (const unsigned level : {1u, 20u, 50u, 100u}) {
          const LzBytes in = compressed(type, data, level);
          if (in.empty()) continue;
          LzBytes out(size);
          const auto done = type == lzx ? decompress_lzx(Bytes{in}, out)
                                        : decompress_xpress_huffman(Bytes{in}, out);
          ASSERT_TRUE(done) << size << ' ' << type << ' ' << level << ' ' << done.error().text();
          ASSERT_TRUE(out == data) << size << ' ' << type << ' ' << level;
          ++chunks;
        }
  EXPECT_GT(chunks, 250u);
}

TEST_F(WimLibrary, ReadsWhatTheTestsCompress) {
  for (const std::size_t size : {20u, 333u, 4096u, 16384u, 32768u})
    for (const LzBytes& data : samples(size)) {
      EXPECT_TRUE(reads(xpress, xpress_huffman(lz_literals(data)), data)) << size;
      EXPECT_TRUE(reads(xpress, xpress_huffman(xpress_matches(data)), data)) << size;
      const LzBytes code = lzx_translated(data);
      const auto half = std::span{code}.first(size / 2);
      const auto rest = std::span{code}.subspan(size / 2);
      EXPECT_TRUE(reads(lzx, LzxBuilder{}.verbatim(lz_literals(code)).bytes(), data)) << size;
      EXPECT_TRUE(reads(lzx, LzxBuilder{}.aligned(lzx_matches(code)).bytes(), data)) << size;
      EXPECT_TRUE(reads(lzx, LzxBuilder{}.uncompressed(code).bytes(), data)) << size;
      EXPECT_TRUE(reads(lzx,
                        LzxBuilder{}
                            .uncompressed(half)
                            .verbatim(lzx_matches(rest.first(rest.size() / 2)))
                            .aligned(lzx_matches(rest.subspan(rest.size() / 2)))
                            .bytes(),
                        data))
          << size;
      EXPECT_TRUE(
          reads(lzx, LzxBuilder{}.verbatim(lzx_matches(half)).uncompressed(rest).bytes(), data))
          << size;
    }
}

// WIM files

struct Resource {
  LzBytes stored;
  std::uint64_t size = 0;
  bool is_compressed = false;
};

/// The resources of files that a WIM file's lookup table lists.
std::vector<Resource> resources(const LzBytes& wim) {
  constexpr std::size_t kTableInHeader = 48, kEntry = 50;
  constexpr unsigned kMetadata = 2, kCompressed = 4;
  const Bytes bytes{wim};
  const auto fields = [&](std::uint64_t at) {  // size and flags, offset, size of the content
    return std::array{bytes.get<std::uint64_t>(at).value(),
                      bytes.get<std::uint64_t>(at + 8).value(),
                      bytes.get<std::uint64_t>(at + 16).value()};
  };
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 56) - 1;
  const auto table = fields(kTableInHeader);
  std::vector<Resource> found;
  for (std::uint64_t at = table[1]; at < table[1] + (table[0] & kSize); at += kEntry) {
    const auto entry = fields(at);
    const auto flags = static_cast<unsigned>(entry[0] >> 56);
    if ((flags & kMetadata) != 0) continue;
    const auto stored = bytes.tail(entry[1]).head(entry[0] & kSize).span();
    found.push_back({{stored.begin(), stored.end()}, entry[2], (flags & kCompressed) != 0});
  }
  return found;
}

struct WimForm {
  const char* name;
  const char* options;
  WofAlgorithm algorithm;
};

class WimFile : public testing::TestWithParam<WimForm> {};

TEST_P(WimFile, ItsResourcesAreReadAsWofStreams) {
  if (std::system("command -v wimlib-imagex >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "wimlib-imagex is not installed (package wimtools)";
  TempFolder folder;
  LzBytes mixed = lz_text(300'000);
  const LzBytes noise = lz_noise(70'001);
  mixed.insert(mixed.end(), noise.begin(), noise.end());
  std::map<std::size_t, LzBytes> files;  // by their sizes, which all differ
  for (const LzBytes& data :
       {lz_text(100), lz_text(4097, 2), lz_text(32768, 3), lz_text(1'000'003, 4),
        machine_code(700'000), LzBytes(500'000), mixed}) {
    files[data.size()] = data;
    folder.write("files/" + std::to_string(data.size()), Bytes{data}.chars());
  }
  const std::string wim = folder.text() + "/x.wim";
  ASSERT_EQ(std::system(("wimlib-imagex capture '" + folder.text() + "/files' '" + wim + "' " +
                         GetParam().options + " >/dev/null 2>&1")
                            .c_str()),
            0);
  std::size_t compressed = 0;
  for (const Resource& resource : resources(load(wim))) {
    const LzBytes& expected = files.at(resource.size);
    if (!resource.is_compressed) continue;
    ++compressed;
    auto source = WofSource::open(std::make_unique<MemorySource>(resource.stored), resource.size,
                                  GetParam().algorithm);
    ASSERT_TRUE(source) << source.error().text();
    const auto content = read_all(**source, resource.size);
    ASSERT_TRUE(content) << resource.size << ' ' << content.error().text();
    EXPECT_TRUE(*content == expected) << resource.size;
  }
  EXPECT_GE(compressed, 6u);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, WimFile,
    testing::Values(
        WimForm{"xpress4k", "--compress=xpress --chunk-size=4096", WofAlgorithm::xpress4k},
        WimForm{"xpress8k", "--compress=xpress --chunk-size=8192", WofAlgorithm::xpress8k},
        WimForm{"xpress16k", "--compress=xpress --chunk-size=16384", WofAlgorithm::xpress16k},
        WimForm{"lzx", "--compress=lzx --chunk-size=32768", WofAlgorithm::lzx},
        WimForm{"lzx_best", "--compress=lzx:100 --chunk-size=32768", WofAlgorithm::lzx}),
    [](const auto& form) { return std::string{form.param.name}; });

}  // namespace
}  // namespace hozen
