// The raw view: the registry put together from the hive files of a source, their transaction logs replayed in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "collector/source/registry.h"

namespace hozen {

/// Bytes of a file as they were preserved in the bundle, and the row that says so.
struct PreservedFile {
  std::vector<std::byte> bytes;
  std::uint32_t artifact = 0;
};

/// Reads a whole file and preserves it on the first call; later calls read it again and fail with Errc::io "changed while reading" when the bytes differ.
/// Errc::not_found when it does not exist (a row with outcome missing then stands in artifacts.jsonl only if `expected`).
using FilePreserver = std::function<Result<PreservedFile>(const EvidencePath&, std::string_view reason, bool expected)>;

/// Finds Windows on every volume (\Windows, \WINNT, \Windows.old\Windows, any folder of a volume's root that holds System32\config\SYSTEM, and a root that is
/// itself a copied Windows folder), its hives, and every user's (ProfileList, service profiles, folders without a ProfileList entry).
/// `problem` hears of all that could not be read. Never fails as a whole: a source without Windows gives no installations.
std::unique_ptr<Registry> make_offline_registry(EvidenceSource& source, FilePreserver preserve,
                                                std::function<void(Error)> problem);

}  // namespace hozen
