#include "collector/source/own_paths.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

bool is_separator(char c) { return c == '\\' || c == '/'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What may stand in front of a path: "HKLM:\x" and "%a%b:\" are none.
bool may_precede(char c) { return !is_letter(c) && !(c >= '0' && c <= '9') && c != '_'; }

/// True when the `X:` at `at` is a volume: a path follows, or nothing that belongs to it.
bool is_volume_at(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || !is_letter(text[at]) || text[at + 1] != ':') return false;
  if (at > 0 && !may_precede(text[at - 1])) return false;
  const char next = at + 2 < text.size() ? text[at + 2] : '\0';
  if (is_separator(next)) return true;
  // `/c:word` is a switch; `C:word` is relative to the drive's own folder, and a path only where
  // one is expected.
  if (at > 0 && (text[at - 1] == '/' || text[at - 1] == '-')) return false;
  const bool at_begin =
      text.substr(0, at).find_first_not_of("\"'\\?. \t") == std::string_view::npos;
  return at_begin || std::string_view{"\0\"'; \t", 6}.find(next) != std::string_view::npos;
}

/// The name that begins at `at`.
std::string_view name_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kEnds = "\\/\"';,|<>*?\r\n\t";
  return text.substr(at, std::min(text.find_first_of(kEnds, at), text.size()) - at);
}

/// The same when what follows a blank does not belong to it.
std::string_view first_part(std::string_view name) {
  return name.substr(0, name.find_first_of(" &()"));
}

std::size_t skip_separators(std::string_view text, std::size_t at) {
  while (at < text.size() && is_separator(text[at])) ++at;
  return at;
}

}  // namespace

OwnPaths::OwnPaths(const EvidencePath& own, const EvidencePath& windows,
                   const std::vector<EvidencePath>& moved)
    : drive_{own.volume()}, volume_{windows.volume()} {
  const std::size_t depth = windows.components().size();
  if (depth > 1) around_ = windows.parent();
  const auto add = [&](std::string_view first, std::string_view second, const EvidencePath& here) {
    std::string key = fold_case(first);
    if (!second.empty()) (key += '\\') += fold_case(second);
    moved_.emplace(std::move(key), here.text());
  };
  if (own.components().size() == 1 && (depth != 1 || !equals_fold(own.name(), windows.name())))
    add(own.name(), {}, windows);
  if (around_.empty()) return;
  for (const EvidencePath& here : moved) {
    const auto& names = here.components();
    if (!here.is_below(around_) || names.size() < depth || names.size() > depth + 1) continue;
    add(names[depth - 1], names.size() > depth ? names[depth] : std::string{}, here);
  }
}

std::string OwnPaths::letters(std::string_view text) const {
  if (!has_other_letters()) return std::string{text};
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (!is_volume_at(text, at)) continue;
    const std::string_view drive = text.substr(at, 2);
    const bool own = equals_fold(drive, drive_);
    if (!own && !equals_fold(drive, volume_)) continue;
    result += text.substr(done, at - done);
    result += own ? std::string_view{volume_} : kVolumeElsewhere;
    done = at + 2;
  }
  result += text.substr(done);
  return result;
}

const std::string* OwnPaths::moved_to(std::string_view first, std::string_view second) const {
  std::string key = fold_case(first);
  if (!second.empty()) (key += '\\') += fold_case(second);
  const auto found = moved_.find(key);
  return found != moved_.end() ? &found->second : nullptr;
}

std::string OwnPaths::folders(std::string_view text) const {
  if (moved_.empty()) return std::string{text};
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = 0; at + volume_.size() < text.size(); ++at) {
    const std::size_t behind = at + volume_.size();
    if (!is_separator(text[behind]) || !starts_with_fold(text.substr(at), volume_) ||
        (at > 0 && !may_precede(text[at - 1])))
      continue;
    const std::size_t first_at = skip_separators(text, behind);
    const std::string_view first = name_at(text, first_at);
    const std::size_t second_at = skip_separators(text, first_at + first.size());
    const std::string_view second =
        second_at > first_at + first.size() ? name_at(text, second_at) : std::string_view{};
    for (const auto& [one, two] :
         {std::pair{first, std::string_view{}}, std::pair{first, second},
          std::pair{first, first_part(second)}, std::pair{first_part(first), std::string_view{}}}) {
      const std::string* here = one.empty() ? nullptr : moved_to(one, two);
      if (here == nullptr) continue;
      result += text.substr(done, at - done);
      result += *here;
      done = two.empty() ? first_at + one.size() : second_at + two.size();
      at = done - 1;
      break;
    }
  }
  result += text.substr(done);
  return result;
}

std::string OwnPaths::expand(std::string_view text, const Environment& environment,
                             std::vector<std::string>* unknown) const {
  return folders(environment.expand(letters(text), unknown));
}

EvidencePath OwnPaths::unmoved(const EvidencePath& file) const {
  if (around_.empty() || !file.is_below(around_)) return file;
  const auto& names = file.components();
  const std::size_t depth = around_.components().size();
  if (names.size() <= depth || moved_to(names[depth], {}) != nullptr ||
      (names.size() > depth + 1 && moved_to(names[depth], names[depth + 1]) != nullptr))
    return file;
  EvidencePath there{file.volume()};
  for (std::size_t i = depth; i < names.size(); ++i) there = there.child(names[i]);
  return there.with_stream(file.stream());
}

std::string OwnPaths::letters_in_words() const {
  return drive_ + " of this Windows is " + volume_ + " here";
}

}  // namespace hozen
