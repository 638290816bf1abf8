#include "collector/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace hozen {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{Errc::malformed, "odd number", 3};
  return value / 2;
}

Result<int> quarter(int value) {
  HOZEN_TRY(const int once, half(value));
  HOZEN_TRY(const int twice, half(once));
  return twice;
}

Result<void> must_be_even(int value) {
  HOZEN_CHECK(half(value));
  return {};
}

TEST(Result, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(*quarter(8), 2);
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error().code, Errc::malformed);
  EXPECT_TRUE(must_be_even(2));
  EXPECT_EQ(must_be_even(1).error().what, "odd number");
}

TEST(Result, HoldsWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(5)};
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(ErrorText, SaysWhatWhereAndWhy) {
  EXPECT_EQ((Error{Errc::truncated, "nk cell", 0x1F}.text()), "nk cell: truncated at offset 0x1f");
  EXPECT_EQ((Error{Errc::io, "SYSTEM", std::nullopt, "error 32"}.text()), "SYSTEM: io (error 32)");
}

TEST(ErrcText, EachCodeHasItsOwnName) {
  EXPECT_EQ(to_text(Errc::not_found), "not_found");
  EXPECT_EQ(to_text(Errc::cancelled), "cancelled");
  EXPECT_EQ(to_text(Errc::limit), "limit");
}

}  // namespace
}  // namespace hozen
