// Command lines of RAR, WinRAR and 7-Zip: what was packed, into what, and how.
//
// Source: rar.txt of RAR 5 to 7 ("User's manual"), the help of 7-Zip ("Command line version").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

struct ArchiveCommand {
  std::string program;         ///< as it is named, without quotes
  std::string host{};          ///< that a line sends it to, as PsExec does; "" for this one
  bool is_known_name = false;  ///< its file is called as such a program is
  bool is_seven_zip = false;   ///< read by 7-Zip's rules
  bool is_of_windows = false;  ///< tar, makecab, Compress-Archive
  char verb = 'a';             ///< 'a', 'u', 'm', 'f' pack; 'x' and 'e' unpack; lower case
  std::string archive{};       ///< as given, with the extension that the program would append
  std::vector<std::string> sources{}, masks{}, lists{}, time_filters{};
  bool encrypts_headers = false;  ///< names too: nothing of it can be listed
  bool encrypts_files = false;
  bool has_volumes = false;
  std::optional<std::uint64_t> volume_bytes{};
  bool deletes_sources = false, is_quiet = false;
  std::vector<std::string> secrets{};  ///< passwords, to be left out of what is shown

  bool packs() const { return verb == 'a' || verb == 'u' || verb == 'm' || verb == 'f'; }
};

/// Those in `line`, which may be several commands, commands in quotes that a shell is given, or a
/// script of several lines. A program under another name is known by the form: a verb, an archive
/// and an option that nothing else has in this form (`-hp`, `-p` or `-v100m` with an archive); or
/// by `archiver_of`, which tells what a program of another name is ("RAR", "7-Zip"; "" for others).
/// Names are those below the folder that the line changed to before. Passwords are not kept. At
/// most kMaxArchiveCommands.
std::vector<ArchiveCommand> archive_commands(
    std::string_view line,
    const std::function<std::string_view(std::string_view program)>& archiver_of = {});
inline constexpr std::size_t kMaxArchiveCommands = 32;

/// Whether a program's file is called as RAR, WinRAR or 7-Zip call theirs.
bool is_archiver_name(std::string_view path);
/// What a program is by its version resource: "RAR", "WinRAR", "UnRAR", "7-Zip"; "" for others,
/// and for self-extracting archives that were made with them.
std::string_view archiver_of_version(std::string_view original_file_name,
                                     std::string_view description);

}  // namespace hozen
