// Folders in which intruders put together what they take away.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hozen {

enum class StagingKind : std::uint8_t {
  hidden,    ///< where nobody works: the Recycle Bin's own folder, PerfLogs, Windows
  web,       ///< what a web server hands out: fetched from there without any log on this host
  shared,    ///< Users\Public, and folders that somebody made below Windows
  temporary  ///< folders for temporary files: programs of all kinds unpack and pack there
};

struct StagingPlace {
  StagingKind kind{};
  bool is_of_windows = false;  ///< Windows' own folder, whose content administrators pack
  std::string_view what;       ///< "the Recycle Bin's own folder": what stands in a sentence
};

/// Of a file; nothing where people or programs keep files by right. What Windows itself packs (its
/// logs, its updates) is left out, and so are files that Explorer moved to the Recycle Bin.
std::optional<StagingPlace> staging_place(std::string_view path);

}  // namespace hozen
