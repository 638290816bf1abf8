// What the name of a file says of the archive that it is, or is a volume of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hozen {

struct ArchiveName {
  std::string_view form;                  ///< "rar", "7z", "zip", "cab", "split", ...
  std::string stem;                       ///< file name without number of the volume and extension
  std::optional<std::uint32_t> volume{};  ///< from 1; of out.rar none: it may be the only one
  /// Windows, browsers and installers make such files all day: .zip, .cab, .gz.
  bool is_everyday = false;
};

/// Of the file name at the end of `path`; nothing when its extension is none of an archive.
std::optional<ArchiveName> archive_name(std::string_view path);

/// The file name at the end of a path of Windows.
std::string_view name_of_path(std::string_view path);
/// What stands before it, without the backslash; "" for a bare name.
std::string_view folder_of_path(std::string_view path);
/// A path without what names its volume ("C:", "\DEVICE\HARDDISKVOLUME2", "\VOLUME{...}", "\\?\"),
/// as sources name volumes differently; shares are kept whole.
std::string_view below_volume(std::string_view path);

/// Same for all volumes of one archive in one folder: drive (where the path tells it), folder, stem
/// and form. A file that is not called as an archive is a set of its own.
std::string archive_set_key(std::string_view path);
/// "C:" of a path; "" where it does not tell.
std::string_view drive_of_path(std::string_view path);

}  // namespace hozen
