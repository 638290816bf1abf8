// The application compatibility cache (ShimCache) of the SYSTEM hive: programs that Windows looked
// at, newest first.
//
// Source: Mandiant, "Leveraging the Application Compatibility Cache in Forensic Investigations"
// (2012) for Windows XP to 7; libyal/winreg-kb, "Application Compatibility Cache" for Windows 8 to
// 10. Windows 11 writes the form of Windows 10 1703.
// Not read: the shims' own data, but for its last number in Windows 10 and later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen {

enum class ShimCacheForm : std::uint8_t {
  windows_xp,
  windows_2003,  ///< and XP x64: with the size of the file
  windows_vista,
  windows_7,
  windows_8,
  windows_8_1,
  windows_10,
  windows_10_1703,  ///< and later, Windows 11
};
std::string_view to_text(ShimCacheForm form);

struct ShimCacheEntry {
  std::string path{};        ///< as stored: \??\C:\…, SYSVOL\…, C:\…
  std::string package{};     ///< of an app of the store, as its fields stand there
  FileTime file_modified{};  ///< $STANDARD_INFORMATION of the file: no time of a run
  FileTime updated{};        ///< Windows XP: when the entry was
  std::optional<std::uint64_t> file_size{};     ///< bytes, Windows XP and 2003
  std::optional<std::uint32_t> insert_flags{};  ///< Windows Vista to 8.1
  std::optional<std::uint32_t> shim_flags{};
  /// Windows 10 and later: the last number of the entry's data. 1 is said to mean that the program
  /// ran; Microsoft documents nothing.
  std::optional<std::uint32_t> last_number{};
  std::uint32_t position = 0;  ///< 0 is the one used last
  std::uint64_t offset = 0;    ///< bytes from the start of the value's data

  /// Flag 2 of Windows Vista to 8.1; nothing where the form does not tell.
  std::optional<bool> executed() const;
};

struct ShimCache {
  ShimCacheForm form = ShimCacheForm::windows_xp;
  bool is_64_bit = false;                       ///< Windows 2003 to 7: as the entries are laid out
  std::optional<std::uint32_t> stated_count{};  ///< entries, where the header says
  std::vector<ShimCacheEntry> entries{};
  std::vector<Error> problems{};  ///< what could not be read; the rest was
};

/// Reads the data of the value AppCompatCache. Errc::truncated without a header, Errc::unsupported
/// for another signature.
Result<ShimCache> parse_shimcache(Bytes data);

}  // namespace hozen
