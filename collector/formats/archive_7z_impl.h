// Numbers and streams of a 7z header.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/archive.h"

namespace hozen::archive::seven_zip {

// 7zFormat.txt, "Property IDs".
enum Id : std::uint64_t {
  kEnd = 0x00,
  kHeader = 0x01,
  kArchiveProperties = 0x02,
  kAdditionalStreams = 0x03,
  kMainStreams = 0x04,
  kFilesInfo = 0x05,
  kPackInfo = 0x06,
  kUnpackInfo = 0x07,
  kSubStreams = 0x08,
  kSize = 0x09,
  kCrc = 0x0A,
  kFolder = 0x0B,
  kUnpackSize = 0x0C,
  kNumUnpackStream = 0x0D,
  kEmptyStream = 0x0E,
  kEmptyFile = 0x0F,
  kNames = 0x11,
  kCreated = 0x12,
  kAccessed = 0x13,
  kModified = 0x14,
  kAttributes = 0x15,
  kEncodedHeader = 0x17,
};

inline Error malformed(std::string_view what) { return Error{Errc::malformed, std::string{what}}; }

/// Reads the numbers of 7z: the high bits of the first byte tell how many bytes follow.
class Fields {
 public:
  explicit Fields(Bytes header) : cursor_{header} {}

  std::uint64_t remaining() const { return cursor_.remaining(); }
  std::uint64_t position() const { return cursor_.position(); }
  Result<Bytes> take(std::uint64_t bytes, std::string_view what) {
    return cursor_.take(bytes, what);
  }
  Result<std::uint8_t> byte() { return cursor_.u8("7z header"); }
  Result<std::uint64_t> number() {
    HOZEN_TRY(const unsigned first, byte());
    unsigned mask = 0x80;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i, mask >>= 1) {
      if ((first & mask) == 0) return value | std::uint64_t{first & (mask - 1)} << (8 * i);
      HOZEN_TRY(const std::uint64_t next, byte());
      value |= next << (8 * i);
    }
    return value;
  }
  /// A count of things of which each takes a byte of the header at least, or a bit.
  Result<std::size_t> count(std::string_view what, std::uint64_t per_byte = 1) {
    HOZEN_TRY(const std::uint64_t value, number());
    if (value > std::min(kMaxEntries, remaining() * per_byte)) return malformed(what);
    return static_cast<std::size_t>(value);
  }
  Result<std::vector<bool>> bits(std::size_t count) {
    HOZEN_TRY(const Bytes bytes, take((count + 7) / 8, "7z bits"));
    std::vector<bool> out(count);
    for (std::size_t i = 0; i < count; ++i)
      out[i] = (*bytes.get<std::uint8_t>(i / 8) & (0x80u >> (i % 8))) != 0;
    return out;
  }
  /// A byte says whether all are defined.
  Result<std::vector<bool>> defined(std::size_t count) {
    HOZEN_TRY(const std::uint8_t all, byte());
    if (all != 0) return std::vector<bool>(count, true);
    return bits(count);
  }
  Result<std::vector<std::optional<std::uint32_t>>> checksums(std::size_t count) {
    HOZEN_TRY(const auto is_defined, defined(count));
    std::vector<std::optional<std::uint32_t>> out(count);
    for (std::size_t i = 0; i < count; ++i)
      if (is_defined[i]) {
        HOZEN_TRY(out[i], cursor_.u32("7z checksum"));
      }
    return out;
  }

 private:
  Cursor cursor_;
};

/// What is packed together.
struct PackedFolder {
  std::vector<std::uint64_t> sizes{};  ///< of each output
  std::optional<std::uint32_t> crc{};
  std::size_t outputs = 0, main_output = 0, streams = 1;
  bool is_encrypted = false;
  std::string method{};
  std::uint64_t size() const { return main_output < sizes.size() ? sizes[main_output] : 0; }
};

/// A file's content.
struct Content {
  std::uint64_t size = 0;
  std::optional<std::uint32_t> crc{};
  std::size_t folder = 0;
};

struct Streams {
  std::vector<PackedFolder> folders{};
  std::vector<Content> contents{};
};

/// "Streams Info": folders, and how their content is parted.
Result<Streams> read_streams(Fields& fields);

}  // namespace hozen::archive::seven_zip
