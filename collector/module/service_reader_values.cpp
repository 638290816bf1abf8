// From the values of a service's keys to its entry, and from its files to their preserved copies.
#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/service_reader.h"

namespace hozen {
namespace {

/// What Windows XP to 7 keep for CryptSvc instead of a descriptor.
constexpr std::byte kNoDescriptor[] = {std::byte{0x00}, std::byte{0x00}, std::byte{0x0E},
                                       std::byte{0x00}, std::byte{0x01}};

/// `text` cut to kMaxServiceText bytes, never inside a character.
std::string capped(std::string text) {
  if (text.size() <= kMaxServiceText) return text;
  std::size_t end = kMaxServiceText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

template <class Values>
const RegistryValue* find(const Values& values, std::string_view name) {
  const auto at = values.find(fold_case(name));
  return at != values.end() ? &at->second : nullptr;
}

template <class Values>
std::string text_of(const Values& values, std::string_view name) {
  const auto* value = find(values, name);
  return value != nullptr ? capped(value->text().value_or("")) : std::string{};
}

template <class Values>
std::optional<std::uint64_t> number_of(const Values& values, std::string_view name) {
  const auto* value = find(values, name);
  return value != nullptr ? value->number() : std::nullopt;
}

/// Strings of a list until they fill a text.
template <class Values>
std::vector<std::string> strings_of(const Values& values, std::string_view name) {
  const auto* value = find(values, name);
  if (value == nullptr) return {};
  std::vector<std::string> strings = value->strings();
  std::size_t left = kMaxServiceText;
  for (std::size_t i = 0; i < strings.size(); ++i) {
    if (strings[i].size() >= left) {
      strings.resize(i);
      break;
    }
    left -= strings[i].size() + 1;
  }
  return strings;
}

/// The word behind -k (or /k).
std::string group_of(std::string_view arguments) {
  for (std::size_t at = 0; at < arguments.size();) {
    const std::size_t begin = arguments.find_first_not_of(" \t\"", at);
    if (begin == std::string_view::npos) return {};
    const std::size_t end = std::min(arguments.find_first_of(" \t\"", begin), arguments.size());
    const std::string_view word = arguments.substr(begin, end - begin);
    at = end;
    if (!equals_fold(word, "-k") && !equals_fold(word, "/k")) continue;
    const std::size_t next = arguments.find_first_not_of(" \t\"", at);
    if (next == std::string_view::npos) return {};
    return std::string{arguments.substr(
        next, std::min(arguments.find_first_of(" \t\"", next), arguments.size()) - next)};
  }
  return {};
}

/// Variables with the path of a library that the runtime of .NET loads (COR_PROFILER_PATH of the
/// Framework, CORECLR_ of what followed it, each with _32, _64 and the like behind it), or a list
/// of them (DOTNET_STARTUP_HOOKS).
std::vector<ServiceFile> libraries_of(const std::vector<std::string>& environment) {
  std::vector<ServiceFile> libraries;
  for (const auto& variable : environment) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = variable.substr(0, equals);
    std::string_view value = std::string_view{variable}.substr(equals + 1);
    const bool list = equals_fold(name, "DOTNET_STARTUP_HOOKS");
    if (!list && !starts_with_fold(name, "COR_PROFILER_PATH") &&
        !starts_with_fold(name, "CORECLR_PROFILER_PATH"))
      continue;
    while (!value.empty() && libraries.size() < kMaxServiceParts) {
      const auto end = list ? std::min(value.find(';'), value.size()) : value.size();
      if (const auto path = trim(value.substr(0, end)); !path.empty())
        libraries.push_back({std::string{path}});
      value.remove_prefix(std::min(end + 1, value.size()));
    }
  }
  return libraries;
}

bool is_svchost(const ServiceFile& image) {
  if (!image.command) return false;
  const std::string_view path = image.command->image;
  const std::string_view name = path.substr(path.rfind('\\') + 1);
  return equals_fold(name, "svchost.exe") || equals_fold(name, "svchost");
}

}  // namespace

void ServiceReader::fill(ServiceEntry& entry, const Keys& keys) {
  const Values& own = keys.own;
  entry.display_name = text_of(own, "DisplayName");
  entry.description = text_of(own, "Description");
  entry.account = text_of(own, "ObjectName");
  entry.group = text_of(own, "Group");
  entry.type = number_of(own, "Type");
  entry.start = number_of(own, "Start");
  entry.error_control = number_of(own, "ErrorControl");
  entry.tag = number_of(own, "Tag");
  entry.delayed_start = number_of(own, "DelayedAutostart");
  entry.launch_protected = number_of(own, "LaunchProtected");
  entry.sid_type = number_of(own, "ServiceSidType");
  entry.wow64 = number_of(own, "WOW64");
  entry.depends_on = strings_of(own, "DependOnService");
  for (const auto& group : strings_of(own, "DependOnGroup"))
    entry.depends_on.push_back("+" + group);
  entry.privileges = strings_of(own, "RequiredPrivileges");
  entry.environment = strings_of(own, "Environment");
  entry.environment_libraries = libraries_of(entry.environment);
  entry.image.text = text_of(own, "ImagePath");
  entry.reboot_message = text_of(own, "RebootMessage");
  entry.performance.text = text_of(keys.performance, "Library");
  fill_library(entry, keys);
  fill_failure(entry, own);
  fill_security(entry, keys.security);
  for (const auto* values : {&own, &keys.parameters})
    for (const auto& [name, value] : *values)
      if (const auto tail = value.hidden_tail();
          tail && entry.hidden_data.size() < kMaxServiceParts)
        entry.hidden_data.emplace_back(value.name, capped(*tail));
}

void ServiceReader::fill_security(ServiceEntry& entry, const Values& security) {
  const auto* value = find(security, "Security");
  if (value == nullptr || std::equal(value->data.begin(), value->data.end(),
                                     std::begin(kNoDescriptor), std::end(kNoDescriptor)))
    return;
  auto descriptor = parse_security_descriptor(Bytes{value->data});
  entry.security_unreadable = !descriptor;
  if (!descriptor) return note(descriptor.error(), entry.key_path + "\\Security");
  entry.security = *std::move(descriptor);
  if (!entry.security->problems.empty())
    note(entry.security->problems.front(), entry.key_path + "\\Security");
}

void ServiceReader::fill_library(ServiceEntry& entry, const Keys& keys) {
  entry.library.text = text_of(keys.parameters, "ServiceDll");
  entry.library_key = entry.key_path + "\\Parameters";
  std::string own = text_of(keys.own, "ServiceDll");
  if (entry.library.text.empty()) {
    entry.library.text = std::move(own);
    entry.library_key = entry.key_path;
  } else {
    entry.unused_library.text = std::move(own);
  }
  if (entry.library.text.empty()) entry.library_key.clear();
  entry.service_main = text_of(keys.parameters, "ServiceMain");
  if (entry.service_main.empty()) entry.service_main = text_of(keys.own, "ServiceMain");
}

void ServiceReader::fill_failure(ServiceEntry& entry, const Values& own) {
  entry.failure.text = text_of(own, "FailureCommand");
  const auto* actions = find(own, "FailureActions");
  if (actions == nullptr) return;
  auto parsed = parse_failure_actions(Bytes{actions->data});
  if (!parsed) return note(parsed.error(), entry.key_path);
  if (parsed->problem) note(*parsed->problem, entry.key_path);
  entry.failure_actions = *std::move(parsed);
}

void ServiceReader::compare_with_baseline(ServiceEntry& entry) {
  if (is_svchost(entry.image)) entry.svchost_group = group_of(entry.image.command->arguments);
  if (entry.deleted) return;
  const EvidencePath windows = evidence_.windows(entry.installation_index);
  const std::uint32_t build = hosts_[entry.installation_index].build;
  const InboxMatch image = baseline_.image(entry, windows, build);
  const InboxMatch library = baseline_.library(entry, windows, build);
  if (image.state == InboxState::unknown && library.state == InboxState::unknown) return;
  entry.inbox = InboxState::usual;
  for (const auto& match : {image, library}) {
    if (match.state != InboxState::differs) continue;
    entry.inbox = InboxState::differs;
    entry.expected.insert(entry.expected.end(), match.expected.begin(), match.expected.end());
  }
  // Instances of user services take the library of their template.
  if (entry.svchost_group.empty() || !entry.library.text.empty() || !entry.template_name().empty())
    return;
  if (entry.inbox == InboxState::usual && baseline_.expects_library(entry, build))
    entry.inbox = InboxState::unknown;
}

void ServiceReader::preserve(ServiceEntry& entry) {
  const EvidencePath windows = evidence_.windows(entry.installation_index);
  const std::uint32_t build = hosts_[entry.installation_index].build;
  if (baseline_.image(entry, windows, build).state != InboxState::usual)
    preserve(entry.image, entry, "ImagePath");
  if (baseline_.library(entry, windows, build).state != InboxState::usual)
    preserve(entry.library, entry, "ServiceDll");
  if (entry.has_other_library()) preserve(entry.unused_library, entry, "unused ServiceDll");
  if (!baseline_.is_usual_failure_command(entry, windows))
    preserve(entry.failure, entry, "FailureCommand");
  // No table says which of Windows' libraries belong there.
  if (entry.performance.target() != nullptr)
    preserve(entry.performance, entry, "Performance\\Library");
  for (auto& file : entry.environment_libraries) preserve(file, entry, "Environment");
}

void ServiceReader::preserve(ServiceFile& file, const ServiceEntry& entry, std::string_view what) {
  if (!file.command) return;
  const EvidencePath windows = evidence_.windows(entry.installation_index);
  const std::string reason = "service " + printable(entry.name) + " " + std::string{what};
  const auto collect = [&](const EvidencePath& path) {
    if (!path.stream().empty()) context_.collect(path.with_stream(""), reason, Priority::high);
    return context_.collect(path, reason, Priority::high);
  };
  const auto take = [&](const ResolvedCommand& command) -> std::optional<ArtifactId> {
    // Windows' own svchost.exe, cmd.exe and the like are not what the service is.
    const bool own_host = !command.payload_path && !command.hosts.empty() && command.image_path &&
                          is_windows_folder(*command.image_path, windows);
    if (command.payload_path && command.image_path &&
        command.image_existence == Existence::exists &&
        !is_windows_folder(*command.image_path, windows))
      collect(*command.image_path);
    if (command.wow64_path && command.target_path() &&
        equals_fold(command.wow64_path->name(), command.target_path()->name()))
      collect(*command.wow64_path);
    if (own_host || !command.target_path() || command.target_existence() != Existence::exists)
      return {};
    return collect(*command.target_path());
  };
  file.artifact = take(*file.command);
  for (const auto& other : file.command->others) take(other);
  for (const auto& candidate : file.command->earlier_candidates)
    if (candidate.existence == Existence::exists)
      if (const auto path = EvidencePath::parse(candidate.path)) collect(*path);
}

}  // namespace hozen
