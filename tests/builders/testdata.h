// Real artifacts that lie outside of the repository: $HOZEN_TESTDATA, else ../shared/testdata.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// Why tests over real artifacts cannot run here, for GTEST_SKIP; nothing when they can.
std::optional<std::string> why_no_testdata();

/// Path of a file of the set on this computer.
std::string testdata_path(std::string_view relative);

/// The bytes of a file of the set. `x` is read from `x.xz` when only that exists; needs the program
/// xz then. The test fails when it cannot be read.
std::vector<std::byte> testdata(std::string_view relative);

}  // namespace hozen
