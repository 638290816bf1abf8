// What an open handle of a Windows file or folder tells about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/native_win32.h"
#include "collector/formats/reparse_point.h"
#include "collector/source/source.h"

namespace hozen {

/// True for what stands for another file or folder. A folder whose tag is not known counts too: a
/// loop is worse than a folder left out.
bool stands_for_another(std::uint32_t attributes, std::uint32_t tag);

struct AttributesAndTag {
  std::uint32_t attributes = 0;
  std::uint32_t tag = 0;  ///< 0 when it is no reparse point
};
Result<AttributesAndTag> attributes_of(void* handle);

/// Times, size, attributes, link count and file reference; the handle needs the right to read
/// attributes.
Result<FileInfo> describe_file(void* handle, EvidencePath path);
/// What costs more calls: owner, names of alternate streams, first cluster. What the handle or the
/// file system does not tell stays empty. `cluster_size`: bytes, of the volume; 0 when not known.
void describe_further(void* handle, std::uint32_t cluster_size, FileInfo& info);

/// Components of the file's path below its volume's root, as stored; nothing when the system does
/// not tell.
std::optional<std::vector<std::string>> stored_components(void* handle);

/// What a junction or symbolic link holds; nothing for other reparse points.
std::optional<ReparsePoint> link_of(void* handle);

/// Reads by position; owns the handle.
Result<std::unique_ptr<ByteSource>> make_file_source(OwnedHandle handle);

}  // namespace hozen
