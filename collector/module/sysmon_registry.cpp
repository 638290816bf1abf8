#include "collector/module/sysmon_registry.h"

#include <charconv>

#include "collector/base/text.h"

namespace hozen {

/// The last name is the value's; "(Default)" stands for the one without a name.
std::optional<SysmonKey> sysmon_key(std::string_view object) {
  const std::size_t last = object.rfind('\\');
  if (last == std::string_view::npos) return std::nullopt;
  SysmonKey path;
  path.value = std::string{object.substr(last + 1)};
  if (path.value == "(Default)") path.value.clear();
  const std::string_view key = object.substr(0, last);
  if (starts_with_fold(key, "HKCR\\")) {
    path.key = "HKLM\\SOFTWARE\\Classes" + std::string{key.substr(4)};
  } else if (starts_with_fold(key, "HKU\\")) {
    const std::size_t end = key.find('\\', 4);
    if (end == std::string_view::npos) return std::nullopt;
    const bool classes = ends_with_fold(key.substr(0, end), "_CLASSES");
    path.role = classes ? HiveRole::user_classes : HiveRole::user;
    path.key = std::string{classes ? kSysmonClassesMount : kSysmonUserMount} +
               std::string{key.substr(end)};
  } else {
    if (starts_with_fold(key, "HKLM\\SYSTEM\\")) path.role = HiveRole::system;
    if (starts_with_fold(key, "HKLM\\SAM\\")) path.role = HiveRole::sam;
    path.key = std::string{key};
  }
  return path;
}

/// "DWORD (0x00000001)" and text; nothing where Sysmon does not show the data.
std::optional<RegistryValue> sysmon_value(const std::string& name, std::string_view details) {
  constexpr std::string_view kNumber = "DWORD (0x";
  if (details == "Binary Data" || details.starts_with("QWORD")) return std::nullopt;
  RegistryValue value;
  value.name = name;
  if (details.starts_with(kNumber)) {
    std::uint32_t number = 0;
    const std::string_view digits = details.substr(kNumber.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    value.type = 4;
    for (int shift = 0; shift < 32; shift += 8)
      value.data.push_back(
          static_cast<std::byte>((number >> static_cast<unsigned>(shift)) & 0xFFu));
    return value;
  }
  value.type = 1;
  for (const char16_t unit : utf16_from_wtf8(details == "(Empty)" ? "" : details)) {
    value.data.push_back(static_cast<std::byte>(unit & 0xFFu));
    value.data.push_back(static_cast<std::byte>(unit >> 8u));
  }
  return value;
}

/// Sysmon doubles the percent signs of what it tells.
std::string single_percents(std::string_view text) {
  std::string single{text};
  for (std::size_t i = single.find("%%"); i != std::string::npos; i = single.find("%%", i + 1))
    single.erase(i, 1);
  return single;
}

}  // namespace hozen
