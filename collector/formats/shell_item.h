// Shell items: the parts of a path as Explorer keeps them in links, jump lists and the registry.
//
// Source: libyal/libfwsi "Windows Shell Item format" (2021), MS-SHLLINK 2.2 for the list; long
// names checked on links written by Windows XP to 10. Not read: property stores and users' property
// views, control panel items, the contents of extension blocks other than 0xBEEF0004. Such items
// are listed as `other` and break the path.
#pragma once

#include <string>
#include <vector>

#include "collector/base/ansi_text.h"
#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/guid.h"

namespace hozen {

enum class ShellItemKind : std::uint8_t { root_folder, volume, file_entry, network, uri, other };
std::string_view to_text(ShellItemKind kind);

struct ShellItem {
  ShellItemKind kind = ShellItemKind::other;
  std::uint8_t type = 0;     ///< class type indicator
  DecodedText name;          ///< long name, drive, share or "{GUID}"; "" for `other`
  DecodedText short_name{};  ///< file entries: the 8.3 name (or the only one)
  bool is_directory = false;
  std::uint32_t size = 0;                         ///< bytes, the low 32 bits
  std::uint16_t attributes = 0;                   ///< FILE_ATTRIBUTE_*, the low 16 bits
  FileTime modified{}, created{}, accessed{};     ///< UTC, in steps of two seconds
  std::optional<std::uint64_t> file_reference{};  ///< MFT record and sequence (Windows Vista on)
};

struct ShellItemList {
  std::vector<ShellItem> items;
  /// `C:\a\b` or `\\server\share\a`; of an item that is no path, "::{GUID}" or "?" stands in it.
  std::string path;
  bool is_file_path = false;  ///< `path` begins with a drive or a share and has no gap
  std::vector<Error> problems;
};

/// The items of an ID list (without its leading size) up to the terminator.
ShellItemList parse_shell_items(Bytes list);
constexpr std::size_t kMaxShellItems = 512;  ///< folders deeper than a path can be

}  // namespace hozen
