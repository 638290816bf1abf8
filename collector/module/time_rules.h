// What the times of a file of NTFS say of each other: rules of the module time_anomalies.
//
// Windows alone writes the times of $FILE_NAME, when a name is made; any program sets those of
// $STANDARD_INFORMATION. NTFS counts 100 ns: a time of whole seconds comes from an archive, from
// another file system, or from a program that set it (one in ten million does by chance).
//
// Source: MITRE ATT&CK T1070.006; libyal/libfsntfs, "The file name attribute"; times of files that
// were copied, unpacked and set by programs, as observed on Windows 10 and ntfs-3g.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "collector/source/source.h"

namespace hozen {

struct TimeEvidence {
  Times si{};                 ///< $STANDARD_INFORMATION
  FileTime named{};           ///< earliest creation in its $FILE_NAMEs
  FileTime volume_created{};  ///< unset when not known
  FileTime reference{};       ///< "now"; unset when not known
  bool synchronised = false;  ///< from a cloud (OneDrive): it brings all times along
};

constexpr std::uint64_t kTicksPerDay = 86'400 * kTicksPerSecond;
/// A clock that is set to another zone, or a file from a machine that has one, is no news.
constexpr std::uint64_t kClockSlackTicks = kTicksPerDay;

/// Both are set, and `time` is over `ticks` before `other`.
constexpr bool is_before(FileTime time, FileTime other, std::uint64_t ticks) {
  return time.is_set() && other.is_set() && other.ticks > time.ticks &&
         other.ticks - time.ticks > ticks;
}

struct TimeSigns {
  /// Created more than a second before its name was, in whole seconds; the name was not.
  bool before_name = false;
  bool in_future = false;      ///< a time is past the reference, and its name is not
  bool before_volume = false;  ///< created before the volume was
  /// before_name, and modified and accessed are of whole seconds before the name, too, accessed by
  /// over a day: what unpacks, installs or copies a file leaves "accessed" near the moment it did.
  bool all_set = false;
  /// As what unpacks, installs, copies or synchronises leaves it: see time_signs().
  bool brought_along = false;
  bool one_time = false;   ///< created, modified and accessed are the same
  bool on_minute = false;  ///< one_time, and that of a whole minute: typed, or an archive's

  /// No archive, installer or copy is known to leave such times behind.
  bool were_set() const { return all_set && !brought_along; }
};
/// Brought along is what is synchronised, and what was created and modified at the same second:
/// - even, and accessed at it too: a ZIP or CAB file that Windows XP's Explorer unpacked. A whole
///   minute of an even second is one in thirty of those, and all of what people type;
/// - accessed later, in whole seconds: a ZIP file with access times, as Info-ZIP makes them on
///   Linux and macOS, that Windows' tar.exe unpacked (libarchive sets the creation time to the
///   modification time where an archive has none, and one that is not known to 1970).
TimeSigns time_signs(const TimeEvidence& evidence);

/// Whether Windows runs a file of this name, as a program, library, driver, script or web page.
bool is_program_name(std::string_view name);

/// Times of Windows' own programs, from which tools that set times like to take theirs: those in
/// System32, SysWOW64 and the folder of Windows itself.
class SystemTimes {
 public:
  struct Owner {
    std::uint64_t record = 0;
    std::string name{};
    FileTime named{};
    std::string_view folder{};  ///< "System32\\"; a constant
  };

  /// A program of Windows. The second of a name, as of 32 and 64 bits, is no other one. False when
  /// there are more than an honest Windows has.
  bool add(const Times& si, Owner owner);
  /// Whose creation and modification `si` has, to 100 ns, under another name and with a name made
  /// over an hour later (what is installed together may share its times). nullptr also when several
  /// have them: those tell nothing.
  const Owner* find(const Times& si, const Owner& file, bool is_of_windows) const;

 private:
  struct Shared {
    Owner first{};  ///< whose name was made first
    unsigned files = 0;
  };
  static constexpr std::size_t kMaxTimes = 50'000;  ///< Windows 11 has some 6,000 such files
  std::map<std::pair<std::uint64_t, std::uint64_t>, Shared> files_;  // by created, modified
};

/// Which files of a crowd are counted.
enum class CrowdOf : std::uint8_t { all, all_set, were_set };

/// How many files show the same sign at the same time: in ten minutes and those beside them.
class TimeCrowd {
 public:
  static constexpr std::uint64_t kTicksPerSlice = 600 * kTicksPerSecond;
  static constexpr std::uint64_t kWholeVolume = ~std::uint64_t{0};  ///< as a folder
  static std::uint64_t slice_of(FileTime named) { return named.ticks / kTicksPerSlice; }

  /// False when there are too many crowds to count.
  bool add(std::uint64_t folder_record, FileTime named, const TimeSigns& signs);
  /// 0 for what was not added.
  unsigned in_folder(std::uint64_t folder_record, FileTime named, CrowdOf which) const;
  unsigned on_volume(FileTime named, CrowdOf which) const;
  /// The slice with which the files began to come, one slice after the other, at most a day before.
  std::uint64_t event_slice(std::uint64_t folder_record, FileTime named) const;

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;  // folder, slice
  struct Count {
    unsigned all = 0, all_set = 0, were_set = 0;
  };

  static constexpr std::size_t kMaxCrowds = 200'000;
  std::map<Key, Count> counts_;
};

}  // namespace hozen
