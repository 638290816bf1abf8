// What the writers of archives share.
#pragma once

#include <span>
#include <string_view>

#include "collector/base/crc32.h"
#include "collector/formats/zip_form.h"
#include "tests/builders/archive_builder.h"

namespace hozen::builders {

inline void put(ArchiveBytes& out, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

inline void put(ArchiveBytes& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

inline void put(ArchiveBytes& out, const ArchiveBytes& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void put_zeros(ArchiveBytes& out, std::uint64_t count) {
  out.resize(out.size() + static_cast<std::size_t>(count));
}

inline std::uint32_t crc_of(std::span<const std::byte> bytes) { return crc32_of(bytes); }

inline std::uint32_t crc_of_zeros(std::uint64_t count) {
  return crc32_of(ArchiveBytes(static_cast<std::size_t>(count)));
}

inline std::uint32_t dos_time(FileTime time) {
  const DosTime dos = to_dos_time(time);
  return std::uint32_t{dos.date} << 16 | dos.time;
}

inline std::int64_t unix_seconds(FileTime time) {
  return static_cast<std::int64_t>(time.ticks / kTicksPerSecond) - kUnixEpochSeconds;
}

}  // namespace hozen::builders
