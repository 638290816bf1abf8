// The Windows that runs us as evidence.
#pragma once

#include <cstdint>
#include <memory>

#include "collector/source/source.h"

namespace hozen {

/// When files are read from the volume itself instead of through Windows' file system.
enum class RawReading : std::uint8_t {
  fallback,  ///< when Windows refuses: another program holds the file
  always,    ///< whenever the volume is NTFS and its record is known
  never,
};

/// Volumes, files, registry and facts of this host. `started`: the start of the run, which
/// live_time() answers. Errc::unsupported on any other system. Enable the privileges first: whether
/// protected keys can be read is looked at here.
///
/// What it does to the host: nothing is written. Files are opened for backup with full sharing and
/// without following links. Volumes are opened for reading where a file
/// is to be read from them. Where the system keeps times of last access up to date, each file is
/// opened so that ours is not counted (see win32::Tree); where it does not, or refuses, nothing is
/// asked for. A file whose content would be downloaded is not opened.
Result<std::unique_ptr<EvidenceSource>> make_live_source(FileTime started,
                                                         RawReading raw = RawReading::fallback);

}  // namespace hozen
