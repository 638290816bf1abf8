#include "collector/base/text.h"
#include "collector/source/registry_facts.h"

namespace hozen {
namespace {

/// `value` with the variable's own name in it ("%PATH%;C:\x") replaced by its earlier value.
std::string with_itself(const Environment& environment, std::string_view name,
                        std::string_view value) {
  const std::string itself = "%" + std::string{name} + "%";
  std::string text;
  while (!value.empty()) {
    if (starts_with_fold(value, itself)) {
      text += environment.get(name).value_or("");
      value.remove_prefix(itself.size());
    } else {
      text += value.front();
      value.remove_prefix(1);
    }
  }
  return text;
}

void set_variable(Environment& environment, std::string_view name, std::string_view value) {
  environment.set(name, with_itself(environment, name, value));
}

void set_unless_there(Environment& environment, std::string_view name, std::string_view value) {
  if (!environment.get(name)) environment.set(name, value);
}

bool is_service_sid(std::string_view sid) {
  // People's accounts: S-1-5-21 (local or of a domain), S-1-12-1 (of a cloud directory).
  return !starts_with_fold(sid, "S-1-5-21-") && !starts_with_fold(sid, "S-1-12-1-");
}

}  // namespace

Environment machine_environment(const EvidencePath& windows, const SystemFacts& system,
                                const SoftwareFacts& software) {
  Environment environment;
  environment.set("SystemDrive", windows.volume());
  environment.set("SystemRoot", windows.text());
  for (const auto& [name, value] : software.folders) set_variable(environment, name, value);
  for (const auto& [name, value] : system.variables)
    if (!equals_fold(name, "SystemDrive") && !equals_fold(name, "SystemRoot"))
      set_variable(environment, name, value);
  set_unless_there(environment, "windir", windows.text());
  set_unless_there(environment, "ComSpec", "%SystemRoot%\\system32\\cmd.exe");
  set_unless_there(environment, "Path", "%SystemRoot%\\system32;%SystemRoot%");
  set_unless_there(environment, "PATHEXT", ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC");
  set_unless_there(environment, "ProgramFiles", "%SystemDrive%\\Program Files");
  set_unless_there(environment, "CommonProgramFiles", "%ProgramFiles%\\Common Files");
  set_unless_there(environment, "ProgramData", "%SystemDrive%\\ProgramData");
  set_unless_there(environment, "ALLUSERSPROFILE", "%ProgramData%");
  set_unless_there(environment, "PUBLIC", "%SystemDrive%\\Users\\Public");
  if (equals_fold(system.architecture, "AMD64") || equals_fold(system.architecture, "ARM64")) {
    set_unless_there(environment, "ProgramFiles(x86)", "%SystemDrive%\\Program Files (x86)");
    set_unless_there(environment, "CommonProgramFiles(x86)", "%ProgramFiles(x86)%\\Common Files");
    set_unless_there(environment, "ProgramW6432", "%ProgramFiles%");
    set_unless_there(environment, "CommonProgramW6432", "%CommonProgramFiles%");
  }
  if (!system.computer_name.empty()) environment.set("COMPUTERNAME", system.computer_name);
  return environment;
}

Environment user_environment(const Environment& machine, const UserProfile& profile,
                             const UserFacts& user) {
  Environment environment = machine;
  if (!profile.name.empty()) environment.set("USERNAME", profile.name);
  if (!profile.folder.empty()) {
    const std::string folder = profile.folder.text();
    const bool xp = equals_fold(profile.folder.parent().name(), "Documents and Settings");
    environment.set("USERPROFILE", folder);
    environment.set("HOMEDRIVE", profile.folder.volume());
    environment.set("HOMEPATH", folder.substr(profile.folder.volume().size()));
    environment.set("APPDATA",
                    xp ? "%USERPROFILE%\\Application Data" : "%USERPROFILE%\\AppData\\Roaming");
    environment.set("LOCALAPPDATA", xp ? "%USERPROFILE%\\Local Settings\\Application Data"
                                       : "%USERPROFILE%\\AppData\\Local");
    if (!xp) environment.set("TEMP", "%USERPROFILE%\\AppData\\Local\\Temp");
    if (xp) environment.set("TEMP", "%USERPROFILE%\\Local Settings\\Temp");
    environment.set("TMP", "%TEMP%");
  }
  if (!user.app_data.empty()) environment.set("APPDATA", user.app_data);
  if (!user.local_app_data.empty()) environment.set("LOCALAPPDATA", user.local_app_data);
  for (const auto& [name, value] : user.variables) {
    std::string text = with_itself(environment, name, value);
    // The user's search path comes behind the machine's.
    const std::string before = environment.get("Path").value_or("");
    if (equals_fold(name, "Path") && text == value && !before.empty()) text = before + ";" + text;
    environment.set(name, text);
  }
  return environment;
}

std::string_view well_known_account(std::string_view sid) {
  if (sid == kLocalSystemSid) return "SYSTEM";
  if (sid == "S-1-5-19") return "LOCAL SERVICE";
  if (sid == "S-1-5-20") return "NETWORK SERVICE";
  return {};
}

std::vector<UserProfile> profiles_of(const EvidencePath& windows, const SoftwareFacts& software,
                                     const Environment& machine) {
  std::vector<UserProfile> profiles;
  const auto add = [&](std::string_view sid, std::string_view folder, ProfileKind kind,
                       FileTime written) {
    UserProfile profile;
    profile.sid = sid;
    profile.kind = kind;
    profile.profile_key_written = written;
    if (auto path = EvidencePath::parse(machine.expand(folder))) profile.folder = *std::move(path);
    profile.name = well_known_account(sid);
    if (profile.name.empty()) profile.name = profile.folder.name();
    profiles.push_back(std::move(profile));
  };
  bool has_local_system = false;
  for (const ProfileEntry& entry : software.profiles) {
    has_local_system = has_local_system || entry.sid == kLocalSystemSid;
    const ProfileKind kind = entry.temporary             ? ProfileKind::temporary
                             : is_service_sid(entry.sid) ? ProfileKind::service
                                                         : ProfileKind::normal;
    add(entry.sid, entry.folder, kind, entry.written);
  }
  if (!has_local_system)
    add(kLocalSystemSid, (windows / "System32\\config\\systemprofile").text(), ProfileKind::service,
        {});
  if (!software.default_profile.empty())
    add("", software.default_profile, ProfileKind::default_user, {});
  return profiles;
}

}  // namespace hozen
