// Transaction logs of registry hives: the old format (DIRT, Windows XP to 8) and the new one (HvLE,
// Windows 8.1 and later).
//
// Source: msuhanov/regf, "Windows registry file format specification" (2023), "Format of
// transaction log files" and "Dirty state of a hive". Where that text and files of Windows disagree
// the files decided: log entries count from the *secondary* sequence number of the hive on (hive
// 3/2 whose first log begins with entry 2: Windows 10 applied it). Not read: TxR/CLFS containers
// (.regtrans-ms, .blf).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/formats/regf.h"

namespace hozen::regf {

/// The checksum of new-format log entries: Marvin32 with the seed of the registry.
std::uint64_t log_checksum(Bytes data);
/// XOR-32 of the first 508 of `head`'s 512 bytes, as it stands in a base block.
std::uint32_t base_block_checksum(Bytes head);

struct LogReplay {
  std::optional<Replay> replay;   ///< nothing when no log could be used: the hive is then unchanged
  std::vector<Problem> problems;  ///< of the logs; offsets are in the log that `what` names
};

/// Applies `logs` to the dirty `hive` (a whole primary file) in place, as Windows does when it
/// loads it, and makes its base block say so. `primary`: its base block as read (all zero when it
/// has none). The hive grows by no more than the logs hold.
LogReplay replay_logs(std::vector<std::byte>& hive, const BaseBlock& primary,
                      const std::vector<Log>& logs);

}  // namespace hozen::regf
