#include "collector/module/installed_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/remote_tools.h"

namespace hozen {
namespace {

/// The program of a command line: `"C:\a b\c.exe" -x`, `C:\a b\c.exe -x`.
std::string_view program_of(std::string_view image) {
  image = trim(image);
  if (image.starts_with('"')) return image.substr(1, image.find('"', 1) - 1);
  const std::string folded = fold_case(image);
  if (folded.size() == image.size())
    for (const std::string_view end : {".EXE", ".SYS", ".DLL", ".COM", ".BAT"})
      for (std::size_t dot = folded.find(end); dot != std::string::npos;
           dot = folded.find(end, dot + 1))
        if (dot + 4 == folded.size() || folded[dot + 4] == ' ') return image.substr(0, dot + 4);
  return image.substr(0, image.find(' '));
}

/// Without "." and "..", and with one backslash between two parts, as Windows reads it.
std::string plain_path(std::string_view path) {
  const auto is_slash = [](char c) { return c == '\\' || c == '/'; };
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find_first_of("\\/", at), path.size());
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part == "..") {
      if (parts.size() > 1) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string plain = !path.empty() && is_slash(path.front()) ? "\\" : "";
  for (const std::string_view part : parts) {
    if (!plain.empty() && plain.back() != '\\') plain += '\\';
    plain += part;
  }
  return plain;
}

std::string_view name_of(std::string_view path) {
  return path.substr(std::min(path.find_last_of("\\/") + 1, path.size()));
}

}  // namespace

std::string file_key(std::string_view image) {
  std::string path = fold_case(program_of(image));
  if (path.starts_with("\\??\\")) path.erase(0, 4);
  if (path.starts_with("\\\\")) {
    path.erase(0, std::min(path.find('\\', 2), path.size() - 1) + 1);  // the host
    if (path.size() > 2 && path[1] == '$' && path[2] == '\\') path[1] = ':';
  }
  path = plain_path(path);
  constexpr std::string_view kWindows[] = {"%SYSTEMROOT%\\", "%WINDIR%\\",    "\\SYSTEMROOT\\",
                                           "ADMIN$\\",       "C:\\WINDOWS\\", "C:\\WINNT\\"};
  for (const std::string_view folder : kWindows)
    if (path.starts_with(folder)) path = "<W>\\" + path.substr(folder.size());
  if (path.starts_with("SYSTEM32\\")) path = "<W>\\" + path;
  const std::string_view name = name_of(path);
  if (!name.empty() && name.find('.') == std::string_view::npos) path += ".EXE";
  return path;
}

std::string file_key_of_path(std::string_view path) {
  return file_key("\"" + std::string{path} + "\"");
}

std::vector<std::string> file_keys(std::string_view image) {
  constexpr std::size_t kMaxKeys = 8;
  std::vector<std::string> keys{file_key(image)};
  for (const std::string& word : command_words(image)) {
    const std::string_view path = std::string_view{word}.substr(0, word.find(','));
    if (keys.size() >= kMaxKeys) break;
    if (path.find('\\') == std::string_view::npos) continue;
    std::string key = file_key_of_path(path);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

bool is_write_mask(std::string_view mask) {
  constexpr std::uint32_t kWrite = 0x2u | 0x4u | 0x40000000u | 0x10000000u;
  if (!mask.starts_with("0x")) return true;
  std::uint32_t rights = 0;
  const auto [end, error] = std::from_chars(mask.data() + 2, mask.data() + mask.size(), rights, 16);
  return error != std::errc{} || (rights & kWrite) != 0;
}

bool is_on_share(std::string_view image) {
  image = trim(image);
  if (image.starts_with('"')) image.remove_prefix(1);
  return image.starts_with("\\\\") && image.find("$\\") != std::string_view::npos &&
         !image.starts_with("\\\\.\\") && !image.starts_with("\\\\?\\");
}

}  // namespace hozen
