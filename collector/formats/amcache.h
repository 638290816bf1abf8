// Amcache.hve: programs, drivers and applications that Windows made an inventory of, with SHA-1.
//
// Source: B. Parisi and ANSSI, "Analysis of the AmCache" (2019); libyal/dtformats, "AMCache".
// Layout of Windows 8, 8.1 and early 10: Root\File and Root\Programs, values named by numbers;
// since Windows 10 1607: Root\Inventory…, values with names. A hive may hold both. The SHA-1 is
// that of the first 31,457,280 bytes of a file (ANSSI, 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/formats/regf.h"

namespace hozen {

/// Bytes of a file that go into the SHA-1.
constexpr std::uint64_t kAmcacheHashedBytes = 31'457'280;
/// Entries of one hive after which the rest is left out.
constexpr std::size_t kMaxAmcacheEntries = 500'000;

/// A key below Root\<category>, its values by name.
struct AmcacheEntry {
  std::string category{};  ///< "File", "Programs", "InventoryApplicationFile", …
  std::string key{};       ///< path from below the hive's root
  FileTime key_written{};
  std::uint64_t offset = 0;  ///< of the key's cell, bytes from the start of the hive
  /// In stored order, as text: numbers in decimal, lists separated by `|`, other data in hex.
  std::vector<std::pair<std::string, std::string>> values{};

  /// "" when there is none of that name (any case).
  std::string_view text(std::string_view name) const;
  std::optional<std::uint64_t> number(std::string_view name) const;
};

/// A program file, of either layout.
struct AmcacheFile {
  bool is_old_layout = false;
  std::string path{}, name{}, sha1{}, program_id{}, publisher{}, product{}, version{},
      description{}, original_name{}, binary_type{};
  std::string volume{};  ///< old layout: GUID of the volume
  std::optional<std::uint64_t> size{}, usn{}, pe_checksum{}, language{};
  std::optional<bool> is_os_component{};
  FileTime linked{};               ///< as its header says
  FileTime modified{}, created{};  ///< old layout: of the file
};

/// What an entry of File or InventoryApplicationFile says.
AmcacheFile amcache_file(const AmcacheEntry& entry);

/// "0000" and 40 digits: the digits in lower case; "" for another form.
std::string amcache_sha1(std::string_view file_id);
/// "MM/DD/YYYY HH:MM:SS", taken as UTC; unset for another form.
FileTime amcache_time(std::string_view text);

/// Calls `visit` for each entry below Root until it returns false. Errc::not_found when the hive
/// has no key Root; Errc::limit after kMaxAmcacheEntries.
Result<void> each_amcache_entry(const regf::Hive& hive,
                                FunctionRef<bool(const AmcacheEntry&)> visit);

}  // namespace hozen
