#include "collector/source/registry_facts.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxVariables = 4096;       ///< of one key; Windows allows 32,767 characters
constexpr std::size_t kMaxProfiles = 65536;       ///< a terminal server has some thousands
constexpr std::uint32_t kMaxControlSet = 999;     ///< three digits
constexpr std::uint64_t kFirstWindows11 = 22000;  ///< build number

std::string text_value(RegistryKey& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? value->text().value_or("") : std::string{};
}

std::optional<std::uint64_t> number_value(RegistryKey& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? value->number() : std::nullopt;
}

std::string text_at(RegistryKey& root, std::string_view path, std::string_view name) {
  const auto key = root.open(path);
  return key ? text_value(**key, name) : std::string{};
}

/// The number at the end of "ControlSet001" or "\Registry\Machine\System\ControlSet001".
std::uint32_t control_set_number(std::string_view text) {
  constexpr std::string_view kPrefix = "ControlSet";
  const auto slash = text.rfind('\\');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (name.size() != kPrefix.size() + 3 || !starts_with_fold(name, kPrefix)) return 0;
  std::uint32_t number = 0;
  for (const char digit : name.substr(kPrefix.size())) {
    if (digit < '0' || digit > '9') return 0;
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return number;
}

/// Without Select: see read_select.
std::uint32_t guess_current(RegistryKey& system) {
  if (const auto link = system.open("CurrentControlSet"); link && (*link)->is_symbolic_link())
    if (const std::uint32_t number = control_set_number(text_value(**link, "SymbolicLinkValue")))
      return number;
  std::uint32_t lowest = 0;
  (void)system.each_subkey([&](RegistryKey& key) {
    const std::uint32_t number = control_set_number(key.name());
    if (number != 0 && (lowest == 0 || number < lowest)) lowest = number;
    return true;
  });
  return lowest;
}

Variables read_variables(RegistryKey& root, std::string_view path) {
  Variables variables;
  const auto key = root.open(path);
  if (!key) return variables;
  (void)(*key)->each_value([&](const RegistryValue& value) {
    if (auto text = value.text(); text && !value.name.empty())
      variables.emplace_back(value.name, *std::move(text));
    return variables.size() < kMaxVariables;
  });
  return variables;
}

std::string role_of(std::string_view product_type) {
  if (equals_fold(product_type, "LanmanNT")) return "domain_controller";
  if (equals_fold(product_type, "ServerNT")) return "server";
  if (equals_fold(product_type, "WinNT")) return "workstation";
  return {};
}

/// `bias`: minutes that UTC is ahead of local time.
std::string utc_offset(std::int32_t bias) {
  const std::int64_t minutes = std::abs(std::int64_t{bias});
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "UTC%c%02lld:%02lld", bias > 0 ? '-' : '+',
                static_cast<long long>(minutes / 60), static_cast<long long>(minutes % 60));
  return text.data();
}

std::string read_time_zone(RegistryKey& control) {
  const auto key = control.open("TimeZoneInformation");
  if (!key) return {};
  std::string name = text_value(**key, "TimeZoneKeyName");
  if (name.empty()) name = text_value(**key, "StandardName");
  auto bias = number_value(**key, "ActiveTimeBias");
  if (!bias) bias = number_value(**key, "Bias");
  if (!bias) return name;
  const std::string offset =
      utc_offset(static_cast<std::int32_t>(static_cast<std::uint32_t>(*bias)));
  return name.empty() ? offset : name + " (" + offset + ")";
}

std::string read_build(RegistryKey& version, std::uint64_t& number) {
  std::string build = text_value(version, "CurrentBuildNumber");
  if (build.empty()) build = text_value(version, "CurrentBuild");
  number = 0;
  for (const char digit : build)
    if (digit >= '0' && digit <= '9' && number < 1'000'000)
      number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  std::string text = text_value(version, "CurrentVersion");
  const auto major = number_value(version, "CurrentMajorVersionNumber");
  const auto minor = number_value(version, "CurrentMinorVersionNumber");
  if (major && minor) text = std::to_string(*major) + "." + std::to_string(*minor);
  if (!build.empty()) text += (text.empty() ? "" : ".") + build;
  if (const auto revision = number_value(version, "UBR")) text += "." + std::to_string(*revision);
  if (const std::string pack = text_value(version, "CSDVersion"); !pack.empty()) text += " " + pack;
  return text;
}

FileTime read_installed(RegistryKey& version) {
  if (const auto ticks = number_value(version, "InstallTime"); ticks && *ticks != 0)
    return FileTime{*ticks};
  const auto seconds = number_value(version, "InstallDate");
  if (!seconds || *seconds == 0) return {};
  return filetime_from_unix(static_cast<std::int64_t>(*seconds & 0xFFFF'FFFF), 0);
}

void read_folders(RegistryKey& software, Variables& folders) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{{
      {"ProgramFilesDir", "ProgramFiles"},
      {"ProgramFilesDir (x86)", "ProgramFiles(x86)"},
      {"ProgramW6432Dir", "ProgramW6432"},
      {"CommonFilesDir", "CommonProgramFiles"},
      {"CommonFilesDir (x86)", "CommonProgramFiles(x86)"},
      {"CommonW6432Dir", "CommonProgramW6432"},
  }};
  const auto key = software.open("Microsoft\\Windows\\CurrentVersion");
  if (!key) return;
  for (const auto& [value, variable] : kNames)
    if (std::string text = text_value(**key, value); !text.empty())
      folders.emplace_back(variable, std::move(text));
}

void read_profile(RegistryKey& key, std::vector<ProfileEntry>& profiles) {
  constexpr std::string_view kSetAside = ".bak";
  ProfileEntry entry;
  entry.sid = key.name();
  if (!starts_with_fold(entry.sid, "S-1-")) return;
  entry.set_aside = ends_with_fold(entry.sid, kSetAside);
  if (entry.set_aside) entry.sid.resize(entry.sid.size() - kSetAside.size());
  entry.folder = text_value(key, "ProfileImagePath");
  entry.written = key.last_written();
  profiles.push_back(std::move(entry));
}

void mark_temporary(std::vector<ProfileEntry>& profiles) {
  std::vector<std::string> set_aside;
  for (const ProfileEntry& entry : profiles)
    if (entry.set_aside) set_aside.push_back(fold_case(entry.sid));
  std::sort(set_aside.begin(), set_aside.end());
  for (ProfileEntry& entry : profiles)
    entry.temporary = !entry.set_aside &&
                      std::binary_search(set_aside.begin(), set_aside.end(), fold_case(entry.sid));
}

void read_profile_list(RegistryKey& software, SoftwareFacts& facts) {
  const auto list = software.open("Microsoft\\Windows NT\\CurrentVersion\\ProfileList");
  if (!list) return;
  const std::string profiles = text_value(**list, "ProfilesDirectory");
  std::string program_data = text_value(**list, "ProgramData");
  // Before Windows Vista: names of folders below ProfilesDirectory.
  const auto below = [&](std::string_view value) {
    const std::string name = text_value(**list, value);
    return name.empty() || profiles.empty() ? std::string{} : profiles + "\\" + name;
  };
  if (program_data.empty()) program_data = below("AllUsersProfile");
  if (!program_data.empty()) {
    facts.folders.emplace_back("ProgramData", program_data);
    facts.folders.emplace_back("ALLUSERSPROFILE", program_data);
  }
  if (std::string text = text_value(**list, "Public"); !text.empty())
    facts.folders.emplace_back("PUBLIC", std::move(text));
  facts.default_profile = text_value(**list, "Default");
  if (facts.default_profile.empty()) facts.default_profile = below("DefaultUserProfile");
  (void)(*list)->each_subkey([&](RegistryKey& key) {
    read_profile(key, facts.profiles);
    return facts.profiles.size() < kMaxProfiles;
  });
  mark_temporary(facts.profiles);
}

}  // namespace

std::string control_set_name(std::uint32_t number) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "ControlSet%03lu", static_cast<unsigned long>(number));
  return name.data();
}

SelectNumbers read_select(RegistryKey& system) {
  SelectNumbers numbers;
  if (const auto select = system.open("Select")) {
    const auto number = [&](std::string_view name) {
      const std::uint64_t value = number_value(**select, name).value_or(0);
      return value <= kMaxControlSet ? static_cast<std::uint32_t>(value) : 0;
    };
    numbers = {number("Current"), number("Default"), number("Failed"), number("LastKnownGood"), {}};
    if (numbers.current != 0 && !system.open(control_set_name(numbers.current))) {
      // A registry without numbered sets (Wine's) has just the current one.
      const std::uint32_t other = guess_current(system);
      if (other != 0 && other != numbers.current) {
        numbers.fault =
            "Select\\Current names " + control_set_name(numbers.current) + ", which is not there";
        numbers.current = other;
      }
    }
  } else if (system.open(control_set_name(1))) {
    numbers.fault = "Select is missing";
  }
  if (numbers.current == 0) numbers.current = guess_current(system);
  if (!numbers.fault.empty())
    numbers.fault += "; taken for the current one: " + control_set_name(numbers.current);
  return numbers;
}

SystemFacts read_system_facts(RegistryKey& system) {
  SystemFacts facts;
  facts.select = read_select(system);
  auto set = system.open(control_set_name(facts.select.current));
  // A registry that is not Windows' own (Wine's) has the current set as a key and no other.
  if (!set) set = system.open("CurrentControlSet");
  if (!set) return facts;
  facts.computer_name = text_at(**set, "Control\\ComputerName\\ComputerName", "ComputerName");
  if (const auto tcpip = (*set)->open("Services\\Tcpip\\Parameters")) {
    facts.domain = text_value(**tcpip, "Domain");
    if (facts.domain.empty()) facts.domain = text_value(**tcpip, "NV Domain");
    if (facts.computer_name.empty()) facts.computer_name = text_value(**tcpip, "Hostname");
  }
  const auto control = (*set)->open("Control");
  if (!control) return facts;
  facts.role = role_of(text_at(**control, "ProductOptions", "ProductType"));
  facts.time_zone = read_time_zone(**control);
  facts.variables = read_variables(**control, "Session Manager\\Environment");
  for (const auto& [name, value] : facts.variables)
    if (equals_fold(name, "PROCESSOR_ARCHITECTURE")) facts.architecture = value;
  return facts;
}

SoftwareFacts read_software_facts(RegistryKey& software) {
  SoftwareFacts facts;
  if (const auto version = software.open("Microsoft\\Windows NT\\CurrentVersion")) {
    std::uint64_t build = 0;
    facts.product = text_value(**version, "ProductName");
    facts.build = read_build(**version, build);
    facts.installed = read_installed(**version);
    constexpr std::string_view kTen = "Windows 10";
    if (build >= kFirstWindows11 && facts.product.starts_with(kTen))
      facts.product.replace(0, kTen.size(), "Windows 11");
  }
  facts.machine_guid = text_at(software, "Microsoft\\Cryptography", "MachineGuid");
  read_folders(software, facts.folders);
  read_profile_list(software, facts);
  return facts;
}

UserFacts read_user_facts(RegistryKey& user) {
  UserFacts facts;
  facts.variables = read_variables(user, "Environment");
  for (auto& variable : read_variables(user, "Volatile Environment"))
    facts.variables.push_back(std::move(variable));
  constexpr std::string_view kFolders =
      "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders";
  if (const auto folders = user.open(kFolders)) {
    facts.app_data = text_value(**folders, "AppData");
    facts.local_app_data = text_value(**folders, "Local AppData");
  }
  return facts;
}

HostFacts host_facts(const SystemFacts& system, const SoftwareFacts& software) {
  HostFacts facts;
  facts.name = system.computer_name;
  facts.domain = system.domain;
  facts.role = system.role;
  facts.product = software.product;
  facts.build = software.build;
  facts.machine_guid = software.machine_guid;
  facts.architecture = system.architecture;
  facts.time_zone = system.time_zone;
  facts.installed = software.installed;
  return facts;
}

}  // namespace hozen
