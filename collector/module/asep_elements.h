// From the data of one autostart value to the entries in it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/asep.h"
#include "collector/module/class_table.h"
#include "collector/module/shortcut.h"

namespace hozen {

/// How the text of an element leads to a file.
enum class AsepResolution : std::uint8_t {
  none,
  command,
  dll,
  path,
  expand,
  stored,  ///< the entry's file itself, by its name as it is stored
};

struct AsepElement {
  std::string text;      ///< what the record shows as `command_line`
  std::string resolved;  ///< what is resolved; the text itself when empty
  /// What is resolved instead when `resolved` only guesses a folder that does not hold the file,
  /// and this leads to a program: the bare name, which Windows then looks for. "" when there is
  /// none.
  std::string otherwise;
  std::vector<std::string> libraries{};  ///< that the program loads because the text names them
  std::optional<Shortcut> shortcut{};    ///< that the text was read from
  AsepResolution resolution = AsepResolution::none;
  std::string clsid;
  std::optional<std::uint64_t> whole_characters;  ///< UTF-16 units before `text` was cut
  std::optional<std::uint32_t> index;
  std::optional<bool> enabled;
};

/// What is looked at; `key` is nullptr for values recovered from free cells.
struct AsepDatum {
  const AsepLocation* location = nullptr;
  std::string key_path;
  const RegistryValue* value = nullptr;
  RegistryKey* key = nullptr;
  RegistryHive* hive = nullptr;
  std::optional<std::uint32_t> control_set{};
};

/// Where nothing else is given, nothing is known.
struct ClassLookup {
  std::function<std::optional<ClassServer>(const Guid&)> server =
      [](const Guid&) -> std::optional<ClassServer> { return std::nullopt; };
  std::function<std::optional<Guid>(std::string_view program_id)> program_id =
      [](std::string_view) -> std::optional<Guid> { return std::nullopt; };
  std::function<bool(const std::string& path)> is_file =  ///< after expansion
      [](const std::string&) { return false; };
};

/// Elements of one value after which the rest is left out.
constexpr std::size_t kMaxElements = 4'096;
/// Bytes of one element's text: a command line holds 32,767 characters.
constexpr std::size_t kMaxElementBytes = 98'304;

/// At least one element, empty where the value holds nothing; more for lists.
std::vector<AsepElement> elements_of(const AsepDatum& datum, const ClassLookup& classes);

/// A name that says of itself where the file lies: a drive, a share, a variable, an address.
bool is_whole_path(std::string_view text);

/// The number (RID) that a local account acts under: F of its key in SAM, at offset 0x30.
std::optional<std::uint32_t> account_number(std::span<const std::byte> f_value);

/// True for a COM class of the machine whose file lies outside System32, SysWOW64 and Program
/// Files; `expanded` is its server's text as the evidence calls that path (OwnPaths).
bool is_unusual_server(std::string_view expanded, const EvidencePath& windows);

}  // namespace hozen
