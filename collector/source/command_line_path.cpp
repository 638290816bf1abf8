// Paths of command lines: NT forms, WOW64, short names.
#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen {
namespace resolver {
namespace {

/// Folders below System32 that 32-bit programs see as they are ("File System Redirector" in the
/// Windows documentation).
constexpr std::string_view kNotRedirected[] = {"catroot",  "catroot2",    "drivers\\etc",
                                               "logfiles", "driverstore", "spool"};

/// Short names that every Windows gives its own folders, and the variable that holds the long one.
struct ShortFolder {
  std::string_view name, variable;
};
constexpr ShortFolder kShortFolders[] = {
    {"PROGRA~1", "ProgramFiles"}, {"PROGRA~2", "ProgramFiles(x86)"}, {"PROGRA~3", "ProgramData"}};

bool is_drive_path(std::string_view path) {
  return path.size() >= 2 && path[1] == ':' &&
         ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
}

/// `volume1\x`: how the evidence calls a volume without a letter.
bool is_numbered_volume_path(std::string_view path) {
  const std::size_t end = path.find('\\');
  if (end == std::string_view::npos || path.substr(0, end).ends_with(':')) return false;
  const auto volume = EvidencePath::parse(path.substr(0, end));
  return volume && volume->is_root();
}

/// Takes `prefix` off `path`, in any case.
bool drop_prefix(std::string_view& path, std::string_view prefix) {
  if (!starts_with_fold(path, prefix)) return false;
  path.remove_prefix(prefix.size());
  return true;
}

bool has_short_name(std::string_view path) {
  for (std::size_t at = path.find('~'); at != std::string_view::npos; at = path.find('~', at + 1))
    if (at + 1 < path.size() && path[at + 1] >= '1' && path[at + 1] <= '9') return true;
  return false;
}

/// `C:\x` of `\\localhost\C$\x`.
std::optional<std::string> local_path_of(std::string_view unc) {
  unc.remove_prefix(2);
  const std::string_view server = take_until(unc, "\\");
  const std::string_view share = take_until(unc, "\\");
  if (!is_this_host(server) || share.size() != 2 || share[1] != '$') return std::nullopt;
  std::string path{share[0]};
  path += ":\\";
  path += unc;
  return is_drive_path(path) ? std::optional{path} : std::nullopt;
}

bool is_webdav(std::string_view unc) {
  unc.remove_prefix(2);
  const std::string_view server = take_until(unc, "\\");
  return server.find('@') != std::string_view::npos || starts_with_fold(unc, "DavWWWRoot");
}

}  // namespace
}  // namespace resolver

bool is_this_host(std::string_view server) {
  const bool loopback = server.starts_with("127.") &&
                        server.find_first_not_of("0123456789.") == std::string_view::npos;
  return loopback || server == "." || server == "[::1]" || server == "::1" ||
         equals_fold(server, "localhost") || equals_fold(server, "0--1.ipv6-literal.net");
}

namespace resolver {

Existence Resolution::existence_of(const EvidencePath& path) const {
  return context_.file_exists ? context_.file_exists(path) : Existence::unknown;
}

std::string Resolution::variable(std::string_view name) const {
  if (context_.environment == nullptr) return {};
  std::string reference{'%'};
  reference += name;
  reference += '%';
  std::string value = context_.environment->expand(reference);
  if (value == reference && equals_fold(name, "SystemRoot"))
    value = context_.environment->expand("%windir%");
  return value.starts_with('%') ? std::string{} : with_folders(value);
}

std::string Resolution::without_nt_prefix(std::string_view text, bool& literal) {
  constexpr std::string_view kPrefixes[] = {"\\??\\", "\\\\?\\", "\\\\.\\", "\\DosDevices\\",
                                            "\\GLOBAL??\\"};
  std::string path{text};
  for (int round = 0; round < 4; ++round) {  // "\\?\GLOBALROOT\Device\Mup\…" is the longest chain
    std::string_view rest = path;
    const auto prefix = std::find_if(std::begin(kPrefixes), std::end(kPrefixes),
                                     [&](std::string_view p) { return drop_prefix(rest, p); });
    std::string next;
    if (prefix != std::end(kPrefixes)) {
      // A volume's GUID is not a path of a drive; the prefix stays, for it says what it is.
      if (starts_with_fold(rest, "Volume{")) break;
      literal = literal || *prefix == "\\\\?\\";
      if (drop_prefix(rest, "UNC\\")) {
        next = "\\\\";
      } else if (drop_prefix(rest, "GLOBALROOT\\")) {
        next = "\\";
      }
      next += rest;
    } else if (drop_prefix(rest, "\\SystemRoot\\")) {
      const std::string& root = system_root();
      if (root.empty()) {
        step("\\SystemRoot is not known");
        break;
      }
      (next = root + '\\') += rest;
    } else if (drop_prefix(rest, "\\Device\\Mup\\") ||
               drop_prefix(rest, "\\Device\\LanmanRedirector\\")) {
      (next = "\\\\") += rest;
    } else {
      break;
    }
    step("NT form " + path.substr(0, path.size() - rest.size()) + " taken off");
    path = std::move(next);
  }
  return path;
}

/// A rooted, drive-relative, driver or local UNC path made absolute; nothing when it is none.
std::optional<NormalPath> Resolution::made_absolute(const std::string& path) {
  using Kind = NormalPath::Kind;
  if (path.starts_with("\\\\")) {
    flag(command_flag::kUncPath);
    if (is_webdav(path)) flag(command_flag::kWebDav);
    const auto local = local_path_of(path);
    if (!local) return NormalPath{Kind::unc, path};
    const std::string path_here = with_folders(with_letters(*local));
    step("administrative share of this host: " + path_here);
    return NormalPath{Kind::absolute, path_here};
  }
  if (is_numbered_volume_path(path)) return NormalPath{Kind::absolute, path};
  if (is_drive_path(path)) {
    if (path.size() > 2 && path[2] == '\\') return NormalPath{Kind::absolute, path};
    flag(command_flag::kRelativePath);
    step("relative to the current folder of the drive; its root is assumed");
    return NormalPath{Kind::absolute, path.substr(0, 2) + '\\' + path.substr(2)};
  }
  if (path.starts_with('\\')) {
    flag(command_flag::kRelativePath);
    const bool has_current =
        is_drive_path(current_directory) || is_numbered_volume_path(current_directory);
    const std::string& root = has_current ? current_directory : system_root();
    if (!is_drive_path(root) && !is_numbered_volume_path(root)) return std::nullopt;
    step(&root == &current_directory ? "no drive: that of the current folder"
                                     : "no drive; the system drive is assumed");
    return NormalPath{Kind::absolute, with_folders(root.substr(0, root.find('\\')) + path)};
  }
  if (context_.driver && outermost_ && path.find('\\') != std::string::npos) {
    const std::string& root = system_root();
    if (root.empty()) return std::nullopt;
    step("relative to SystemRoot, as services and drivers are");
    return NormalPath{Kind::absolute, root + '\\' + path};
  }
  return std::nullopt;
}

NormalPath Resolution::normalise(std::string_view text) {
  using Kind = NormalPath::Kind;
  text = trim(text);
  if (is_url(text)) {
    if (starts_with_fold(text, "file:")) {
      const bool is_share = starts_with_fold(text, "file://") && !text.starts_with("file:///");
      text.remove_prefix(std::min(text.find_first_not_of('/', 5), text.size()));
      const std::string path = with_backslashes(text);
      step("file URL");
      return normalise(is_share ? "\\\\" + path : path);
    }
    flag(command_flag::kUrl);
    return {Kind::url, std::string{text}};
  }
  bool literal = false;
  std::string path = with_backslashes(without_nt_prefix(with_backslashes(text), literal));
  if (!literal) {
    const std::size_t length = path.find_last_not_of(". ");
    const bool only_dots = length == std::string::npos || path[length] == '\\';
    if (!only_dots && length + 1 < path.size()) {
      flag(command_flag::kTrailingDotOrSpace);
      step("trailing dots and spaces do not count");
      path.resize(length + 1);
    }
  }
  if (starts_with_fold(path, "\\Device\\") || starts_with_fold(path, "\\\\?\\Volume{") ||
      starts_with_fold(path, "\\??\\Volume{")) {
    flag(command_flag::kDevicePath);
    step("a device or volume whose drive letter is not known here");
    return {Kind::device, path};
  }
  if (const auto absolute = made_absolute(path)) return *absolute;
  const bool bare = path.find('\\') == std::string::npos;
  return {bare ? Kind::bare : Kind::relative, path};
}

std::optional<EvidencePath> Resolution::below_system_root(const EvidencePath& path,
                                                          std::string_view folder,
                                                          std::string_view other) const {
  if (!system_root_path_) return std::nullopt;
  const std::size_t depth = system_root_path_->components().size();
  const auto& components = path.components();
  if (components.size() <= depth + 1 || !equals_fold(components[depth], folder) ||
      !path.is_below(*system_root_path_))
    return std::nullopt;
  EvidencePath moved = *system_root_path_ / other;
  std::string rest;
  for (std::size_t i = depth + 1; i < components.size(); ++i) {
    moved = moved.child(components[i]);
    (rest += components[i]) += '\\';
  }
  if (folder == "System32") {
    for (const std::string_view exempt : kNotRedirected) {
      if (starts_with_fold(rest, exempt) && rest.size() > exempt.size() &&
          rest[exempt.size()] == '\\')
        return std::nullopt;
    }
  }
  return moved.with_stream(path.stream());
}

FoundFile Resolution::probe(const std::string& text) {
  const auto path = EvidencePath::parse(text);
  if (!path) return {text, std::nullopt, Existence::unknown};
  return probe(context_.own_paths != nullptr ? context_.own_paths->unmoved(*path) : *path);
}

FoundFile Resolution::probe(const EvidencePath& path) {
  const auto found = [&](const EvidencePath& at) {
    return FoundFile{at.text(), at, existence_of(at)};
  };
  if (const auto real = below_system_root(path, "Sysnative", "System32")) {
    step("Sysnative is the 64-bit System32 as 32-bit programs name it");
    return found(*real);
  }
  if (!context_.wow64 && !in_wow64_program_) return found(path);
  const auto copy = below_system_root(path, "System32", "SysWOW64");
  if (copy && strict_wow64()) {
    step("System32 means SysWOW64 for a 32-bit program");
    return found(*copy);
  }
  const FoundFile literal = found(path);
  if (!copy) return literal;
  const FoundFile other = found(*copy);
  if (!other.exists()) return literal;
  if (literal.exists()) {
    step("both exist: " + literal.text + " and " + other.text);
    out_.wow64_path = *copy;
    return literal;
  }
  step("entry of the 32-bit view: found in SysWOW64");
  return other;
}

std::optional<std::string> Resolution::replace_short_name(const std::string& path) const {
  if (path.size() < 11 || path[2] != '\\') return std::nullopt;
  for (const ShortFolder& folder : kShortFolders) {
    if (!starts_with_fold(std::string_view{path}.substr(3), folder.name)) continue;
    const std::string longer = variable(folder.variable);
    if (longer.empty() || path[3 + folder.name.size()] != '\\') return std::nullopt;
    return longer + path.substr(3 + folder.name.size());
  }
  return std::nullopt;
}

FoundFile Resolution::find_absolute(const std::string& path, Lookup lookup) {
  if (path.ends_with('\\')) {
    step("a folder, not a file: " + path);
    FoundFile folder{path, std::nullopt, Existence::unknown};
    if (auto parsed = EvidencePath::parse(path)) folder.path = *std::move(parsed);
    return folder;
  }
  const auto extensions = extensions_for(path, lookup);
  std::optional<FoundFile> expected;
  for (const std::string& extension : extensions) {
    FoundFile file = probe(path + extension);
    if (file.exists()) return file;
    // What is reported as missing: the name with the extension that is meant.
    // What is a folder is no missing file.
    const bool is_folder = expected && expected->existence == Existence::folder;
    if (!expected || (extension == ".exe" && !is_folder)) expected = std::move(file);
  }
  if (!expected->path) step("not the path of a file: " + path);
  if (!has_short_name(path)) return *expected;
  flag(command_flag::kShortName);
  if (const auto longer = replace_short_name(path)) {
    for (const std::string& extension : extensions) {
      FoundFile file = probe(*longer + extension);
      if (!file.exists()) continue;
      step("short name taken for " + file.text);
      return file;
    }
  }
  step("a short (8.3) name: whether it exists cannot be told from long names");
  expected->existence = Existence::unknown;
  return *expected;
}

FoundFile Resolution::find_file(std::string_view text, Lookup lookup) {
  using Kind = NormalPath::Kind;
  if (trim(text).starts_with('%') || (in_cmd && has_changed_variable(text)))
    return {std::string{trim(text)}, std::nullopt, Existence::unknown};
  const NormalPath path = normalise(text);
  switch (path.kind) {
    case Kind::absolute:
      return find_absolute(path.text, lookup);
    case Kind::unc:
    case Kind::url:
    case Kind::device:
      return {path.text, std::nullopt, Existence::unknown};
    case Kind::relative:
      flag(command_flag::kRelativePath);
      break;
    case Kind::bare:
      break;
  }
  if (path.text.empty()) return {};
  return find_by_search(path.text, lookup);
}

}  // namespace resolver
}  // namespace hozen
