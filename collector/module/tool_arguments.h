// Tools that are known by how they are called, whatever their files are named.
#pragma once

#include <string_view>

namespace hozen {

/// "Chisel", "fscan" or "Csvde": the tool whose arguments these are, as dual_use_tools.inc names
/// it;
/// "" for other lines. Csvde is told where it writes its list into a folder of Windows or of all
/// users under the name of no list.
std::string_view tool_by_arguments(std::string_view command_line);

}  // namespace hozen
