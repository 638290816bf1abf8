// What the content of a file says about stolen credentials, whatever the file is called.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/module/module.h"

namespace hozen::credentials {

/// Names of what a file holds, as facts have them in `holds`.
inline constexpr std::string_view kHoldsDump = "dump", kHoldsHive = "hive", kHoldsTicket = "ticket";

struct Content {
  std::string_view holds;  ///< "" for nothing of interest
  std::string text;        ///< a full sentence
};

/// Whether a file's size or name makes it worth a look: a dump of lsass has a megabyte, a hive is
/// of whole pages.
bool may_hold_credentials(const FileInfo& file);
/// Reads its beginning, and a small hive as a whole; nothing where it cannot be read. What is
/// damaged is noted.
std::optional<Content> credential_content(ModuleContext& context, const FileInfo& file);

}  // namespace hozen::credentials
