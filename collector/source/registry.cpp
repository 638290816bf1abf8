#include "collector/source/registry.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::array<std::string_view, 12> kTypeNames{"REG_NONE",
                                                      "REG_SZ",
                                                      "REG_EXPAND_SZ",
                                                      "REG_BINARY",
                                                      "REG_DWORD",
                                                      "REG_DWORD_BIG_ENDIAN",
                                                      "REG_LINK",
                                                      "REG_MULTI_SZ",
                                                      "REG_RESOURCE_LIST",
                                                      "REG_FULL_RESOURCE_DESCRIPTOR",
                                                      "REG_RESOURCE_REQUIREMENTS_LIST",
                                                      "REG_QWORD"};

bool is_text(std::uint32_t type) {
  return type == static_cast<std::uint32_t>(RegType::sz) ||
         type == static_cast<std::uint32_t>(RegType::expand_sz) ||
         type == static_cast<std::uint32_t>(RegType::link);
}

/// Bytes of `data` before its first UTF-16 NUL, all whole units when there is none.
std::size_t bytes_before_nul(std::span<const std::byte> data) {
  const std::size_t whole = data.size() & ~std::size_t{1};
  for (std::size_t i = 0; i < whole; i += 2)
    if (data[i] == std::byte{0} && data[i + 1] == std::byte{0}) return i;
  return whole;
}

}  // namespace

std::string reg_type_text(std::uint32_t type) {
  if (type < kTypeNames.size()) return std::string{kTypeNames[type]};
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "REG_0x%X", static_cast<unsigned>(type));
  return buffer;
}

std::optional<std::string> RegistryValue::text() const {
  if (!is_text(type)) return std::nullopt;
  return wtf8_from_utf16le(Bytes{data}, true);
}

std::optional<std::string> RegistryValue::hidden_tail() const {
  if (!is_text(type)) return std::nullopt;
  const std::span<const std::byte> rest = std::span{data}.subspan(bytes_before_nul(data));
  const bool only_nuls =
      std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; });
  // A lone odd byte is an ill-stated length, seen in honest values too, and no text.
  if (only_nuls || rest.size() < 2) return std::nullopt;
  return wtf8_from_utf16le(Bytes{rest.subspan(2)});
}

std::vector<std::string> RegistryValue::strings() const {
  std::vector<std::string> strings;
  if (type != static_cast<std::uint32_t>(RegType::multi_sz)) return strings;
  std::span<const std::byte> rest{data};
  while (rest.size() >= 2) {
    const std::size_t length = bytes_before_nul(rest);
    strings.push_back(wtf8_from_utf16le(Bytes{rest.first(length)}));
    rest = rest.subspan(std::min(rest.size(), length + 2));
  }
  // The list ends with an empty string: its terminator, not a member. More NULs are padding.
  while (!strings.empty() && strings.back().empty()) strings.pop_back();
  return strings;
}

std::optional<std::uint64_t> RegistryValue::number() const {
  const Bytes bytes{data};
  switch (static_cast<RegType>(type)) {
    case RegType::dword:
      if (const auto value = bytes.get<std::uint32_t>(0)) return *value;
      return std::nullopt;
    case RegType::dword_big_endian: {
      if (data.size() < 4) return std::nullopt;
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<unsigned>(data[i]);
      return value;
    }
    case RegType::qword:
      return bytes.get<std::uint64_t>(0);
    default:
      return std::nullopt;
  }
}

std::string_view to_text(HiveRole role) {
  switch (role) {
    case HiveRole::system:
      return "SYSTEM";
    case HiveRole::software:
      return "SOFTWARE";
    case HiveRole::sam:
      return "SAM";
    case HiveRole::security:
      return "SECURITY";
    case HiveRole::default_user:
      return "DEFAULT";
    case HiveRole::components:
      return "COMPONENTS";
    case HiveRole::user:
      return "NTUSER.DAT";
    case HiveRole::user_classes:
      return "UsrClass.dat";
  }
  return "";
}

std::string_view to_text(ProfileKind kind) {
  switch (kind) {
    case ProfileKind::normal:
      return "normal";
    case ProfileKind::service:
      return "service";
    case ProfileKind::default_user:
      return "default_user";
    case ProfileKind::orphaned:
      return "orphaned";
    case ProfileKind::temporary:
      return "temporary";
  }
  return "";
}

std::string_view to_text(HiveState state) {
  switch (state) {
    case HiveState::clean:
      return "clean";
    case HiveState::replayed:
      return "replayed";
    case HiveState::dirty:
      return "dirty";
    case HiveState::corrupt:
      return "corrupt";
    case HiveState::live:
      return "live";
  }
  return "";
}

}  // namespace hozen
