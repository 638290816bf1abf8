// Opens a file of the operator's machine (a bundle, a hive to parse), never one of the evidence.
#pragma once

#include <memory>
#include <string_view>

#include "collector/base/byte_source.h"

namespace hozen {

/// `path` as the operator wrote it. Links are followed: they are the operator's. Errc::not_found,
/// or Errc::io with the system's words: also for a folder, a pipe or a device.
Result<std::unique_ptr<ByteSource>> open_native_file(std::string_view path);

}  // namespace hozen
