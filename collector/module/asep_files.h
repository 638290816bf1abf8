// Autostart locations of the file system: which files a path pattern means, and the lines in them
// that start something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/module/module.h"
#include "collector/source/environment.h"

namespace hozen {

/// Files of one pattern after which the rest is left out.
constexpr std::uint32_t kMaxFilesPerPattern = 20'000;

/// True when the pattern speaks of a user's folders (%APPDATA%, %LOCALAPPDATA%, %USERPROFILE%).
bool is_user_pattern(std::string_view pattern);

/// Calls `visit` for each file that `pattern` means: variables filled in from `environment`, and
/// where that was changed for the folders of users and ProgramData also with their usual places;
/// `*`,
/// `?` and `{a,b}` within a component, `**` at the end for all files below. Links are not followed;
/// one that stands where a file is meant is handed out itself.
/// A folder that is not there is no problem. Entries that differ in case only are all visited; the
/// folder of `user` (nullptr: of all) is taken as it is spelled.
void each_matching_file(EvidenceSource& source, std::string_view pattern,
                        const Environment& environment, const UserProfile* user,
                        const std::function<bool(const FileInfo&)>& visit,
                        const std::function<void(Error)>& problem);

/// Calls `visit` for each file in `folder`, not below it.
void each_file_in(EvidenceSource& source, const EvidencePath& folder,
                  const std::function<bool(const FileInfo&)>& visit,
                  const std::function<void(Error)>& problem);

struct IniSetting {
  std::string section, name, text;
  std::string arguments{};  ///< of a command line that has a setting of its own for them
  bool operator==(const IniSetting&) const = default;
};

/// Settings of an INI text whose names match `names` (`;` list of patterns as of
/// AsepLocation::values), in order; the file may be UTF-16 or ANSI.
std::vector<IniSetting> ini_settings(std::span<const std::byte> content, std::string_view names);

}  // namespace hozen
