// EvidenceSource::open_deleted for one NTFS volume.
#pragma once

#include "collector/source/deleted_file.h"
#include "collector/source/ntfs_volume_files.h"

namespace hozen {

/// Whether a system uses the volume meanwhile: then $Bitmap is newer than what was read of other
/// files before, and is believed.
enum class VolumeUse : std::uint8_t { none, running };

/// What is left of `file`, as EvidenceSource::open_deleted() says. $Bitmap is read anew each time.
/// Content is read as that of any file: sparse, compressed, compacted (WOF). It must not outlive
/// the volume.
Result<DeletedContent> open_deleted(NtfsVolumeFiles& files, const DeletedFile& file, VolumeUse use);

}  // namespace hozen
