// Where the web servers and proxies of the evidence keep their logs and the files that they hand
// out: as their own configuration says, and where they usually do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/module.h"

namespace hozen {

/// A folder whose files a server hands out.
struct WebRoot {
  EvidencePath folder;
  std::string url;     ///< that the folder has: "/", "/owa"
  std::string source;  ///< what says so, for records
  std::size_t installation = 0;
};

/// A file among logs.
struct WebLogFile {
  FileInfo info;
  std::string source;  ///< what says that logs lie there
};

struct WebPlaces {
  std::vector<WebRoot> roots;    ///< each folder once
  std::vector<WebLogFile> logs;  ///< each once, newest first by last change
};

/// Reads configuration files of the usual places and preserves them; files that are logs by their
/// names are listed where they are looked for. Notes what cannot be read. Nothing where the context
/// does not read files or there is no registry.
WebPlaces find_web_places(ModuleContext& context, bool with_logs);

/// Minutes that the host's local time is ahead of UTC, by its registry ("… (UTC+09:00)").
std::optional<int> local_offset_of(std::string_view time_zone);

}  // namespace hozen
