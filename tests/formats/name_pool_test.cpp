#include "collector/formats/name_pool.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

TEST(NamePool, GivesNamesBackAcrossPieces) {
  NamePool pool;
  std::vector<std::pair<std::uint32_t, std::string>> added;
  for (std::size_t i = 0; i < 1500; ++i) {
    std::string name(i % 765, static_cast<char>('a' + i % 26));
    const auto at = pool.add(name);
    ASSERT_TRUE(at);
    added.emplace_back(*at, std::move(name));
  }
  EXPECT_GT(added.back().first, NamePool::kPieceBytes);
  for (const auto& [at, name] : added) EXPECT_EQ(pool.get(at, name.size()), name);
}

TEST(NamePool, TakesNoNameLongerThanAPiece) {
  NamePool pool;
  EXPECT_FALSE(pool.add(std::string(NamePool::kPieceBytes + 1, 'x')));
  EXPECT_TRUE(pool.add(std::string(NamePool::kPieceBytes, 'x')));
  EXPECT_EQ(pool.add("y"), NamePool::kPieceBytes);
}

}  // namespace
}  // namespace hozen
