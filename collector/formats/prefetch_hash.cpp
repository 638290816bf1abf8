// How the name of a prefetch file is made from the path of its program.
#include <algorithm>
#include <array>
#include <string>

#include "collector/base/text.h"
#include "collector/formats/prefetch_impl.h"

namespace hozen {
namespace {

constexpr std::uint32_t kFactor = 37;
constexpr std::uint32_t kStart = 314159;
/// Volumes of one machine that are tried where a path does not say which it is.
constexpr unsigned kMaxDevices = 64;

/// Programs that Windows runs for others (HostingAppList and names that Windows 8 and 10 add).
constexpr std::string_view kHosting[] = {"SVCHOST.EXE",    "DLLHOST.EXE",           "RUNDLL32.EXE",
                                         "MMC.EXE",        "TASKHOST.EXE",          "TASKHOSTW.EXE",
                                         "TASKHOSTEX.EXE", "BACKGROUNDTASKHOST.EXE"};

/// The bytes of the path in UTF-16LE are what is hashed.
std::string bytes_of_units(std::u16string_view path) {
  std::string bytes;
  bytes.reserve(path.size() * 2);
  for (const char16_t unit : path) {
    bytes += static_cast<char>(unit & 0xFF);
    bytes += static_cast<char>(unit >> 8);
  }
  return bytes;
}

std::uint32_t add(std::uint32_t hash, char byte) {
  return hash * kFactor + static_cast<unsigned char>(byte);
}

/// Names are cut to 29 characters: a longer one begins with what is kept.
bool is_named(std::string_view path, std::string_view executable) {
  const std::string_view name = path.substr(path.rfind('\\') + 1);
  return utf16_length(executable) >= kMaxExecutableUnits ? starts_with_fold(name, executable)
                                                         : equals_fold(name, executable);
}

/// /prefetch:1 to /prefetch:16.
constexpr std::uint32_t kMaxSwitch = 16;

/// What was added to the hash of `path` to give that of the file; nothing when it is another path.
std::optional<std::uint32_t> switch_of(const Prefetch& file, std::u16string_view path) {
  const bool is_xp = file.version < kVersionVista;
  for (const std::uint32_t hash : {is_xp ? prefetch_hash_xp(path) : prefetch_hash_2008(path),
                                   is_xp ? prefetch_hash_xp(path) : prefetch_hash_vista(path)}) {
    const std::uint32_t added = file.hash - hash;
    if (added == 0 || (added <= kMaxSwitch && !is_xp)) return added;
  }
  return std::nullopt;
}

/// A path that gives the hash, and on which device.
struct Match {
  std::uint32_t added = 0;
  std::string device{};  ///< "": as the path says
};

std::optional<Match> match_of(const Prefetch& file, const std::string& path) {
  if (const auto added = switch_of(file, utf16_from_wtf8(path))) return Match{*added, {}};
  constexpr std::string_view kVolume = "\\VOLUME{";
  if (!path.starts_with(kVolume)) return std::nullopt;
  const std::size_t end = path.find('\\', kVolume.size());
  if (end == std::string::npos) return std::nullopt;
  const std::u16string rest = utf16_from_wtf8(std::string_view{path}.substr(end));
  for (unsigned number = 1; number <= kMaxDevices; ++number) {
    std::string device = "\\DEVICE\\HARDDISKVOLUME" + std::to_string(number);
    const auto added = switch_of(file, utf16_from_wtf8(device) + rest);
    if (added) return Match{*added, std::move(device)};
  }
  return std::nullopt;
}

/// False when the path does not give the hash: another one may.
bool take_path(Prefetch& file, const std::string& path) {
  const auto match = match_of(file, path);
  if (match || file.executable_path.empty()) file.executable_path = path;
  if (!match) return false;
  file.hash_check = PrefetchHash::matches;
  file.prefetch_switch = match->added;
  file.hash_device = match->device;
  return true;
}

}  // namespace

std::uint32_t prefetch_hash_xp(std::u16string_view path) {
  constexpr std::uint32_t kSpread = 314159269, kPrime = 1000000007;
  std::uint32_t hash = 0;
  for (const char byte : bytes_of_units(path)) hash = add(hash, byte);
  hash *= kSpread;
  if (hash > 0x8000'0000) hash = 0 - hash;
  return hash % kPrime;
}

std::uint32_t prefetch_hash_vista(std::u16string_view path) {
  std::uint32_t hash = kStart;
  for (const char byte : bytes_of_units(path)) hash = add(hash, byte);
  return hash;
}

std::uint32_t prefetch_hash_2008(std::u16string_view path) {
  constexpr std::size_t kStep = 8;
  constexpr std::uint32_t kFirst = 442596621, kBefore = 803794207;
  const std::string bytes = bytes_of_units(path);
  std::uint32_t hash = kStart;
  std::size_t at = 0;
  for (; at + kStep < bytes.size(); at += kStep) {
    std::uint32_t value = 0;
    for (std::size_t i = 1; i <= 6; ++i) value = add(value, bytes[at + i]);
    value = value * kFactor + static_cast<unsigned char>(bytes[at]) * kFirst +
            static_cast<unsigned char>(bytes[at + 7]);
    hash = value - hash * kBefore;
  }
  for (; at < bytes.size(); ++at) hash = add(hash, bytes[at]);
  return hash;
}

void check_prefetch_hash(Prefetch& file) {
  const bool has_path = file.hash_text.starts_with('\\');
  bool found = has_path && take_path(file, file.hash_text);
  unsigned tried = 0;
  for (const PrefetchedFile& one : file.files) {
    if (found || tried == kMaxNamesakes) break;
    const std::string path = wtf8_from_utf16le(one.path);
    if (!is_named(path, file.executable)) continue;
    ++tried;
    found = take_path(file, path);
  }
  if (found || file.executable_path.empty()) return;
  const bool is_hosting =
      std::any_of(std::begin(kHosting), std::end(kHosting),
                  [&](std::string_view name) { return equals_fold(name, file.executable); });
  file.hash_check = is_hosting                             ? PrefetchHash::hosting
                    : !has_path && !file.hash_text.empty() ? PrefetchHash::package
                                                           : PrefetchHash::differs;
}

}  // namespace hozen
