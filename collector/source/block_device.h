// Disks of the operator's machine as byte sources.
#pragma once

#include <memory>
#include <string_view>

#include "collector/base/byte_source.h"

namespace hozen {

/// True when `path` (links followed) is a block device; never on Windows, where `\\.\` paths are
/// opened elsewhere.
bool is_block_device(std::string_view path);

/// The whole device, only for reading; its size is where its end is. Errc::io with the system's
/// words.
Result<std::unique_ptr<ByteSource>> open_block_device(std::string_view path);

}  // namespace hozen
