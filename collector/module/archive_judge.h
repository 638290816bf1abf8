// An archive that lies on the host: what is kept of it, and what speaks against it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/archive.h"
#include "collector/module/archive_extension.h"
#include "collector/module/archive_places.h"
#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// Names that are kept of one archive.
constexpr std::size_t kArchiveNames = 50;
/// Longer ones are cut.
constexpr std::size_t kArchiveNameBytes = 1024;

/// The first bytes of a text, to the end of a character, with "…" where it was cut.
std::string shortened(const std::string& text, std::size_t bytes);

struct ArchiveRow {
  std::string path{}, file_name{};
  std::uint64_t size = 0;
  ArchivePlace place{};
  ExtensionFit name{};
  archive::Archive content{};
  std::vector<std::string> first_names{};
  bool is_volume = false;  ///< by its content, or by its name where the format has no sign of it
  std::optional<std::uint64_t> volume_number{};
  std::string set_id{};
  bool is_listed_whole = true;
  FileTime created{}, modified{};
  std::string record{};

  bool is_sfx() const { return content.offset != 0; }
  bool lies() const {
    return !is_sfx() && (name == ExtensionFit::other || name == ExtensionFit::neutral);
  }
};

/// "headers", "files", "no", or "unknown" where names, and what is said with them, were not read.
std::string_view encryption_of(const ArchiveRow& row);

Fact archive_fact(const ArchiveRow& row);
/// As much of the row again as `archive_finding` asks for.
ArchiveRow archive_row_of(const Fact& fact);

/// What an archive at such a place under such a name is, nothing when it is nothing.
std::optional<Finding> archive_finding(const ArchiveRow& row);

}  // namespace hozen
