// What the registry of one Windows says of the machine, its users and their environment: the same
// for hive files and for the live API. Hives are read one after another, so none has to stay open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/source/environment.h"
#include "collector/source/registry.h"

namespace hozen {

/// SYSTEM\Select: numbers of control sets, 0 where there is none.
struct SelectNumbers {
  std::uint32_t current = 0, default_set = 0, failed = 0, last_known_good = 0;
  std::string fault{};  ///< why `current` is not what Select says
};
/// Without Select, or where it names a set that is not there, `current` is the set that the link
/// CurrentControlSet names (a live registry has one), else the lowest ControlSet00N there is.
SelectNumbers read_select(RegistryKey& system);
/// "ControlSet001".
std::string control_set_name(std::uint32_t number);

/// Variables in stored order, values as stored (%SystemRoot% and the like not expanded).
using Variables = std::vector<std::pair<std::string, std::string>>;

/// From the current control set of a SYSTEM hive. What is not there is "".
struct SystemFacts {
  SelectNumbers select;
  std::string computer_name;
  std::string domain;        ///< DNS name of the domain the machine belongs to
  std::string role;          ///< "workstation" | "server" | "domain_controller"
  std::string architecture;  ///< "AMD64", "x86", "ARM64"
  std::string time_zone;  ///< "Tokyo Standard Time (UTC+09:00)": the offset in force when written
  Variables variables;    ///< Session Manager\Environment
};
SystemFacts read_system_facts(RegistryKey& system);

/// A key below ProfileList.
struct ProfileEntry {
  std::string sid;         ///< the key's name, without ".bak"
  std::string folder;      ///< ProfileImagePath as stored
  bool set_aside = false;  ///< the key is `SID.bak`: Windows could not load this profile
  bool temporary = false;  ///< the key stands beside a `SID.bak`: an empty profile in its stead
  FileTime written{};
};

/// From a SOFTWARE hive. What is not there is "".
struct SoftwareFacts {
  std::string product;  ///< "Windows 11 Pro": the name Windows shows (the registry still says 10)
  std::string build;    ///< "10.0.19045.3803", "6.1.7601 Service Pack 1"
  std::string machine_guid;
  FileTime installed{};
  Variables folders;            ///< ProgramFiles and its kin, ProgramData, ALLUSERSPROFILE, PUBLIC
  std::string default_profile;  ///< folder new profiles are copied from, as stored
  std::vector<ProfileEntry> profiles;
};
SoftwareFacts read_software_facts(RegistryKey& software);

/// From a user's hive.
struct UserFacts {
  Variables variables;   ///< Environment, then Volatile Environment
  std::string app_data;  ///< User Shell Folders: AppData and Local AppData, as stored
  std::string local_app_data;
};
UserFacts read_user_facts(RegistryKey& user);

/// `windows` decides %SystemRoot% and %SystemDrive%, whatever letter the evidence gave its own
/// volume.
Environment machine_environment(const EvidencePath& windows, const SystemFacts& system,
                                const SoftwareFacts& software);
/// The machine's, changed as a logon of this user changes it. `user` may be empty facts.
Environment user_environment(const Environment& machine, const UserProfile& profile,
                             const UserFacts& user);

/// One for each entry of ProfileList, LocalSystem's even when it has none, and the profile that new
/// ones are copied from. A folder that is no path of a volume stays empty.
std::vector<UserProfile> profiles_of(const EvidencePath& windows, const SoftwareFacts& software,
                                     const Environment& machine);

/// LocalSystem, whose hive is HKU\.DEFAULT.
constexpr std::string_view kLocalSystemSid = "S-1-5-18";
/// The account's name for LocalSystem, LocalService and NetworkService; "" for any other SID.
std::string_view well_known_account(std::string_view sid);

HostFacts host_facts(const SystemFacts& system, const SoftwareFacts& software);

}  // namespace hozen
