// What a file target of a profile names: a root, components with wildcards, a stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

/// Where a pattern starts. The last three stand for every user of every installation.
enum class PatternRoot : std::uint8_t {
  volume,             ///< "C:\…"
  every_volume,       ///< "%EveryVolume%\…"
  system_drive,       ///< "%SystemDrive%\…", of every installation, like the next four
  system_root,        ///< "%SystemRoot%\…"
  program_data,       ///< "%ProgramData%\…"
  program_files,      ///< "%ProgramFiles%\…"
  program_files_x86,  ///< "%ProgramFiles(x86)%\…"
  user_profile,       ///< "%UserProfile%\…"
  app_data,           ///< "%AppData%\…"
  local_app_data,     ///< "%LocalAppData%\…"
};
/// The names that may stand between percent signs, in the order of a message.
std::vector<std::string> pattern_variables();

struct PathPattern {
  std::string text;  ///< as written in the profile
  PatternRoot root = PatternRoot::volume;
  std::string volume;  ///< "C:" for PatternRoot::volume
  std::vector<std::string>
      components;      ///< below the root; `*` and `?` match within one, "**" any number of folders
  std::string stream;  ///< pattern of alternate stream names; "" for the file itself

  /// Components before the first wildcard; all of them when there is none.
  std::size_t literal_prefix() const;
  bool has_wildcard() const { return literal_prefix() != components.size(); }
};

/// Reads `%SystemRoot%\System32\config\*`, `C:\a\**\b.txt`, `%EveryVolume%\$Recycle.Bin\**\$I*`.
/// `**` as the last component means every file below. Errc::malformed; `what` says what is wrong in
/// words a person who writes profiles understands.
Result<PathPattern> parse_path_pattern(std::string_view text);

/// True when `names` (components of a file below the root) match the whole pattern.
/// Case-insensitive.
bool pattern_matches(const PathPattern& pattern, const std::vector<std::string>& names);
/// True when something below the folder `names` could match: a walk need not enter it otherwise.
bool pattern_may_match_below(const PathPattern& pattern, const std::vector<std::string>& names);

}  // namespace hozen
