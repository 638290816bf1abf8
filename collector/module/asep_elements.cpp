#include "collector/module/asep_elements.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/source/command_line.h"

namespace hozen {
namespace {

using Elements = std::vector<AsepElement>;

std::string_view last_component(std::string_view path) {
  return path.substr(path.find_last_of('\\') + 1);
}

/// Bytes that are text all the same: Windows takes some values (Debugger) whatever their type says.
/// "" for bytes that are none.
std::string text_in_binary(const RegistryValue& value) {
  constexpr std::size_t kMinLetters = 3, kMaxBytes = 64 << 10;
  if (value.type != static_cast<std::uint32_t>(RegType::binary) || value.data.size() % 2 != 0 ||
      value.data.size() > kMaxBytes)
    return {};
  const Bytes bytes{value.data};
  std::size_t letters = 0;
  for (std::size_t at = 0; at < value.data.size(); at += 2) {
    const std::uint16_t unit = bytes.get<std::uint16_t>(at).value_or(0);
    if (unit == 0) break;
    if (unit < 0x20 || unit == 0xFFFF) return {};
    letters += (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ? 1 : 0;
  }
  return letters >= kMinLetters ? wtf8_from_utf16le(bytes, true) : std::string{};
}

std::string value_text(const RegistryValue* value) {
  if (value == nullptr) return {};
  if (auto text = value->text()) return *std::move(text);
  if (const auto number = value->number()) return std::to_string(*number);
  return text_in_binary(*value);
}

/// The strings of a MULTI_SZ, or the one text there is.
std::vector<std::string> value_texts(const RegistryValue* value) {
  if (value == nullptr) return {};
  if (value->type == static_cast<std::uint32_t>(RegType::multi_sz)) return value->strings();
  std::string text = value_text(value);
  return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(text)};
}

std::string text_beside(const AsepDatum& datum, std::string_view name) {
  if (datum.key == nullptr) return {};
  const auto value = datum.key->value(name);
  return value ? value_text(&*value) : std::string{};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) {
    if (!all.empty()) all += ", ";
    all += text;
  }
  return all;
}

Elements one(std::string text, AsepResolution resolution) {
  AsepElement element;
  element.text = std::move(text);
  element.resolution = element.text.empty() ? AsepResolution::none : resolution;
  return {std::move(element)};
}

Elements several(const std::vector<std::string>& texts, AsepResolution resolution) {
  Elements elements;
  for (const auto& text : texts) {
    if (elements.size() >= kMaxElements) break;
    Elements next = one(text, resolution);
    if (texts.size() > 1) next[0].index = static_cast<std::uint32_t>(elements.size());
    elements.push_back(std::move(next[0]));
  }
  return elements.empty() ? one("", resolution) : elements;
}

/// Text that separates by commas (and blanks), or a MULTI_SZ whose strings may do so too.
Elements list(const RegistryValue* value, AsepResolution resolution) {
  std::vector<std::string> texts;
  for (const auto& text : value_texts(value))
    for (auto& part : split_command_list(text, false)) texts.push_back(std::move(part));
  return several(texts, resolution);
}

/// The same where blanks separate too. They stand in paths as well: a text that is a file as a
/// whole stays one, and so does a path whose later word goes on with a folder ("C:\a b\c.exe").
Elements list_by_blanks(const RegistryValue* value, AsepResolution resolution,
                        const ClassLookup& lookup) {
  constexpr std::string_view kEnds[] = {".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".dll"};
  std::vector<std::string> texts;
  for (const auto& text : value_texts(value))
    for (auto& part : split_command_list(text, false)) {
      if (lookup.is_file && part.find('"') == std::string::npos && lookup.is_file(part)) {
        texts.push_back(std::move(part));
        continue;
      }
      const std::size_t first = texts.size();
      for (auto& word : split_command_list(part, true)) {
        const bool goes_on =
            word.find('\\') != std::string::npos && !is_whole_path(word) && !word.starts_with('"');
        std::size_t begin = texts.size();
        while (goes_on && begin > first && !is_whole_path(texts[begin - 1])) --begin;
        const bool joins = goes_on && begin > first &&
                           std::none_of(std::begin(kEnds), std::end(kEnds), [&](auto end) {
                             return ends_with_fold(texts.back(), end);
                           });
        if (!joins) {
          texts.push_back(std::move(word));
          continue;
        }
        for (std::size_t i = begin; i < texts.size(); ++i) texts[begin - 1] += ' ' + texts[i];
        texts[begin - 1] += ' ' + word;
        texts.resize(begin);
      }
    }
  return several(texts, resolution);
}

/// "library|function|arguments", "||command line" or a plain command line.
Elements command_or_dll(const std::string& text) {
  if (text.starts_with("||")) {
    Elements elements = one(text, AsepResolution::command);
    elements[0].resolved = text.substr(2);
    return elements;
  }
  const auto bar = text.find('|');
  if (bar == std::string::npos || bar == 0) return one(text, AsepResolution::command);
  Elements elements = one(text, AsepResolution::dll);
  elements[0].resolved = text.substr(0, bar);
  return elements;
}

/// "autocheck autochk *": the word before a program of System32 is the program's argument, not a
/// program.
Elements native_list(const RegistryValue* value) {
  Elements elements = several(value_texts(value), AsepResolution::command);
  constexpr std::string_view kPrefix = "autocheck ";
  for (auto& element : elements)
    if (starts_with_fold(element.text, kPrefix))
      element.resolved = element.text.substr(kPrefix.size());
  return elements;
}

/// csrss.exe loads `ServerDll=name:function,number` from System32; no more of them are looked at.
constexpr std::size_t kMaxServerLibraries = 16;

Elements commands(const AsepDatum& datum) {
  if (datum.value != nullptr && datum.value->number())  // nothing that could be started
    return one(value_text(datum.value), AsepResolution::none);
  Elements elements = several(value_texts(datum.value), AsepResolution::command);
  constexpr std::string_view kServer = "ServerDll=";
  if (datum.location->id != "sub_systems") return elements;
  for (auto& element : elements) {
    const std::string_view text = element.text;
    for (std::size_t at = 0; at < text.size() && element.libraries.size() < kMaxServerLibraries;
         ++at) {
      if (!starts_with_fold(text.substr(at), kServer)) continue;
      at += kServer.size();
      const std::size_t end = std::min(text.find_first_of(":, \t", at), text.size());
      if (end > at) element.libraries.emplace_back(text.substr(at, end - at));
    }
  }
  return elements;
}

/// A library without a folder lies in that of the processors of its environment.
Elements print_processor(const AsepDatum& datum) {
  constexpr std::pair<std::string_view, std::string_view> kFolders[] = {
      {"Windows x64", "x64"},
      {"Windows NT x86", "w32x86"},
      {"Windows ARM64", "arm64"},
      {"Windows IA64", "ia64"}};
  Elements elements = one(value_text(datum.value), AsepResolution::dll);
  const std::string name{trim(elements[0].text)};
  if (name.empty() || is_whole_path(name)) return elements;
  for (const auto& [environment, folder] : kFolders)
    if (datum.key_path.find("\\" + std::string{environment} + "\\") != std::string::npos) {
      elements[0].otherwise = name;
      elements[0].resolved =
          "%SystemRoot%\\System32\\spool\\prtprocs\\" + std::string{folder} + "\\" + name;
    }
  return elements;
}

/// An address, which leads to a file when it says so: file:///C:/x.
Elements address(const RegistryValue* value) {
  std::string text = value_text(value);
  const bool is_file = starts_with_fold(trim(text), "file:");
  Elements elements = one(std::move(text), AsepResolution::none);
  if (!is_file) return elements;
  std::string path{trim(elements[0].text)};
  path.erase(0, std::min(path.find_first_not_of('/', 5), path.size()));
  if (path.size() < 3 || path[1] != ':') return elements;  // of another machine
  std::replace(path.begin(), path.end(), '/', '\\');
  elements[0].resolved = std::move(path);
  elements[0].resolution = AsepResolution::path;
  return elements;
}

Elements of_class(const Guid& guid, const ClassLookup& classes) {
  AsepElement element;
  element.clsid = guid.text();
  element.text = element.clsid;
  if (const auto server = classes.server(guid)) {
    element.text = server->text;
    element.resolution =
        server->kind == ServerKind::dll ? AsepResolution::dll : AsepResolution::command;
  }
  return {std::move(element)};
}

Elements clsid(const AsepDatum& datum, const ClassLookup& classes) {
  const std::string text = value_text(datum.value);
  auto guid = find_guid(text);
  if (!guid && datum.value != nullptr) guid = find_guid(datum.value->name);
  if (!guid) guid = find_guid(last_component(datum.key_path));
  if (guid) return of_class(*guid, classes);
  return one(text, AsepResolution::command);
}

/// Office add-in: the manifest of a .NET one, else the class behind the ProgID that the key is
/// named after.
Elements program_id(const AsepDatum& datum, const ClassLookup& classes) {
  const std::string name{last_component(datum.key_path)};
  Elements elements = one(name, AsepResolution::none);
  std::string manifest = text_beside(datum, "Manifest");
  if (!manifest.empty()) {
    manifest.resize(std::min(manifest.find('|'), manifest.size()));
    elements = one(manifest, AsepResolution::path);
    constexpr std::string_view kScheme = "file:///";
    if (starts_with_fold(manifest, kScheme)) {
      elements[0].resolved = manifest.substr(kScheme.size());
      std::replace(elements[0].resolved.begin(), elements[0].resolved.end(), '/', '\\');
    }
  } else if (const auto guid = classes.program_id(name)) {
    elements = of_class(*guid, classes);
  }
  if (datum.key != nullptr)
    if (const auto value = datum.key->value("LoadBehavior"); value && value->number())
      elements[0].enabled = (*value->number() & 1) != 0;
  return elements;
}

/// The part of a mounted key path that is to be opened below its hive's root, "" when it is none.
std::string below_root(const AsepDatum& datum, std::string_view key_path) {
  const std::size_t mount = datum.hive != nullptr ? datum.hive->mount.size() : 0;
  if (mount == 0 || datum.hive->root == nullptr || key_path.size() <= mount + 1) return {};
  return std::string{key_path.substr(mount + 1)};
}

/// Where group policy keeps the scripts of the key "…\Startup\0\0": Scripts\Startup below the
/// policy's folder, which the key above names. "" when it does not.
std::string script_folder(const AsepDatum& datum) {
  const std::string_view path = datum.key_path;
  const std::string_view policy = path.substr(0, std::min(path.rfind('\\'), path.size()));
  const std::string relative = below_root(datum, policy);
  if (relative.empty() || datum.key == nullptr) return {};
  const auto key = datum.hive->root->open(relative);
  const auto value = key ? (*key)->value("FileSysPath") : Result<RegistryValue>{key.error()};
  std::string folder = value ? value_text(&*value) : std::string{};
  while (folder.ends_with('\\')) folder.pop_back();
  if (folder.empty()) return {};
  const std::string_view event = policy.substr(0, std::min(policy.rfind('\\'), policy.size()));
  return folder + "\\Scripts\\" + std::string{last_component(event)} + "\\";
}

Elements script(const AsepDatum& datum) {
  const std::string text = value_text(datum.value);
  Elements elements = one(text, AsepResolution::command);
  const std::string parameters = text_beside(datum, "Parameters");
  const std::string arguments = parameters.empty() ? "" : ' ' + parameters;
  elements[0].text += arguments;
  const bool is_quoted = text.find('"') != std::string::npos;
  const std::string quoted = is_quoted ? text : '"' + text + '"';
  elements[0].resolved = quoted + arguments;
  if (is_quoted || trim(text).empty() || is_whole_path(trim(text))) return elements;
  elements[0].otherwise = elements[0].resolved;
  elements[0].resolved.insert(1, script_folder(datum));
  return elements;
}

/// Switches of letters in front of a path are no part of it: Excel's OPEN is `/R "C:\x.xll"`.
Elements path_behind_switches(const RegistryValue* value) {
  Elements elements = several(value_texts(value), AsepResolution::path);
  for (auto& element : elements) {
    std::string_view path = trim(element.text);
    while (path.starts_with('/')) {
      const std::size_t end = std::min(path.find_first_of(" \t\"", 1), path.size());
      const std::string_view name = path.substr(1, end - 1);
      if (name.empty() || name.find_first_of("\\/:.") != std::string_view::npos) break;
      path = trim(path.substr(end));
    }
    element.resolved = path;
    if (path.empty()) element.resolution = AsepResolution::none;
  }
  return elements;
}

/// Names of variables whose value is a file, and which are lists of files.
Elements environment(const AsepDatum& datum, const ClassLookup& classes) {
  const std::string text = value_text(datum.value);
  const std::string_view name = datum.value != nullptr ? std::string_view{datum.value->name} : "";
  if (equals_fold(name, "DOTNET_STARTUP_HOOKS")) {
    std::vector<std::string> hooks;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(';', begin), text.size());
      if (end > begin) hooks.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return several(hooks, AsepResolution::path);
  }
  if (glob_match_fold("COR*PROFILER_PATH*", name) || equals_fold(name, "ComSpec"))
    return one(text, AsepResolution::path);
  if (glob_match_fold("COR*PROFILER", name))
    if (const auto guid = find_guid(text)) return of_class(*guid, classes);
  // A command in the place of a folder: what programs build with the variable begins with it.
  const bool folder = equals_fold(name, "windir") || equals_fold(name, "SystemRoot");
  if (folder && text.find_first_of(" &|") != std::string::npos)
    return one(text, AsepResolution::command);
  return one(text, AsepResolution::none);
}

/// Each provider is a service that names its library.
Elements provider_order(const AsepDatum& datum) {
  Elements elements = list(datum.value, AsepResolution::none);
  if (datum.hive == nullptr || datum.hive->root == nullptr || !datum.control_set) return elements;
  const auto end = datum.key_path.find("\\Control\\");
  if (end == std::string::npos || datum.key_path.size() < datum.hive->mount.size() + 1)
    return elements;
  const std::string set =
      datum.key_path.substr(datum.hive->mount.size() + 1, end - datum.hive->mount.size() - 1);
  for (auto& element : elements) {
    const auto key =
        datum.hive->root->open(set + "\\Services\\" + element.text + "\\NetworkProvider");
    if (!key) continue;
    const auto path = (*key)->value("ProviderPath");
    if (!path) continue;
    element.resolved = value_text(&*path);
    if (!element.resolved.empty()) element.resolution = AsepResolution::dll;
  }
  return elements;
}

/// A packed catalog item begins with the path of its library, ASCII, at most MAX_PATH bytes.
Elements winsock_item(const RegistryValue* value) {
  constexpr std::size_t kMaxPath = 260;
  std::string path;
  if (value != nullptr)
    for (const std::byte byte : value->data) {
      if (byte == std::byte{0} || path.size() == kMaxPath) break;
      path += static_cast<char>(byte);
    }
  return one(to_wtf8_lossy(path), AsepResolution::dll);
}

std::string without_device_prefix(std::string_view path) {
  const bool replace = path.starts_with('!');
  if (replace) path.remove_prefix(1);
  if (path.starts_with("\\??\\")) path.remove_prefix(4);
  return std::string{path};
}

/// Pairs: the file, then its new name, or nothing when it is to be deleted.
Elements file_operations(const RegistryValue* value) {
  const std::vector<std::string> texts = value_texts(value);
  std::vector<std::string> operations;
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    const std::string to = i + 1 < texts.size() ? without_device_prefix(texts[i + 1]) : "";
    operations.push_back(without_device_prefix(texts[i]) +
                         (to.empty() ? " is deleted" : " becomes " + to));
  }
  return several(operations, AsepResolution::none);
}

/// The account's name in V: offset and length at 0x0C and 0x10, the offset counted from 0xCC.
std::string account_name(RegistryKey* key) {
  constexpr std::uint64_t kNameOffset = 0x0C, kNameLength = 0x10, kBase = 0xCC;
  if (key == nullptr) return {};
  const auto value = key->value("V");
  if (!value) return {};
  const Bytes data{value->data};
  const auto offset = data.get<std::uint32_t>(kNameOffset);
  const auto length = data.get<std::uint32_t>(kNameLength);
  if (!offset || !length) return {};
  const auto name = data.slice(kBase + *offset, *length, "account name");
  return name ? wtf8_from_utf16le(*name) : std::string{};
}

Elements account(const AsepDatum& datum) {
  const auto number = datum.value != nullptr ? account_number(datum.value->data) : std::nullopt;
  if (!number) return one("", AsepResolution::none);
  std::string text = "acts as account " + std::to_string(*number);
  if (const std::string name = account_name(datum.key); !name.empty()) text = name + " " + text;
  return one(std::move(text), AsepResolution::none);
}

Elements machine_server(const AsepDatum& datum) {
  const bool program = equals_fold(last_component(datum.key_path), "LocalServer32");
  std::string text = value_text(datum.value);
  if (!program && ends_with_fold(text, "mscoree.dll"))
    if (std::string base = text_beside(datum, "CodeBase"); starts_with_fold(base, "file:///")) {
      text = base.substr(8);
      std::replace(text.begin(), text.end(), '/', '\\');
    }
  return one(std::move(text), program ? AsepResolution::command : AsepResolution::dll);
}

Elements by_kind(const AsepDatum& datum, const ClassLookup& classes) {
  switch (datum.location->kind) {
    case AsepKind::command:
      return commands(datum);
    case AsepKind::command_list:
      return list(datum.value, AsepResolution::command);
    case AsepKind::command_list_spaces:
      return list_by_blanks(datum.value, AsepResolution::command, classes);
    case AsepKind::command_or_dll:
      return command_or_dll(value_text(datum.value));
    case AsepKind::native_list:
      return native_list(datum.value);
    case AsepKind::dll:
      return several(value_texts(datum.value), AsepResolution::dll);
    case AsepKind::dll_list:
      return list_by_blanks(datum.value, AsepResolution::dll, classes);
    case AsepKind::dll_in_name:
      return one(datum.value != nullptr ? datum.value->name : "", AsepResolution::dll);
    case AsepKind::print_processor:
      return print_processor(datum);
    case AsepKind::url:
      return address(datum.value);
    case AsepKind::machine_server:
      return machine_server(datum);
    case AsepKind::clsid:
      return clsid(datum, classes);
    case AsepKind::program_id:
      return program_id(datum, classes);
    case AsepKind::folder:
      return one(value_text(datum.value), AsepResolution::expand);
    case AsepKind::path:
    case AsepKind::path_list:
      return several(value_texts(datum.value), AsepResolution::path);
    case AsepKind::path_behind_switches:
      return path_behind_switches(datum.value);
    case AsepKind::script:
      return script(datum);
    case AsepKind::environment:
      return environment(datum, classes);
    case AsepKind::provider_order:
      return provider_order(datum);
    case AsepKind::winsock_item:
      return winsock_item(datum.value);
    case AsepKind::file_operations:
      return file_operations(datum.value);
    case AsepKind::account:
      return account(datum);
    case AsepKind::note:
      return one(joined(value_texts(datum.value)), AsepResolution::none);
    case AsepKind::flag:
    case AsepKind::file:
    case AsepKind::ini_file:
    case AsepKind::web_config_file:
    case AsepKind::service:
    case AsepKind::task:
      break;
  }
  return one(value_text(datum.value), AsepResolution::none);
}

}  // namespace

std::vector<AsepElement> elements_of(const AsepDatum& datum, const ClassLookup& classes) {
  Elements elements = by_kind(datum, classes);
  for (auto& element : elements) {
    if (element.text.size() > kMaxElementBytes) {
      element.whole_characters = utf16_length(element.text);
      std::size_t end = kMaxElementBytes;
      while (end > 0 && (static_cast<unsigned char>(element.text[end]) & 0xC0) == 0x80) --end;
      element.text.resize(end);
    }
    if (element.resolved.size() > kMaxElementBytes) element.resolved.resize(kMaxElementBytes);
  }
  return elements;
}

bool is_whole_path(std::string_view text) {
  return text.starts_with('\\') || text.starts_with('/') || text.starts_with('%') ||
         text.find(':') != std::string_view::npos;
}

std::optional<std::uint32_t> account_number(std::span<const std::byte> f_value) {
  constexpr std::uint64_t kRidOffset = 0x30;
  return Bytes{f_value}.get<std::uint32_t>(kRidOffset);
}

bool is_unusual_server(std::string_view expanded, const EvidencePath& windows) {
  std::string_view text = trim(expanded);
  if (text.starts_with('"')) text.remove_prefix(1);
  text = text.substr(0, text.find('"'));
  if (text.find_first_of("\\/") == std::string_view::npos) return false;
  const auto path = EvidencePath::parse(text);
  if (!path) return true;
  for (const std::string_view folder : {"System32", "SysWOW64"})
    if (path->is_below(windows / folder)) return writable_because(*path, windows).has_value();
  return !is_program_files(*path, windows) &&
         !glob_match_fold("PROGRA~?", path->components().empty() ? "" : path->components()[0]);
}

}  // namespace hozen
