// Names of entries: a path of the evidence as a name that every system can unpack, and no two names
// that one system would take for the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/engine/entry_path.h"
#include "collector/engine/hash_table.h"
#include "collector/source/evidence_path.h"

namespace hozen {

constexpr std::size_t kEntryComponentBytes = 200;  ///< longest component of an entry name
constexpr std::size_t kEntryNameBytes = 4096;      ///< longest entry name

/// The text of a path whose SHA-256 marks a shortened or doubled name: volume and components joined
/// by backslashes, then ":" and the stream; the same as EvidencePath::text() for a file.
std::string exact_path_text(const EvidencePath& path);

/// The path whose entry below `root` has this name, as far as the name tells: nothing for one that
/// was shortened, or that no path has. Its text is exact_path_text(); a colon in a file's name
/// reads as a stream. That of a deleted file begins with the folder "<record>-<sequence>".
std::optional<EvidencePath> path_of_entry_name(std::string_view name,
                                               std::string_view root = kEvidenceRoot);

/// The entry of a part of a volume's copy that begins `offset` bytes into the volume:
/// "volumes/C/0000000004000000.raw".
std::string volume_part_name(std::string_view volume, std::uint64_t offset);

struct VolumePartName {
  std::string volume;  ///< "C:"
  std::uint64_t offset = 0;
};
/// The reverse; nothing for another entry.
std::optional<VolumePartName> parse_volume_part_name(std::string_view name);

/// True when `name` is a relative path of components that no system refuses and entry_name_for
/// could have made, or that need no escape.
bool is_portable_entry_name(std::string_view name);

/// True when Windows lets its programs create and open a file of this name, as it is: no refused or
/// control character, no trailing dot or space, no device. Lengths are not looked at.
bool is_windows_file_name(std::string_view name);

/// Gives out names, each at most once even after case folding, and never a file's name as the
/// folder of another. Holds hashes only (64 bits): a collision costs a suffix that was not needed.
class EntryNames {
 public:
  /// The name of a path: entry_name_for(path), with the suffix where that is taken.
  std::string claim(const EntryPath& place);
  /// True, and the name is taken from now on, when it was free.
  bool claim_exact(std::string_view name);

 private:
  bool take(std::string_view name);

  HashSet files_, folders_;
};

}  // namespace hozen
