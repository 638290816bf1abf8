// What the system that runs us says of signatures.
#include "collector/source/live_trust_win32.h"

#include <gtest/gtest.h>

#include "collector/base/bytes.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

EvidencePath path_of(const TempFolder& folder, std::string_view name) {
  return *EvidencePath::parse(folder.text() + "\\" + std::string{name});
}

TEST(LiveTrust, AProgramThatNobodySignedHasNoSignature) {
  const TempFolder folder;
  const auto bytes = builders::PeBuilder{}.bytes();
  folder.write("a.exe", Bytes{bytes}.chars());
  for (const bool keep_access_times : {false, true}) {
    const auto verdict = ask_windows_about(path_of(folder, "a.exe"), keep_access_times);
    ASSERT_TRUE(verdict) << verdict.error().text();
    EXPECT_EQ(verdict->code, SystemVerdict::kNoSignature);
    EXPECT_FALSE(verdict->trusts());
    EXPECT_EQ(verdict->catalog, "");
  }
}

TEST(LiveTrust, WhatCannotBeAskedIsAnError) {
  const TempFolder folder;
  const auto missing = ask_windows_about(path_of(folder, "none.exe"), false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  const auto stream = ask_windows_about(path_of(folder, "a.exe").with_stream("s"), false);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace hozen
