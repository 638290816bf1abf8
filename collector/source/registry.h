// HKLM and HKU of one source, hive by hive: the same for hive files and for the live API.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/environment.h"
#include "collector/source/own_paths.h"
#include "collector/source/source.h"

namespace hozen {

/// Value types of the registry (winnt.h REG_*); any other number is allowed in evidence.
enum class RegType : std::uint32_t {
  none = 0,
  sz = 1,
  expand_sz = 2,
  binary = 3,
  dword = 4,
  dword_big_endian = 5,
  link = 6,
  multi_sz = 7,
  resource_list = 8,
  full_resource_descriptor = 9,
  resource_requirements_list = 10,
  qword = 11,
};
/// "REG_SZ"; "REG_0x12345678" for a number without a name.
std::string reg_type_text(std::uint32_t type);

struct RegistryValue {
  std::string name;        ///< "" is the default value; may hold NUL and control characters
  std::uint32_t type = 0;  ///< RegType or any other number
  std::vector<std::byte> data;
  bool data_incomplete =
      false;             ///< the hive is damaged and less than the stated size could be read
  bool deleted = false;  ///< recovered from free cells
  std::optional<std::uint64_t> offset{};  ///< of the vk cell, bytes from the start of the hive file

  /// Text of SZ, EXPAND_SZ and LINK up to the first NUL; nothing for other types.
  std::optional<std::string> text() const;
  /// What follows the first NUL of a text value when it holds more than NULs: a known hiding place.
  std::optional<std::string> hidden_tail() const;
  /// MULTI_SZ as strings; empty strings inside are kept, the final terminator is not.
  std::vector<std::string> strings() const;
  /// DWORD (either endianness) or QWORD; nothing for other types or short data.
  std::optional<std::uint64_t> number() const;
};

/// A key of either view. Valid while the callback that handed out its hive runs.
class RegistryKey {
 public:
  virtual ~RegistryKey() = default;
  virtual std::string name() const = 0;  ///< stored spelling
  virtual std::string path() const = 0;  ///< HKLM\SOFTWARE\Microsoft\…, HKU\<SID>\…
  virtual FileTime last_written() const = 0;
  virtual std::optional<std::uint64_t> offset()
      const = 0;  ///< of the nk cell, bytes from the start of the hive file
  /// Calls back for each subkey in stored order until the callback returns false. Problems met on
  /// the way (damaged lists) end up in the hive's `problems`; what can be read is still handed out.
  virtual Result<void> each_subkey(const std::function<bool(RegistryKey&)>& visit) = 0;
  virtual Result<void> each_value(const std::function<bool(const RegistryValue&)>& visit) = 0;
  /// The key below this one at `relative_path` (backslashes, case-insensitive, not following
  /// links); Errc::not_found.
  virtual Result<std::unique_ptr<RegistryKey>> open(std::string_view relative_path) = 0;
  virtual Result<RegistryValue> value(
      std::string_view name) = 0;  ///< case-insensitive; Errc::not_found
  virtual bool is_symbolic_link() const = 0;
};

enum class HiveRole : std::uint8_t {
  system,
  software,
  sam,
  security,
  default_user,
  components,
  user,
  user_classes
};
std::string_view to_text(HiveRole role);

enum class ProfileKind : std::uint8_t { normal, service, default_user, orphaned, temporary };
std::string_view to_text(ProfileKind kind);

/// One account's profile, logged on or not.
struct UserProfile {
  std::string sid;      ///< "" when only a folder is known (orphaned)
  std::string name;     ///< last component of the profile path, or the account's name where known
  EvidencePath folder;  ///< profile folder; empty when not known
  ProfileKind kind = ProfileKind::normal;
  bool loaded = false;             ///< live: its hive is mounted
  FileTime profile_key_written{};  ///< last write of its ProfileList key
};

enum class HiveState : std::uint8_t { clean, replayed, dirty, corrupt, live };
std::string_view to_text(HiveState state);

/// One Windows installation found in the source.
struct Installation {
  EvidencePath windows;  ///< C:\Windows
  std::string label;  ///< "" for the first; "C:\Windows.old\Windows" for others, for record fields
  /// How the paths in its registry, shortcuts and task files are to be read.
  OwnPaths paths{};
};

/// One hive while it is open. `root` is the hive's root key, named as mounted.
struct RegistryHive {
  HiveRole role = HiveRole::software;
  std::size_t installation = 0;  ///< index into Registry::installations()
  std::string mount;  ///< "HKLM\\SOFTWARE", "HKU\\S-1-5-21-…", "HKU\\S-1-5-21-…_Classes"
  EvidencePath file;  ///< hive file; empty for the live API
  std::optional<std::uint32_t>
      artifact{};  ///< row of artifacts.jsonl whose bytes were parsed; nothing for the live API
  HiveState state = HiveState::clean;
  const UserProfile* user = nullptr;  ///< for user, user_classes and default_user
  RegistryKey* root = nullptr;
  /// SYSTEM only: the numbers of Select; `current_control_set` is 0 when there is none.
  std::uint32_t current_control_set = 0, default_control_set = 0, failed_control_set = 0,
                last_known_good = 0;
  /// Deleted values and keys that could be recovered (raw view): called with the key's path and the
  /// value.
  std::function<void(const std::function<void(const std::string& key_path, FileTime key_written,
                                              const RegistryValue&)>&)>
      each_deleted_value{};
};

/// All hives of one source in one view. Holds at most one hive in memory at a time.
class Registry {
 public:
  virtual ~Registry() = default;
  virtual View view() const = 0;
  virtual const std::vector<Installation>& installations() const = 0;
  virtual const std::vector<UserProfile>& users()
      const = 0;  ///< of all installations, service profiles and orphans included
  virtual HostFacts host() const = 0;  ///< of the first installation
  /// Machine environment of an installation (user == nullptr), or that of one of its users.
  virtual const Environment& environment(std::size_t installation,
                                         const UserProfile* user) const = 0;
  /// Opens each hive of `roles` (empty: all), in the order SYSTEM, SOFTWARE, SAM, SECURITY,
  /// DEFAULT, then users; `visit` sees one at a time. A hive that cannot be read is handed to
  /// `failed` instead (its artifact row stands already). Stops when visit returns false.
  virtual Result<void> each_hive(
      const std::vector<HiveRole>& roles, const std::function<bool(RegistryHive&)>& visit,
      const std::function<void(const EvidencePath&, HiveRole, const Error&)>& failed) = 0;
};

}  // namespace hozen
