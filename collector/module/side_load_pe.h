// What headers and directories of an executable say for the score of a pair: read in two steps, so
// that of most files only the first blocks are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/formats/pe.h"

namespace hozen::side_load {

/// Step one, of every executable of a folder.
struct PeHead {
  bool is_dll = false, is_64 = false;
  bool has_certificates = false;
  bool is_il = false;  ///< .NET
  std::uint16_t machine = 0;
  std::uint32_t timestamp = 0;  ///< 0 where it is none: unset, or a hash
  std::uint64_t overlay_bytes = 0;
  std::vector<std::string> imported{};  ///< libraries, lower case, delayed ones included
  bool imports(std::string_view lower_name) const;
};
/// Errc::malformed and the like for what is no executable.
Result<PeHead> read_pe_head(ByteSource& file);

/// What it was linked with, as its headers say.
struct Tools {
  std::uint8_t major = 0, minor = 0;
  std::optional<std::uint16_t> build{};  ///< of Microsoft's linker, from the Rich header
  bool operator==(const Tools&) const = default;
  std::string text() const;  ///< "14.29, build 30153"
};

/// Step two, of those of a pair that is worth it.
struct PeBody {
  Tools tools{};
  bool has_version = false;
  std::string original_name{}, company{}, product{}, description{}, version{};
  std::size_t exports = 0, forwarded = 0;
  std::string forwarded_to{};  ///< the library that most of them go to
  std::size_t addresses = 0;   ///< of its own functions: different ones
};
Result<PeBody> read_pe_body(ByteSource& file, bool with_exports);

/// Bits for a byte of the first `cap_bytes` of a file from `begin` on.
Result<double> entropy_of(ByteSource& file, std::size_t cap_bytes, std::uint64_t begin = 0);

}  // namespace hozen::side_load
