#include "collector/engine/entry_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/engine/bundle.h"

namespace hozen {
namespace {

constexpr std::size_t kSuffixBytes = 2 + 16;  ///< "%~" and hex digits
constexpr std::string_view kVolumes = "volumes", kRaw = ".raw";
constexpr std::size_t kOffsetDigits = 16;

std::string suffix_of(std::string_view exact_path) {
  const Sha256Digest digest = sha256(std::as_bytes(std::span{exact_path}));
  return "%~" + to_hex(std::span{digest}.first(8));
}

bool is_refused(unsigned char c) {
  constexpr std::string_view kRefused = "<>:\"/\\|?*%";
  return c < 0x20 || c == 0x7F || kRefused.find(static_cast<char>(c)) != std::string_view::npos;
}

/// Bytes of the UTF-8 character at `at`; 0 when there is none: a lone surrogate or a stray byte.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view character = text.substr(at, length);
  return character.size() == length && is_utf8(character) ? length : 0;
}

/// U+0080 to U+009F.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' &&
         static_cast<unsigned char>(character[1]) < 0xA0;
}

void append_escaped_byte(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[value >> 4];
  out += kDigits[value & 15];
}

/// True for a name that Windows takes for a device, whatever follows its first dot.
bool is_device_name(std::string_view component) {
  std::string_view base = component.substr(0, component.find('.'));
  while (base.ends_with(' ')) base.remove_suffix(1);
  for (const std::string_view device : {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"})
    if (equals_fold(base, device)) return true;
  for (const std::string_view port : {"COM", "LPT"}) {
    if (!starts_with_fold(base, port)) continue;
    const std::string_view digit = base.substr(port.size());
    if (digit.size() == 1 && digit[0] >= '0' && digit[0] <= '9') return true;
    if (digit == "\u00B9" || digit == "\u00B2" || digit == "\u00B3") return true;
  }
  return false;
}

/// Escapes one component. `limit`: stops before a character that would make it longer.
std::string escape(std::string_view component, bool dots_too, std::size_t limit) {
  const std::size_t last_kept = component.find_last_not_of(". ");
  const std::size_t trailing = last_kept == std::string_view::npos ? 0 : last_kept + 1;
  std::string out;
  for (std::size_t at = 0; at < component.size();) {
    const std::size_t length = utf8_length(component, at);
    const std::string_view character = component.substr(at, length == 0 ? 1 : length);
    std::string piece;
    const bool plain = length != 0 && !is_c1_control(character) &&
                       !(length == 1 && is_refused(static_cast<unsigned char>(character[0]))) &&
                       at < trailing && !(dots_too && character == ".");
    if (plain) {
      piece = character;
    } else {
      for (const char c : character) append_escaped_byte(piece, c);
    }
    if (out.size() + piece.size() > limit) break;
    out += piece;
    at += character.size();
  }
  return out;
}

std::string component_with_suffix(std::string_view component, std::string_view exact_path) {
  return escape(component, is_device_name(component), kEntryComponentBytes - kSuffixBytes) +
         suffix_of(exact_path);
}

/// What is hashed for the suffix: the path and, where its name is taken as well, a number behind
/// it.
std::string numbered(const std::string& exact_path, std::uint64_t turn) {
  return turn == 1 ? exact_path : exact_path + '\0' + std::to_string(turn);
}

std::string component_name(std::string_view component, std::string_view exact_path) {
  std::string name = escape(component, false, std::string::npos);
  if (name.size() > kEntryComponentBytes || is_device_name(component))
    return component_with_suffix(component, exact_path);
  return name;
}

/// A path as it is cut into the components of an entry name, each with the exact path up to it.
struct Part {
  std::string component, exact;
};

std::vector<Part> parts_of(const EvidencePath& path) {
  std::string_view volume = path.volume();
  if (volume.ends_with(':')) volume.remove_suffix(1);
  std::vector<Part> parts{{std::string{volume}, path.volume()}};
  for (const std::string& component : path.components())
    parts.push_back({component, parts.back().exact + '\\' + component});
  if (path.stream().empty()) return parts;
  if (path.components().empty()) parts.push_back({"", path.volume() + '\\'});
  parts.back().component += ':' + path.stream();
  parts.back().exact += ':' + path.stream();
  return parts;
}

/// Joins the names of the components; too long a path keeps the folders that fit, and the suffix.
std::string join(std::string_view root, const std::vector<std::string>& names,
                 std::string_view exact_path) {
  std::size_t total = root.size();
  for (const std::string& name : names) total += 1 + name.size();
  std::string joined{root};
  for (const std::string& name : names) {
    if (total > kEntryNameBytes &&
        joined.size() + 1 + name.size() + 1 + kSuffixBytes > kEntryNameBytes)
      break;
    joined += '/' + name;
  }
  if (total > kEntryNameBytes) joined += '/' + suffix_of(exact_path);
  return joined;
}

/// Hashes of a name after case folding: of each folder it lies in, outermost first, and its own.
struct NameHashes {
  std::vector<std::uint64_t> folders;
  std::uint64_t name = 0;
};

NameHashes hashes_of(std::string_view name) {
  const std::string folded = fold_case(name);
  NameHashes hashes;
  std::uint64_t hash = hash_text({});
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t slash = folded.find('/', at);
    const std::string_view piece = std::string_view{folded}.substr(at, slash - at);
    hash = hash_text(piece, at == 0 ? hash : hash_text("/", hash));
    if (slash == std::string::npos) break;
    hashes.folders.push_back(hash);
    at = slash + 1;
  }
  hashes.name = hash;
  return hashes;
}

/// The reverse of escape(); nothing for what it does not write.
std::optional<std::string> unescape(std::string_view component) {
  std::string out;
  for (std::size_t at = 0; at < component.size(); ++at) {
    if (component[at] != '%') {
      out += component[at];
      continue;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (component.size() - at < 3) return std::nullopt;
    const std::size_t high = kDigits.find(component[at + 1]), low = kDigits.find(component[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return out;
}

/// The component that has this name below the path `above`: where the name ends in a suffix, that
/// one's hash proves it.
std::optional<std::string> component_of(std::string_view name, const std::string& above) {
  constexpr std::uint64_t kMostTurns = 16;  // more files of one name than any folder has
  const std::size_t mark = name.rfind("%~");
  if (mark == std::string_view::npos || name.size() - mark != kSuffixBytes) return unescape(name);
  const auto component = unescape(name.substr(0, mark));
  if (!component) return std::nullopt;
  for (std::uint64_t turn = 1; turn <= kMostTurns; ++turn)
    if (suffix_of(numbered(above + *component, turn)) == name.substr(mark)) return component;
  return std::nullopt;
}

}  // namespace

std::optional<EvidencePath> path_of_entry_name(std::string_view name, std::string_view root) {
  if (content_root_of(name) != root) return std::nullopt;
  name.remove_prefix(root.size() + 1);
  const std::size_t first = std::min(name.find('/'), name.size());
  auto volume = unescape(name.substr(0, first));
  if (!volume || first == name.size()) return std::nullopt;
  if (volume->size() == 1) *volume += ':';
  EvidencePath path{*volume};
  std::string above = path.volume() + '\\';
  for (std::size_t at = first + 1; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const auto component = component_of(name.substr(at, end - at), above);
    if (!component) return std::nullopt;
    std::size_t colon = end == name.size() ? component->find(':') : std::string::npos;
    // A stream without a file's name is one of the volume's root folder.
    const bool is_stream = colon + 1 != component->size() && (colon != 0 || path.is_root());
    if (!is_stream) colon = std::string::npos;
    if (colon != 0) path = path.child(component->substr(0, colon));
    if (colon != std::string::npos) path = path.with_stream(component->substr(colon + 1));
    above += *component + '\\';
    at = end + 1;
  }
  return path;
}

std::string volume_part_name(std::string_view volume, std::uint64_t offset) {
  std::array<char, kOffsetDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016" PRIx64, offset);
  std::string_view name = volume;
  if (name.ends_with(':')) name.remove_suffix(1);
  return std::string{kVolumes} + '/' + component_name(name, volume) + '/' + digits.data() +
         std::string{kRaw};
}

std::optional<VolumePartName> parse_volume_part_name(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t begin = kVolumes.size() + 1;
  if (!name.starts_with(kVolumes) || !name.ends_with(kRaw) || slash == std::string_view::npos ||
      slash <= begin || name.size() - slash - 1 != kOffsetDigits + kRaw.size())
    return std::nullopt;
  const std::string_view digits = name.substr(slash + 1, kOffsetDigits);
  VolumePartName part;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), part.offset, 16);
  const auto volume = unescape(name.substr(begin, slash - begin));
  if (failure != std::errc{} || end != digits.data() + digits.size() || !volume)
    return std::nullopt;
  part.volume = volume->size() == 1 ? *volume + ':' : *volume;
  // One way to write it.
  if (volume_part_name(part.volume, part.offset) != name) return std::nullopt;
  return part;
}

std::string exact_path_text(const EvidencePath& path) { return parts_of(path).back().exact; }

std::string entry_name_for(const EntryPath& place) {
  const std::vector<Part> parts = parts_of(place.path);
  std::vector<std::string> names;
  for (const Part& part : parts) names.push_back(component_name(part.component, part.exact));
  return join(place.root, names, parts.back().exact);
}

bool is_windows_file_name(std::string_view name) {
  if (name.empty() || name.ends_with('.') || name.ends_with(' ') || is_device_name(name))
    return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return c != '%' && is_refused(static_cast<unsigned char>(c)); });
}

bool is_portable_entry_name(std::string_view name) {
  if (name.empty() || name.size() > kEntryNameBytes) return false;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view component = name.substr(at, end - at);
    at = end + 1;
    if (component.size() > kEntryComponentBytes || !is_windows_file_name(component)) return false;
    for (std::size_t i = 0; i < component.size();) {
      const std::size_t length = utf8_length(component, i);
      if (length == 0 || is_c1_control(component.substr(i, length))) return false;
      i += length;
    }
  }
  return true;
}

bool EntryNames::take(std::string_view name) {
  const NameHashes hashes = hashes_of(name);
  if (files_.contains(hashes.name) || folders_.contains(hashes.name)) return false;
  for (const std::uint64_t folder : hashes.folders)
    if (files_.contains(folder)) return false;
  files_.insert(hashes.name);
  for (const std::uint64_t folder : hashes.folders) folders_.insert(folder);
  return true;
}

bool EntryNames::claim_exact(std::string_view name) { return take(name); }

std::string EntryNames::claim(const EntryPath& place) {
  const std::vector<Part> parts = parts_of(place.path);
  std::vector<std::string> names;
  for (const Part& part : parts) names.push_back(component_name(part.component, part.exact));
  std::string name = join(place.root, names, parts.back().exact);
  if (take(name)) return name;

  // A file of an earlier moment may stand where this path has a folder.
  std::string folder{place.root};
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    for (std::uint64_t turn = 1; files_.contains(hashes_of(folder + '/' + names[i]).name); ++turn)
      names[i] = component_with_suffix(parts[i].component, numbered(parts[i].exact, turn));
    folder += '/' + names[i];
  }
  name = join(place.root, names, parts.back().exact);
  for (std::uint64_t turn = 1; !take(name); ++turn) {
    const std::string exact = numbered(parts.back().exact, turn);
    names.back() = component_with_suffix(parts.back().component, exact);
    name = join(place.root, names, exact);
  }
  return name;
}

}  // namespace hozen
