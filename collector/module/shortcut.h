// What opening a shortcut (.lnk) or an address file (.url) starts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/lnk.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// What is read of one. Windows' own are a few KiB; one that carries more than that is read as far
/// as this, for what it starts stands at its beginning.
constexpr std::uint64_t kMaxShortcutBytes = 8u << 20;
/// More than any that Windows makes.
constexpr std::uint64_t kLargeShortcutBytes = 256u << 10;

/// One place of a shortcut that says what it starts.
struct ShortcutTarget {
  /// "environment" (with variables) | "id_list" | "link_info" | "network" | "vista_id_list" |
  /// "relative" | "installer" (a descriptor of Windows Installer) | "url"
  std::string_view source;
  std::string path;
  bool is_path = true;  ///< of a file, to be compared with the others
};

/// A shortcut or address file that an entry is, or leads to.
struct Shortcut {
  EvidencePath file{};
  std::string command{};    ///< as a command line; "" when it points nowhere
  std::string arguments{};  ///< of the command, with a blank in front
  /// All that it carries, in the order in which Windows looks at them.
  std::vector<ShortcutTarget> targets{};
  std::string mapped_drive{};        ///< "Z:" that its network path was mapped to, "" when none
  std::uint64_t size = 0;            ///< bytes of the file
  std::uint64_t trailing_bytes = 0;  ///< of these, behind the end of a shortcut
  std::vector<Error> problems{};     ///< what could not be read; the rest was

  /// Targets that lead to another file than the command and cannot be explained: filled in by
  /// AsepReader, which knows the evidence.
  std::vector<std::string> differing{};
  bool same_names = false;  ///< all of these are called like the command's file, on this host

  std::string command_for(const ShortcutTarget& target) const;
};

bool is_shortcut_name(std::string_view file_name);  ///< *.lnk, *.url

/// `beginning`: of a file of `size` bytes. Errors as of parse_lnk.
Result<Shortcut> read_shortcut(const EvidencePath& file, Bytes beginning, std::uint64_t size);

/// Two paths as two places of a shortcut write them, that mean one file: in another case, by short
/// names, as a 32-bit program sees System32, with a variable that is not known, on a drive and on
/// the share it was mapped to.
bool is_same_target(const Shortcut& shortcut, std::string_view a, std::string_view b);

}  // namespace hozen
