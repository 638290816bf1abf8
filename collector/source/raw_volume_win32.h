// A volume of the running Windows, read below its file system. Only *_win32.cpp files include this.
#pragma once

#include <memory>
#include <string>

#include "collector/base/byte_source.h"
#include "collector/base/result.h"

namespace hozen {

/// Opens the device of a volume (`\\.\C:`, `\\?\Volume{…}`) for reading, with full sharing. Reads
/// are aligned to 4096 bytes, which every disk takes, and of at most
/// 1 MiB each, so that one may return less than asked for. Errc::io without administrator rights.
/// What comes through it is decrypted where BitLocker encrypts the volume. Safe for several
/// threads.
Result<std::unique_ptr<ByteSource>> open_raw_volume(const std::wstring& device);

}  // namespace hozen
