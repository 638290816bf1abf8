// Reparse points as NTFS stores them (MS-FSCC 2.1.2).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hozen::builders {

std::vector<std::byte> junction(std::string_view target);
std::vector<std::byte> symbolic_link(std::string_view target, bool relative);
/// Any other tag with its data.
std::vector<std::byte> reparse_point(std::uint32_t tag, const std::vector<std::byte>& data);

}  // namespace hozen::builders
