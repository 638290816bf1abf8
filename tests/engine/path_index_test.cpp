#include "collector/engine/path_index.h"

#include <gtest/gtest.h>

#include <string>

#include "collector/source/evidence_path.h"

namespace hozen {
namespace {

std::string path(const std::string& text) { return EvidencePath::parse(text)->folded(); }

TEST(PathIndex, FindsPathsWhateverTheirCase) {
  PathIndex index;
  EXPECT_EQ(index.find(path("C:\\a")), 0u);
  index.insert(path("C:\\Windows\\System32"), 7);
  EXPECT_EQ(index.find(path("c:\\WINDOWS\\system32")), 7u);
  EXPECT_EQ(index.find(path("D:\\Windows\\System32")), 0u);
  EXPECT_EQ(index.find(path("C:\\Windows\\System32:stream")), 0u);
}

TEST(PathIndex, KeepsAllPathsWhileItGrows) {
  PathIndex index;
  for (std::uint32_t i = 1; i <= 20'000; ++i) index.insert(path("C:\\f" + std::to_string(i)), i);
  EXPECT_EQ(index.size(), 20'000u);
  for (std::uint32_t i = 1; i <= 20'000; ++i)
    ASSERT_EQ(index.find(path("C:\\F" + std::to_string(i))), i);
  EXPECT_EQ(index.find(path("C:\\f0")), 0u);
}

}  // namespace
}  // namespace hozen
