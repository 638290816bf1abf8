// What the printed forms of all event logs share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/text_out.h"

namespace hozen::cli {

/// Problems of one log that are printed one by one.
constexpr std::uint64_t kMaxListedProblems = 1000;

/// "3 further problems, not listed", of more than those.
std::string further_problems(std::uint64_t problems);

/// Text that may hold anything as a comment of XML, in which there are no two hyphens.
void append_xml_comment(TextOut& out, std::string_view text);

}  // namespace hozen::cli
