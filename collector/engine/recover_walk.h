// Walks through what an interrupted run left, entry by entry.
#pragma once

#include "collector/base/byte_source.h"
#include "collector/engine/recover.h"
#include "collector/formats/zip.h"

namespace hozen {

/// What an entry says of itself in its headers.
ZipItem item_of(const Remainder::Entry& entry);

/// The entries up to the first that is damaged, be it one that only a later row shows; all of a
/// Remainder but `sha256` and `behind`.
Result<Remainder> walk_remainder(ByteSource& partial);

}  // namespace hozen
