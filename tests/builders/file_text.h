// The content of a file of this computer.
#pragma once

#include <filesystem>
#include <string>

namespace hozen::test {

/// Every byte; "" for a file that is not there.
std::string file_text(const std::filesystem::path& path);

}  // namespace hozen::test
