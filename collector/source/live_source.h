// The Windows that runs us as evidence.
#pragma once

#include <memory>

#include "collector/source/source.h"

namespace hozen {

/// Volumes, files, registry and facts of this host. `started`: the start of the run, which
/// live_time() answers. Errc::unsupported on any other system. Enable the privileges first: whether
/// protected keys can be read is looked at here.
///
/// What it does to the host: nothing is written. Files are opened for backup with full sharing and
/// without following links. Where the system keeps times of last access up to date, each file is
/// opened so that ours is not counted (see win32::Tree); where it does not, or refuses, nothing is
/// asked for. A file whose content would be downloaded is not opened.
Result<std::unique_ptr<EvidenceSource>> make_live_source(FileTime started);

}  // namespace hozen
