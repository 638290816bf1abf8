// Memory dumps of one process (.dmp): which modules were loaded in it.
//
// Source: Microsoft, minidumpapiset.h: MINIDUMP_HEADER, MINIDUMP_DIRECTORY, MINIDUMP_MODULE_LIST,
// MINIDUMP_STRING.
// Not read: memory, threads and all other streams.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen {

/// Modules after which the rest is left out: a browser has some hundreds.
constexpr std::uint32_t kMaxDumpModules = 4'096;

struct Minidump {
  FileTime written{};                  ///< by the dump itself, in whole seconds
  std::vector<std::string> modules{};  ///< paths, in their order: the program comes first
  std::vector<Error> problems{};
};

bool looks_like_minidump(Bytes head);
/// Errc::malformed when it does not begin as one, Errc::truncated without a header or directory,
/// Errc::io.
Result<Minidump> read_minidump(ByteSource& file);

}  // namespace hozen
