// Tools that are known by how they are called, whatever their files are named.
#pragma once

#include <string_view>

namespace hozen {

/// The tool whose arguments a line has.
struct CalledAs {
  std::string_view tool{};   ///< as dual_use_tools.inc names it; "" for other lines
  bool is_ordinary = false;  ///< called as administrators call it too
};

/// Chisel, fscan, HTran, EarthWorm, gost, frp and npc by arguments that others do not have. Csvde,
/// LDIFDE, dsquery and AdFind where they write lists out: ordinary, unless where nobody keeps any
/// or under the name of no list. `folder`: in which the command ran, `output`: the file that its
/// shell wrote what it says to; "" when not known.
CalledAs tool_by_arguments(std::string_view command_line, std::string_view folder = {},
                           std::string_view output = {});

}  // namespace hozen
