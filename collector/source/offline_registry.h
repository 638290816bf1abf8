// The raw view: the registry put together from the hive files of a source, their transaction logs
// replayed in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/regf.h"
#include "collector/source/registry.h"

namespace hozen {

/// Bytes of a file as they were preserved in the bundle, and the row that says so.
struct PreservedFile {
  std::vector<std::byte> bytes;
  std::uint32_t artifact = 0;
};

/// Reads a whole file and preserves it on the first call; later calls read it again and fail with
/// Errc::io "changed while reading" when the bytes differ. Errc::not_found when it does not exist
/// (a row with outcome missing then stands in artifacts.jsonl only if `expected`).
using FilePreserver = std::function<Result<PreservedFile>(const EvidencePath&,
                                                          std::string_view reason, bool expected)>;

/// A time that the evidence itself vouches for, and how it was found (one sentence).
struct TrustedTime {
  FileTime time{};
  std::string how;
};

/// A hive file that was opened: how it was found, and what was made of it.
struct HiveRead {
  EvidencePath file;
  HiveRole role = HiveRole::software;
  std::uint32_t artifact = 0;  ///< row of artifacts.jsonl
  HiveState state = HiveState::clean;
  std::string version;                         ///< "1.5"
  std::uint32_t sequence1 = 0, sequence2 = 0;  ///< as stored
  FileTime last_written{};                     ///< of the base block
  std::string embedded_name;
  std::optional<regf::Replay> replay{};  ///< only when transaction logs were applied
  std::uint64_t problems = 0;            ///< found so far while reading
};

/// A hive that belongs to what was found and tells nothing: it is not in the source, or no hive.
struct HiveUnread {
  EvidencePath file;
  HiveRole role = HiveRole::software;
  Error why;  ///< Errc::not_found: it is not there
};

class OfflineRegistry : public Registry {
 public:
  /// Every hive opened so far, in the order of the first time. A hive that is no hive at all is not
  /// among them: it is a problem.
  virtual std::vector<HiveRead> hives_read() const = 0;
  /// SYSTEM, SOFTWARE and DEFAULT of each Windows and NTUSER.DAT of each profile that ProfileList
  /// names and whose folder is there, as far as they could not be read and no API tells the same.
  virtual const std::vector<HiveUnread>& hives_unread() const = 0;
  /// The newest time at which several keys of one hive were written, none counted that lies after
  /// `not_after` (the clock of who collects): one key with a forged or mistaken time does not move
  /// it. Unset when no hive could be read.
  virtual TrustedTime newest_trusted_time(FileTime not_after) const = 0;
};

/// Finds Windows on every volume (\Windows, \WINNT, \Windows.old\Windows, any folder of a volume's
/// root that holds System32\config\SYSTEM or SOFTWARE), its hives, and every user's: ProfileList
/// (`SID.bak` too), service profiles, the default profile, and folders beside them that ProfileList
/// does not name (orphaned; a hive in one is mounted under the folder's name, HKU\bob).
///
/// Profile folders are looked for where they lie in the source, not where the hive thinks: on the
/// volume that Windows called its own; beside a Windows that an upgrade moved away; on the
/// installation's volume when their own drive is not in the source (told to `problem`).
/// On a live source the running Windows is there whatever its files show. Facts of the machine and
/// of its users (ProfileList, environments) whose hive files cannot be read, because Windows holds
/// them locked, are taken from the source's API registry; keys and values never are.
/// A Windows folder without any hive is an installation too, after the others; a source with
/// profiles and no Windows gets the place where Windows would lie as its installation.
///
/// `problem` hears of all that could not be read, each fault of a hive once; a dirty hive without a
/// usable log is one. Never fails as a
/// whole: a source without both gives no installations. `source` must outlive the result;
/// `preserve` and `problem` are kept and called from each_hive() too. All users' hives are read
/// once here, one at a time, for their environment.
std::unique_ptr<OfflineRegistry> make_offline_registry(EvidenceSource& source,
                                                       FilePreserver preserve,
                                                       std::function<void(Error)> problem);

}  // namespace hozen
