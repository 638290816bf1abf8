// Where in the bundle a file of the evidence goes: below which of its folders, under which path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "collector/source/deleted_file.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// Files that are there; files that were deleted, which nobody must take for such.
constexpr std::string_view kEvidenceRoot = "evidence", kDeletedRoot = "deleted";

/// The root that the name of an entry with evidence begins with; "" for any other entry.
std::string_view content_root_of(std::string_view entry_name);

struct EntryPath {
  EvidencePath path;
  std::string_view root = kEvidenceRoot;

  /// Of a file that is there. Implicit: most are.
  EntryPath(EvidencePath evidence) : path{std::move(evidence)} {}
  EntryPath(EvidencePath below, std::string_view root_name)
      : path{std::move(below)}, root{root_name} {}
};

/// `deleted/C/<record>-<sequence>/Users/x/evil.exe`: several deleted files may have had one path.
EntryPath entry_path_of(const DeletedFile& file);
/// "<record>-<sequence>"
std::string deleted_folder_name(std::uint64_t record, std::uint64_t sequence);

}  // namespace hozen
