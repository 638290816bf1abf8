#include "collector/source/device_paths.h"

#include "collector/base/text.h"

namespace hozen {
namespace {

using Text = std::string_view;

/// Takes `prefix` off, where `text` begins with it as whole components.
bool take(Text& text, Text prefix) {
  if (!starts_with_fold(text, prefix)) return false;
  if (text.size() > prefix.size() && text[prefix.size()] != '\\' && !prefix.ends_with('\\'))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool has_letter(Text text) {
  return text.size() >= 2 && text[1] == ':' &&
         ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
}

/// Of "\;LanmanRedirector\;Z:000000000003e7\host\share\a" the part from "\host" on.
Text without_redirectors(Text text) {
  while (text.starts_with("\\;")) {
    const std::size_t next = text.find('\\', 1);
    text.remove_prefix(next == Text::npos ? text.size() : next);
  }
  return text;
}

}  // namespace

void DevicePaths::add(std::string device, std::string letter) {
  while (device.ends_with('\\')) device.pop_back();
  if (starts_with_fold(device, "\\Device\\")) devices_.emplace_back(std::move(device), letter);
}

std::string DevicePaths::windows_path(Text native) const {
  Text rest = native;
  if (rest.starts_with("\\??\\") || rest.starts_with("\\\\?\\")) {
    rest.remove_prefix(4);
    if (has_letter(rest)) return std::string{rest};
    if (take(rest, "UNC")) return "\\" + std::string{rest};
    return std::string{native};
  }
  for (const auto& [device, letter] : devices_)
    if (take(rest, device)) return letter + std::string{rest};
  // Redirectors of networks, the first of which stands for all since Windows Vista.
  for (const Text redirector :
       {"\\Device\\Mup", "\\Device\\LanmanRedirector", "\\Device\\WebDavRedirector"})
    if (take(rest, redirector)) return "\\" + std::string{without_redirectors(rest)};
  return std::string{native};
}

}  // namespace hozen
