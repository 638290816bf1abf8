// Which time a hive vouches for: not the newest write, which one forged or mistaken key decides.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "collector/base/filetime.h"
#include "collector/formats/regf.h"

namespace hozen {

/// Times of last write of the keys of one hive; what is kept grows with the hours in which
/// something was written, not with the keys.
class WriteTimes {
 public:
  void add(FileTime time);
  /// Every key of the hive, and the base block's time.
  void add_all(const regf::Hive& hive);
  /// The newest time that at least kWitnesses writes do not precede, among those up to `not_after`;
  /// with fewer writes the oldest of them. Nothing when there is none. Of the hour that holds
  /// `not_after` only the three newest writes are known.
  std::optional<FileTime> newest(FileTime not_after) const;

  static constexpr std::size_t kWitnesses = 3;
  static constexpr std::size_t kMaxHours = 10'000;  ///< a year has 8,766

 private:
  struct Hour {
    std::array<FileTime, kWitnesses> newest{};  // descending; unset behind the last
  };
  std::map<std::uint64_t, Hour> hours_;
};

}  // namespace hozen
