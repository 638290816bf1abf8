// The compressed prefetch files of the test data: what comes out is the file that libscca describes
// (facts/prefetch.tsv).
#include "collector/formats/xpress_huffman.h"

#include <algorithm>

#include "collector/base/text.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

constexpr std::uint32_t kLargest = 16 << 20;   ///< bytes; no prefetch file has more
constexpr std::string_view kMark = "MAM\x04";  ///< XPRESS with Huffman codes, no checksum

Result<std::vector<std::byte>> decompressed(Bytes file) {
  HOZEN_TRY(const auto header, file.fixed<8>(0, "prefetch header"));
  std::vector<std::byte> out(std::min(header.u32<4>(), kLargest));
  HOZEN_CHECK(decompress_xpress_huffman(file.tail(8), out));
  return out;
}

TEST_F(RealEvidence, PrefetchFilesDecompress) {
  int files = 0, large = 0;
  for (const Row& row : facts("prefetch.tsv")) {
    const std::string& path = row[0];
    if (path.find("::") != path.npos || row[1].starts_with("ERR")) continue;
    const auto bytes = evidence(path);
    if (!Bytes{bytes}.chars().starts_with(kMark)) continue;
    const auto out = decompressed(Bytes{bytes});
    ASSERT_TRUE(out) << path << ": " << out.error().text();
    const Bytes file{*out};
    EXPECT_EQ(std::to_string(file.get<std::uint32_t>(0).value_or(0)), row[1]) << path;
    EXPECT_EQ(file.chars().substr(4, 4), "SCCA") << path;
    EXPECT_EQ(file.get<std::uint32_t>(12), file.size()) << path;
    EXPECT_EQ(wtf8_from_utf16le(file.tail(16).head(60), true), row[2]) << path;
    large += file.size() > 65536;  // several blocks
    ++files;
  }
  EXPECT_EQ(files, 260);
  EXPECT_EQ(large, 100);
}

TEST_F(RealEvidence, DamagedPrefetchFilesAreErrors) {
  const auto bytes = evidence("prefetch/artemis_bad/bad_compression.pf");
  const auto out = decompressed(Bytes{bytes});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, Errc::malformed);
  EXPECT_EQ(out.error().what, "xpress code lengths");
  EXPECT_EQ(out.error().offset, 8u);
}

}  // namespace
}  // namespace hozen::real
