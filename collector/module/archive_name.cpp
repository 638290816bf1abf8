#include "collector/module/archive_name.h"

#include <algorithm>
#include <charconv>

#include "collector/base/text.h"

namespace hozen {
namespace {

struct Form {
  std::string_view extension, form;
  bool is_everyday = false;
};
constexpr Form kForms[] = {{".rar", "rar"},       {".7z", "7z"},          {".ace", "ace"},
                           {".arj", "arj"},       {".lzh", "lzh"},        {".lha", "lzh"},
                           {".zip", "zip", true}, {".zipx", "zip", true}, {".cab", "cab", true},
                           {".tar", "tar", true}, {".gz", "gz", true},    {".tgz", "gz", true},
                           {".bz2", "bz2", true}, {".xz", "xz", true},    {".zst", "zst", true}};

const Form* form_of(std::string_view name) {
  constexpr std::size_t kLongest = 5;
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kLongest) return nullptr;
  const std::string extension = to_lower_ascii(name.substr(dot));
  const auto found = std::find_if(std::begin(kForms), std::end(kForms),
                                  [&](const Form& form) { return form.extension == extension; });
  return found == std::end(kForms) ? nullptr : found;
}

std::optional<std::uint32_t> number_of(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || failed != std::errc{} || end != digits.data() + digits.size()) return {};
  return number;
}

/// Takes ".part02" off the end of a name.
std::optional<std::uint32_t> take_part(std::string_view& stem) {
  constexpr std::string_view kPart = ".part";
  constexpr std::size_t kMostDigits = 5;
  const std::size_t digits = stem.find_last_not_of("0123456789");
  if (digits == std::string_view::npos || stem.size() - digits - 1 > kMostDigits) return {};
  const std::string_view front = stem.substr(0, digits + 1);
  const auto number = number_of(stem.substr(digits + 1));
  if (!number || !ends_with_fold(front, kPart) || front.size() == kPart.size()) return {};
  stem = front.substr(0, front.size() - kPart.size());
  return number;
}

/// "out.r00" is the second volume of "out.rar", "out.s00" the 102nd; "out.z01" the first part of
/// "out.zip", which is the last one itself.
std::optional<ArchiveName> old_volume(std::string_view name) {
  constexpr std::size_t kExtension = 4;
  constexpr std::uint32_t kInLetter = 100;
  if (name.size() <= kExtension || name[name.size() - kExtension] != '.') return {};
  const char first = name[name.size() - 3];
  const char letter = static_cast<char>(first | 0x20);
  const auto number = number_of(name.substr(name.size() - 2));
  if (!number || letter < 'r' || letter > 'z') return {};
  const std::string stem{name.substr(0, name.size() - kExtension)};
  if (letter == 'z') return ArchiveName{"zip", stem, number};
  const auto letters = static_cast<std::uint32_t>(letter - 'r');
  return ArchiveName{"rar", stem, letters * kInLetter + *number + 2};
}

/// "out.7z.001", "out.001".
std::optional<ArchiveName> numbered(std::string_view name) {
  constexpr std::size_t kExtension = 4;
  if (name.size() <= kExtension || name[name.size() - kExtension] != '.') return {};
  const auto number = number_of(name.substr(name.size() - kExtension + 1));
  if (!number || *number == 0) return {};
  name.remove_suffix(kExtension);
  const Form* form = form_of(name);
  if (form != nullptr) name.remove_suffix(form->extension.size());
  // "data.001" alone is anything.
  const bool is_split = form == nullptr;
  return ArchiveName{is_split ? "split" : form->form, std::string{name}, number, is_split};
}

}  // namespace

std::string_view name_of_path(std::string_view path) {
  const std::size_t slash = path.find_last_of("\\/");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder_of_path(std::string_view path) {
  const std::size_t slash = path.find_last_of("\\/");
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::optional<ArchiveName> archive_name(std::string_view path) {
  const std::string_view name = name_of_path(path);
  if (auto volume = old_volume(name)) return volume;
  if (auto volume = numbered(name)) return volume;
  const Form* form = form_of(name);
  if (form == nullptr) return std::nullopt;
  std::string_view stem = name.substr(0, name.size() - form->extension.size());
  ArchiveName result{form->form, {}, {}, form->is_everyday};
  if (form->form == "rar") result.volume = take_part(stem);
  if (ends_with_fold(stem, ".tar")) stem.remove_suffix(4);
  result.stem = std::string{stem};
  return result;
}

std::string_view below_volume(std::string_view path) {
  for (const std::string_view prefix : {"\\\\?\\", "\\??\\"})
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  if (path.starts_with("\\\\")) return path;
  if (path.size() >= 2 && path[1] == ':') return path.substr(2);
  for (const std::string_view device : {"\\DEVICE\\", "\\VOLUME{", "VOLUME{"}) {
    if (!starts_with_fold(path, device)) continue;
    const std::size_t end = path.find('\\', device.size());
    return end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return path;
}

std::string_view drive_of_path(std::string_view path) {
  for (const std::string_view prefix : {"\\\\?\\", "\\??\\"})
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  return path.size() >= 2 && path[1] == ':' ? path.substr(0, 2) : std::string_view{};
}

std::string archive_set_key(std::string_view path) {
  const std::string_view drive = drive_of_path(path);
  path = below_volume(path);
  const auto name = archive_name(path);
  return fold_case(drive) + fold_case(folder_of_path(path)) + "\\" +
         fold_case(name ? name->stem + "*" + std::string{name->form}
                        : std::string{name_of_path(path)});
}

}  // namespace hozen
