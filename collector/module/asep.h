// Autostart locations (ASEPs) as rows of a table, and the walk that finds their entries in a hive.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/source/registry.h"

namespace hozen {

/// Which module reads a location. `services` has a reader of its own that reads far more of it.
enum class AsepModule : std::uint8_t { run_keys, autostarts, services };

/// Where a location's key pattern begins.
enum class AsepHive : std::uint8_t {
  software,           ///< HKLM\SOFTWARE
  user,               ///< each user's HKU\<SID>
  software_and_user,  ///< HKLM\SOFTWARE and each user's HKU\<SID>\Software
  control_set,        ///< each HKLM\SYSTEM\ControlSet<nnn>
  system,             ///< HKLM\SYSTEM
  sam,                ///< HKLM\SAM
  machine_classes,    ///< HKLM\SOFTWARE\Classes
  user_classes,       ///< each user's HKU\<SID>_Classes
  classes,            ///< both
  file,               ///< not the registry: the key pattern is a path
};

/// What the data of an entry mean, and so how they lead to a file.
enum class AsepKind : std::uint8_t {
  command,              ///< a command line
  command_list,         ///< command lines separated by commas
  command_list_spaces,  ///< separated by commas or spaces
  command_or_dll,       ///< RunOnceEx: "dll|function|arguments", "||command line" or a command line
  native_list,          ///< programs that the session manager starts from System32
  dll,                  ///< a library the loader looks for
  dll_list,             ///< several: REG_MULTI_SZ, or separated by commas or spaces
  print_processor,      ///< a library below System32\spool\prtprocs
  dll_in_name,          ///< the value's name is the library
  machine_server,  ///< library or program of a COM class; an entry only where it lies somewhere
                   ///< unusual
  clsid,           ///< a COM class: in the data, the value's name or the key's name
  program_id,      ///< the key's name is a ProgID
  folder,          ///< a folder whose files are the entries
  path,            ///< a file or folder, no arguments
  path_behind_switches,  ///< the same behind switches: `/R "C:\x.xll"`
  path_list,             ///< several, REG_MULTI_SZ
  script,                ///< group policy script: the value, and `Parameters` beside it
  environment,           ///< an environment variable
  provider_order,        ///< names of services that hold NetworkProvider\ProviderPath
  winsock_item,          ///< binary, begins with the path of a library
  file_operations,       ///< pairs of files: renamed or deleted at the next start
  account,               ///< SAM account: F
  url,                   ///< a web address
  flag,                  ///< a number that switches something
  note,                  ///< context: recorded, not resolved
  file,                  ///< a file whose presence is the entry
  ini_file,              ///< a file with lines that start something
  web_config_file,       ///< applicationHost.config: native modules
  service,
  task,  ///< read by modules of their own
};

/// How far an entry is what Windows itself writes at its location.
enum class AsepDefault : std::uint8_t {
  no,
  usual,  ///< one file where the files of this location usually lie: it says nothing by its place,
          ///< but is judged and preserved like any other
  exact,  ///< the very text: no rule but those on hidden data holds
};

/// What an entry that is not a known default is worth by its place alone.
struct AsepPoints {
  int weight = 0;
  /// A vendor's signature would explain it, and that has not been checked: alone it stays at low.
  bool vendor = false;
};
constexpr AsepPoints points(int weight) { return {weight, false}; }
constexpr AsepPoints vendor_points(int weight) { return {weight, true}; }
constexpr AsepPoints kNoPoints{};

/// One location. Patterns: `\` separates, `*` and `?` match within one component, `{a,b}` are
/// alternatives,
/// `[*]` is the literal name "*", `;` separates whole patterns.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order of the table's columns
struct AsepLocation {
  std::string_view
      id;  ///< snake_case, unique, stable: the `location` of records, the rule of findings
  std::string_view name;  ///< as the field calls it
  AsepModule module;
  AsepHive hive;
  std::string_view key;  ///< below the hive's root as AsepHive says; the 32-bit copy is derived
  /// Names, `;` between; "@" the default value, "#" the key itself (with its default value, if
  /// any); "!name": all of them but this one. Of settings of a file also "[section]name": in that
  /// section only, which is a pattern too.
  std::string_view values;
  AsepKind kind;
  std::string_view attack;  ///< ATT&CK technique ids, `;` between
  bool wow64;               ///< has a copy for 32-bit programs (WOW6432Node)
  AsepPoints points;
  /// What Windows itself writes, `|` between: `value name=text`. The whole text must be the same;
  /// case, quotes and the spelling of the Windows folder do not count. Only a part that cannot hold
  /// a program, a path or an argument may be left open: <drive> ("C:"), <letter>, <number>,
  /// <version> (digits, dots, dashes), <word> (letters, digits, underscores), <language> ("en-US"),
  /// <user> (the name of the profile's folder). "<empty>": no text. "<windows>" and "<program
  /// files>" are no texts: one file without arguments in a folder of Windows that users cannot
  /// write to, or in Program Files, is usual here (AsepDefault).
  std::string_view defaults;
  std::string_view meaning;  ///< one sentence: what happens with an entry here
};

/// One entry of a location, while its hive is open.
struct AsepHit {
  const AsepLocation* location = nullptr;
  RegistryHive* hive = nullptr;
  RegistryKey* key = nullptr;
  const RegistryValue* value = nullptr;  ///< nullptr: the key itself, without a default value
  bool wow64 = false;
  std::optional<std::uint32_t> control_set{};  ///< number of the control set, in SYSTEM
  bool is_link = false;  ///< the key is a symbolic link; `value` is where it leads
};

/// False when the text of `pattern` (see AsepLocation) is not well formed; `tests` only ever see
/// true.
bool is_key_pattern(std::string_view pattern);
/// Patterns of a location's `key` or of any `;` list, alternatives that hold a backslash multiplied
/// out.
std::vector<std::string> split_patterns(std::string_view patterns);
/// One name against one component of a pattern (`*`, `?`, `{a,b}`, `[*]`), case-insensitive.
bool matches_component(std::string_view pattern, std::string_view name);
/// One value name against `values` of a location.
bool matches_value(std::string_view values, std::string_view value_name);

/// A place in one hive where a location may have entries.
struct AsepRoot {
  std::string key;  ///< pattern below the hive's root
  bool wow64 = false;
  std::optional<std::uint32_t> control_set{};
};
/// A control set of a SYSTEM hive: its key's name and its number.
using ControlSetName = std::pair<std::string, std::uint32_t>;
/// Where `location` lies in a hive of that role: native, 32-bit, each of `sets`.
std::vector<AsepRoot> roots_of(const AsepLocation& location, HiveRole role,
                               std::span<const ControlSetName> sets);
/// Where `location` lies in `hive`: native, 32-bit, each control set; empty when the hive does not
/// hold it.
std::vector<AsepRoot> roots_in(const AsepLocation& location, RegistryHive& hive);

/// Entries of one location in one hive after which the walk goes on to the next location.
constexpr std::uint32_t kMaxEntriesPerLocation = 50'000;

/// Calls `visit` for every entry of `location` in `hive` until it returns false. Symbolic links are
/// not followed. `problem` hears of keys that could not be read and of the cap.
void walk_location(const AsepLocation& location, RegistryHive& hive,
                   const std::function<bool(const AsepHit&)>& visit,
                   const std::function<void(Error)>& problem);

/// Finds the location that a recovered value belonged to: values from free cells have no place in
/// the tree.
class AsepMatcher {
 public:
  struct Match {
    const AsepLocation* location = nullptr;
    bool wow64 = false;
    std::optional<std::uint32_t> control_set{};
  };
  AsepMatcher(std::span<const AsepLocation* const> locations, RegistryHive& hive);
  /// For paths that somebody else tells: `mount` is how they begin.
  AsepMatcher(std::span<const AsepLocation* const> locations, HiveRole role, std::string_view mount,
              std::span<const ControlSetName> sets);
  /// `key_path` as mounted; nothing when no location has such a key and value.
  std::optional<Match> match(std::string_view key_path, std::string_view value_name) const;

 private:
  struct Place {
    const AsepLocation* location;
    AsepRoot root;
  };
  std::string mount_;
  std::vector<Place> places_;
};

}  // namespace hozen
