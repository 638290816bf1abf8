// Folders in which intruders put what they are about to take away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/module/module.h"

namespace hozen {

enum class ArchivePlace : std::uint8_t {
  windows,  ///< Windows itself and folders of it where nothing is kept
  perf_logs,
  web_root,
  recycle_bin,
  public_folder,      ///< the profile that all users share
  program_data_root,  ///< a file directly in it
  volume_root,        ///< a file in it, or in a folder there that Windows does not make
  windows_temp,
  temp,          ///< of a user
  personal,      ///< a user's downloads, desktop, documents
  app_data,      ///< of a user's programs
  program_data,  ///< of programs
};
std::string_view to_text(ArchivePlace place);
/// The place whose text that is; program_data for any other text.
ArchivePlace archive_place_of(std::string_view text);

/// Where nobody keeps archives.
bool is_odd_place(ArchivePlace place);

struct StagingFolder {
  EvidencePath folder;
  ArchivePlace place{};
  std::size_t depth = 1;  ///< 1: its files alone
  const UserProfile* user = nullptr;
};

/// Of all installations, users and volumes; special ones before those around them. Folders need not
/// be there.
std::vector<StagingFolder> staging_folders(ModuleContext& context);

/// Folders that are not gone into: quarantines, stores of installers, what Windows packs itself.
bool is_left_out(const EvidencePath& folder);

}  // namespace hozen
