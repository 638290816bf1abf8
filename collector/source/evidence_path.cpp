#include "collector/source/evidence_path.h"

#include <algorithm>
#include <cctype>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kNumberedVolume = "volume";

bool is_separator(char c) { return c == '\\' || c == '/'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_drive(std::string_view text) {
  return text.size() == 2 && is_letter(text[0]) && text[1] == ':';
}

/// "volume" and at least one digit: a volume without a letter.
bool is_numbered_volume(std::string_view text) {
  if (text.size() <= kNumberedVolume.size()) return false;
  if (to_lower_ascii(text.substr(0, kNumberedVolume.size())) != kNumberedVolume) return false;
  return std::all_of(text.begin() + kNumberedVolume.size(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

/// Drops `\\?\`, `\\.\`, `\??\` or `\DosDevices\` in front of a drive letter. With any of them,
/// what follows is no relative path, so anything but a drive is left for the caller to refuse.
std::string_view without_nt_prefix(std::string_view path) {
  constexpr std::string_view kDosDevices = "\\DosDevices\\";
  if (path.size() >= 4 && is_separator(path[0]) && is_separator(path[3])) {
    const bool win32 = is_separator(path[1]) && (path[2] == '?' || path[2] == '.');
    const bool object_manager = path[1] == '?' && path[2] == '?';
    if (win32 || object_manager) return path.substr(4);
  }
  if (starts_with_fold(path, kDosDevices)) return path.substr(kDosDevices.size());
  return path;
}

/// Takes `suffix` off the end of `text`, in any case.
bool drop_suffix(std::string_view& text, std::string_view suffix) {
  if (!ends_with_fold(text, suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// A folder may be spelled with its index attribute: the same folder, and a known way around
/// filters.
std::string_view without_index_type(std::string_view part) {
  while (drop_suffix(part, ":$I30:$INDEX_ALLOCATION") || drop_suffix(part, "::$INDEX_ALLOCATION")) {
  }
  return part;
}

enum class Streams : std::uint8_t { interpret, part_of_name };

/// Appends what lies between separators, resolving "." and "..".
void append_components(std::vector<std::string>& components, std::string_view text,
                       Streams streams) {
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_separator);
    std::string_view part = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (streams == Streams::interpret) part = without_index_type(part);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!components.empty()) components.pop_back();
    } else {
      components.emplace_back(part);
    }
  }
}

}  // namespace

EvidencePath::EvidencePath(std::string volume) : volume_{std::move(volume)} {
  if (is_drive(volume_))
    volume_[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(volume_[0])));
}

Result<EvidencePath> EvidencePath::parse(std::string_view windows_path) {
  const auto refuse = [&](std::string_view why) {
    return Error{Errc::malformed, "path", std::nullopt, std::string{why}};
  };
  if (windows_path.empty()) return refuse("empty");
  const std::string_view path = without_nt_prefix(windows_path);
  const bool prefixed = path.size() != windows_path.size();
  if (!path.empty() && is_separator(path[0]))
    return refuse("UNC, device or rooted without a volume");

  const auto first = std::find_if(path.begin(), path.end(), is_separator);
  const std::string_view volume = path.substr(0, static_cast<std::size_t>(first - path.begin()));
  const std::string_view rest = path.substr(volume.size());
  if (!is_drive(volume)) {
    if (prefixed || !is_numbered_volume(volume)) return refuse("no volume");
  }
  if (prefixed && rest.empty()) return refuse("a device, not a folder");

  EvidencePath result{std::string{volume}};
  append_components(result.components_, rest, Streams::interpret);
  for (std::size_t i = 0; i < result.components_.size(); ++i) {
    std::string& component = result.components_[i];
    const std::size_t colon = component.find(':');
    if (colon == std::string::npos) continue;
    if (i + 1 != result.components_.size()) return refuse("a stream inside the path");
    std::string_view stream = std::string_view{component}.substr(colon + 1);
    while (drop_suffix(stream, ":$DATA")) {
    }
    result.stream_ = stream;
    component.resize(colon);
    if (component == "." || component == "..") return refuse("a stream of a relative folder");
  }
  // `C:\:stream` is a stream of the root folder itself.
  if (!result.components_.empty() && result.components_.back().empty())
    result.components_.pop_back();
  return result;
}

EvidencePath EvidencePath::operator/(std::string_view component) const {
  EvidencePath result = *this;
  result.stream_.clear();
  append_components(result.components_, component, Streams::part_of_name);
  return result;
}

EvidencePath EvidencePath::child(std::string_view exact_name) const {
  EvidencePath result = *this;
  result.append(exact_name);
  return result;
}

void EvidencePath::append(std::string_view exact_name) {
  stream_.clear();
  components_.emplace_back(exact_name);
}

EvidencePath EvidencePath::with_stream(std::string_view stream) const {
  EvidencePath result = *this;
  result.stream_ = stream;
  return result;
}

EvidencePath EvidencePath::parent() const {
  EvidencePath result = *this;
  result.stream_.clear();
  if (!result.components_.empty()) result.components_.pop_back();
  return result;
}

std::string_view EvidencePath::name() const {
  return components_.empty() ? std::string_view{} : std::string_view{components_.back()};
}

std::string EvidencePath::text() const {
  std::string text = volume_;
  if (components_.empty() && !volume_.empty()) text += '\\';
  for (const std::string& component : components_) {
    text += '\\';
    text += component;
  }
  if (!stream_.empty()) {
    text += ':';
    text += stream_;
  }
  return text;
}

std::string EvidencePath::folded() const { return fold_case(text()); }

bool EvidencePath::is_below(const EvidencePath& ancestor) const {
  if (components_.size() < ancestor.components_.size()) return false;
  if (!equals_fold(volume_, ancestor.volume_)) return false;
  return std::equal(ancestor.components_.begin(), ancestor.components_.end(), components_.begin(),
                    [](const std::string& a, const std::string& b) { return equals_fold(a, b); });
}

}  // namespace hozen
