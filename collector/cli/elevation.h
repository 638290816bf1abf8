// Administrator rights: what a collection from the running system lacks without them.
#pragma once

#include <optional>
#include <string>

#include "collector/engine/host.h"

namespace hozen::cli {

/// What stays out of reach of this process, one line each; "" when nothing does.
std::string out_of_reach(const Privileges& privileges);

/// Why a collection must not begin: from the running system (`live`), without administrator rights,
/// and not said to be enough (`unprivileged`). Tells what would be missing and how to get it.
std::optional<std::string> refuse_without_rights(bool live, bool unprivileged,
                                                 const Privileges& privileges);

}  // namespace hozen::cli
