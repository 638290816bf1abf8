// The raw view: the registry put together from the hive files of a source, their transaction logs
// replayed in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

class OfflineRegistry : public Registry {
 public:
  /// The newest time at which several keys of one hive were written, none counted that lies after
  /// `not_after` (the clock of who collects): one key with a forged or mistaken time does not move
  /// it. Unset when no hive could be read.
  virtual TrustedTime newest_trusted_time(FileTime not_after) const = 0;
};

/// Finds Windows on every volume (\Windows, \WINNT, \Windows.old\Windows, any folder of a volume's
/// root that holds System32\config\SYSTEM), its hives, and every user's (ProfileList, service
/// profiles, folders without a ProfileList entry). A profile path whose drive is not in the source
/// is looked for on the installation's own volume; that is reported through `problem`. `problem`
/// hears of all that could not be read. Never fails as a whole: a source without Windows gives no
/// installations. `source` must outlive the result; `preserve` and `problem` are kept and called
/// from each_hive() too.
std::unique_ptr<OfflineRegistry> make_offline_registry(EvidenceSource& source,
                                                       FilePreserver preserve,
                                                       std::function<void(Error)> problem);

}  // namespace hozen
