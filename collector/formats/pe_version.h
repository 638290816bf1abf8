// Version information of portable executables: who says to have made the file, and what it was
// called then.
//
// Source: Microsoft "VS_VERSIONINFO structure" and what it contains. Real files differ from it:
// lengths of texts are in bytes or in characters, with or without the NUL, so a text is read to its
// NUL or the end of its structure. Compared with pefile (tests/real/pe_test.cpp,
// tests/oracle/pe_posix_test.cpp).
// Not read: version information of 16-bit programs, whose texts are not UTF-16.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/pe_resource.h"

namespace hozen::pe {

/// Texts of one file; compilers write a dozen for each language.
constexpr std::size_t kMaxVersionStrings = 2048;

/// VS_FIXEDFILEINFO.
struct FixedVersion {
  std::array<std::uint16_t, 4> file{}, product{};
  std::uint32_t flags = 0;  ///< those that the mask beside them allows
  std::uint32_t os = 0, type = 0, subtype = 0;
  std::uint64_t date = 0;  ///< FILETIME; nearly always 0

  static constexpr std::uint32_t kDebug = 1, kPrerelease = 2, kPatched = 4, kPrivateBuild = 8,
                                 kInfoInferred = 16, kSpecialBuild = 32;
};
/// "10.0.19041.546".
std::string version_text(const std::array<std::uint16_t, 4>& version);

struct VersionString {
  std::string name{}, value{};
};

/// The texts of one language.
struct VersionTable {
  std::string language{};  ///< language and code page as stored: "040904b0"
  std::vector<VersionString> strings{};
};

struct VersionInfo {
  std::optional<FixedVersion> fixed{};
  std::vector<VersionTable> tables{};
  /// Language (low word) and code page (high word) of each translation that the file says to have.
  std::vector<std::uint32_t> translations{};
  std::vector<Error> problems{};

  /// The text of the first table that has it, names compared as Windows does; "" for none.
  std::string_view find(std::string_view name) const;
};

/// Reads one resource; offsets of errors are relative to `bytes.base()`. Errc::malformed when it is
/// no version information at all; everything else is a problem.
Result<VersionInfo> parse_version_info(Bytes bytes);

/// The version information of a file, that of all languages together: the first that has them
/// decides about the numbers. Nothing where there is none (or none that can be read: `problems`).
std::optional<VersionInfo> read_version_info(Image& image, std::vector<Error>& problems);

}  // namespace hozen::pe
