#include <windows.h>

#include "collector/base/native_path.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::wstring_view kPrefix = LR"(\\?\)";
constexpr std::wstring_view kUncPrefix = LR"(\\?\UNC\)";

std::wstring wide(std::string_view wtf8) {
  const std::u16string units = utf16_from_wtf8(wtf8);
  return {units.begin(), units.end()};
}

std::string narrow(std::wstring_view text) {
  return wtf8_from_utf16(std::u16string{text.begin(), text.end()});
}

/// Absolute, with `\` only, without `.` and `..`; as it was when the system cannot say.
std::wstring full_path(const std::wstring& path) {
  const DWORD needed = GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
  if (needed == 0) return path;
  std::wstring full(needed, L'\0');
  const DWORD length = GetFullPathNameW(path.c_str(), needed, full.data(), nullptr);
  if (length == 0 || length >= needed) return path;
  full.resize(length);
  return full;
}

bool is_device_path(std::wstring_view path) {
  return path.starts_with(kPrefix) || path.starts_with(LR"(\\.\)");
}

}  // namespace

NativePath native_path(std::string_view text) {
  const std::wstring given = wide(text);
  if (given.empty() || is_device_path(given)) return NativePath{given};
  const std::wstring full = full_path(given);
  if (is_device_path(full)) return NativePath{full};  // "NUL" and the like
  if (full.starts_with(LR"(\\)")) return NativePath{std::wstring{kUncPrefix} + full.substr(2)};
  return NativePath{std::wstring{kPrefix} + full};
}

NativePath native_child(const NativePath& parent, std::string_view name) {
  std::wstring text = parent.native();
  if (!text.empty() && text.back() != L'\\') text += L'\\';
  text += wide(name);
  return NativePath{text};
}

std::string native_text(const NativePath& path) {
  const std::wstring& text = path.native();
  if (text.starts_with(kUncPrefix)) return narrow(LR"(\\)" + text.substr(kUncPrefix.size()));
  if (text.starts_with(kPrefix) && text.size() > 5 && text[5] == L':')
    return narrow(std::wstring_view{text}.substr(kPrefix.size()));
  return narrow(text);
}

}  // namespace hozen
