// Slots by which a library gets into a program that is somebody else's (a ServiceDll, a print
// monitor, a security package, a COM class): what lies in them, held against what belongs there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/module.h"

namespace hozen::slots {

/// Whose libraries are usual in a slot beside those that Windows has there.
enum class Owner : std::uint8_t {
  windows,  ///< nearly nobody's
  few,      ///< some products'
  many,     ///< anybody's: common software brings unsigned ones too
};

struct Slot {
  std::string_view location;  ///< of autostart facts
  std::string_view name, loader;
  std::string_view exports;  ///< it calls one of them at least, '|' between; "" where not known
  Owner owner = Owner::many;
  std::string_view attack;
};
std::span<const Slot> all_slots();
const Slot* slot_of(std::string_view location);  ///< nullptr for entries that start programs

/// What a file is and says to be.
struct File {
  std::optional<FileInfo> info{};
  std::optional<Error> problem{};  ///< why it could not be read as an executable
  bool is_executable = false, is_dotnet = false;
  std::size_t exports = 0, forwarded = 0;
  std::string forwarded_to{};  ///< library that most of them go to
  bool all_names = false;      ///< all exports could be read: what is not in `names` is not there
  std::vector<std::string> names{};  ///< of those that were asked for
  bool has_version = false;
  std::string company{}, product{}, description{}, version{}, original_name{};
  const FileSignature* signature = nullptr;

  bool has_export(std::string_view name) const;
  bool is_sound() const { return signature != nullptr && hozen::is_sound(signature->status); }
  bool is_of_microsoft() const { return is_sound() && signature->is_microsoft; }
};
/// Headers, exports and version information; nothing of it where there is no such file. `wanted`:
/// exports that are looked for.
File read_slot_file(EvidenceSource& source, const EvidencePath& path,
                    const std::vector<std::string>& wanted);

/// One entry: the file stands in `Group`.
struct Entry {
  const Slot* slot = nullptr;
  std::string place, value, text, user, service, service_export, known, expected, clsid,
      machine_server, bitness, existence;
  bool enabled = true, next_set = false;
  FileTime written{};
  std::vector<std::string> records{};  ///< of the modules that read the entry
  /// Windows itself has this very file here.
  bool is_own() const { return known == "exact"; }
  /// Names that the file should export, one of them; none where that is not known.
  std::vector<std::string> needed_exports() const;
};

/// One file and all slots that lead to it.
struct Group {
  EvidencePath path{}, windows{};
  std::vector<Entry> entries{};
  File file{};
  bool is_own() const;
  Owner owner() const;  ///< the strictest of its slots
  /// Exports that tell something of the file in these slots.
  std::vector<std::string> wanted_exports() const;
};
/// Which network providers may have; it is handed the password of each logon.
constexpr std::string_view kLogonNotify = "NPLogonNotify";

/// Of the facts that name a slot, by folded path. `left_out` counts those above the caps.
std::map<std::string, Group> groups_of(const FactBook& book, std::uint64_t& left_out);

/// What all files together tell.
struct Known {
  bool has_catalogs = false;
  /// Of the files that Windows itself has in slots nearly all are signed by Microsoft: then one
  /// that is not stands out. Otherwise the catalogs are those of another system, or incomplete.
  bool catalogs_are_whole = false;
  /// One of them may name a file that seems unsigned.
  std::size_t damaged_catalogs = 0;
  FileTime reference_time{};
};
Known known_of(const std::map<std::string, Group>& groups, bool has_catalogs, FileTime reference);

/// Nothing unless signature or content of the file speak: entries that are unusual by themselves
/// are findings of the modules that read them.
std::optional<Finding> judge(const Group& group, const Known& known,
                             const std::vector<std::string>& records);

}  // namespace hozen::slots
