#include "collector/formats/minidump.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint32_t kSignature = 0x504D'444D;  // "MDMP"
constexpr std::size_t kHeaderBytes = 32, kEntryBytes = 12, kModuleBytes = 108;
constexpr std::uint32_t kModuleList = 4;  ///< ModuleListStream
/// Streams after which the rest is left out: known kinds are fewer than 30.
constexpr std::uint32_t kMaxStreams = 1'024;
/// Names of the same place may be meant by each module.
constexpr std::uint32_t kMaxNameBytes = 2'048;

template <std::size_t N>
Result<std::array<std::byte, N>> read_at(ByteSource& file, std::uint64_t offset) {
  std::array<std::byte, N> bytes{};
  HOZEN_CHECK(file.read(offset, bytes));
  return bytes;
}

FileTime from_unix(std::uint32_t seconds) {
  constexpr std::uint64_t kUnixEpoch = 11'644'473'600;  ///< seconds from 1601 to 1970
  return seconds == 0 ? FileTime{} : FileTime{(kUnixEpoch + seconds) * kTicksPerSecond};
}

Result<std::string> read_name(ByteSource& file, std::uint32_t offset) {
  HOZEN_TRY(auto head, read_at<4>(file, offset));
  const std::uint32_t length = Fixed<4>{head}.u32<0>();
  if (length > kMaxNameBytes) return Error{Errc::malformed, "minidump module name", offset};
  std::vector<std::byte> text(length);
  HOZEN_CHECK(file.read(std::uint64_t{offset} + 4, text));
  return wtf8_from_utf16le(Bytes{text});
}

void read_modules(ByteSource& file, std::uint32_t offset, Minidump& dump) {
  const auto head = read_at<4>(file, offset);
  if (!head) return dump.problems.push_back(head.error());
  const std::uint32_t count = Fixed<4>{*head}.u32<0>();
  for (std::uint32_t i = 0; i < std::min(count, kMaxDumpModules); ++i) {
    const std::uint64_t at = std::uint64_t{offset} + 4 + std::uint64_t{i} * kModuleBytes;
    const auto module = read_at<kModuleBytes>(file, at);
    if (!module) return dump.problems.push_back(module.error());
    auto name = read_name(file, Fixed<kModuleBytes>{*module}.u32<20>());
    if (!name) return dump.problems.push_back(name.error());
    dump.modules.push_back(*std::move(name));
  }
  if (count > kMaxDumpModules) dump.problems.push_back({Errc::limit, "minidump modules", offset});
}

}  // namespace

bool looks_like_minidump(Bytes head) { return head.get<std::uint32_t>(0) == kSignature; }

Result<Minidump> read_minidump(ByteSource& file) {
  HOZEN_TRY(auto bytes, read_at<kHeaderBytes>(file, 0));
  const Fixed<kHeaderBytes> header{bytes};
  if (header.u32<0>() != kSignature) return Error{Errc::malformed, "minidump signature", 0};
  Minidump dump;
  dump.written = from_unix(header.u32<20>());
  const std::uint32_t streams = header.u32<8>(), directory = header.u32<12>();
  for (std::uint32_t i = 0; i < std::min(streams, kMaxStreams); ++i) {
    HOZEN_TRY(auto entry, read_at<kEntryBytes>(
                              file, std::uint64_t{directory} + std::uint64_t{i} * kEntryBytes));
    const Fixed<kEntryBytes> stream{entry};
    if (stream.u32<0>() != kModuleList) continue;
    read_modules(file, stream.u32<8>(), dump);
    break;
  }
  if (streams > kMaxStreams) dump.problems.push_back({Errc::limit, "minidump streams", directory});
  return dump;
}

}  // namespace hozen
