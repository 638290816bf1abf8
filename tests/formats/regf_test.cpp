#include "collector/formats/regf.h"

#include <gtest/gtest.h>

#include "tests/builders/regf_builder.h"

namespace hozen::regf {
namespace {

using namespace builders;

TEST(RegfHive, ReadsKeysAndValuesOfABuiltHive) {
  const FileTime time{132'000'000'000'000'000};
  auto hive = Hive::open(RegfBuilder{}
                             .key("Microsoft\\Windows\\CurrentVersion\\Run")
                             .value("x", sz("C:\\a.exe"))
                             .written_at(time)
                             .bytes());
  ASSERT_TRUE(hive);
  EXPECT_EQ((*hive)->state(), State::clean);
  const auto run = (*hive)->root()->find("microsoft\\WINDOWS\\CurrentVersion\\run");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->path(), "Microsoft\\Windows\\CurrentVersion\\Run");
  EXPECT_EQ(run->last_written(), time);
  const auto value = run->value("X");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->type, 1u);
  EXPECT_EQ(value->data, sz("C:\\a.exe").bytes);
  EXPECT_EQ((*hive)->problem_count(), 0u);
}

}  // namespace
}  // namespace hozen::regf
