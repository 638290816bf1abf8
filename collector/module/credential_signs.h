// What in command lines, scripts, paths and names of files tells that passwords, hashes or tickets
// are taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"

namespace hozen::credentials {

/// What kind of act a command is part of: each has a finding of its own.
enum class Act : std::uint8_t {
  tool,         ///< commands of mimikatz and tools like it
  memory,       ///< the memory of lsass is written into a file
  hives,        ///< copies of SAM, SECURITY, SYSTEM
  directory,    ///< copies of Active Directory's database
  shadow_copy,  ///< a shadow copy is made or read
  stored,       ///< passwords in files, policies and the store of Windows
  setting,      ///< a setting that makes passwords easier to take
  lookup        ///< something asks where lsass is
};

/// One sign in a text.
struct Sign {
  Act act{};
  std::string_view what;  ///< a clause: "saves the hive SAM"
  int weight = 0;
  std::string_view attack;
};

/// The text as it is compared: in one case, without carets, quotes and backticks, white space as
/// single blanks.
std::string plain_command(std::string_view text);

/// What a command line or script does. `image`: the program, "" for a script.
std::vector<Sign> signs_in(std::string_view text, std::string_view image);
/// The words in a script by which it is known, whatever its length: "sekurlsa::, lsadump::".
std::string telling_words(std::string_view script);

/// What a file is by its name alone; nothing for others.
struct NamedFile {
  std::string_view what;  ///< "a memory dump of lsass"
  int weight = 0;
  std::string_view attack;
  bool is_dump = false;
  bool is_hive = false;
  bool is_weak = false;  ///< other programs have files of such names: content decides
};
std::optional<NamedFile> file_named(std::string_view path);

/// Whether lsass is a word of its own in a name, or begins one of a dump: not in
/// "SkillsAssessment".
bool names_lsass(std::string_view name);

/// Where a program lies, by its path alone.
enum class Place : std::uint8_t {
  windows,
  security_product,
  program_files,
  user_folder,
  share,
  other
};
Place place_of(std::string_view path);

/// Folders of agents, of setup and of packages outside Program Files: only administrators may write
/// to them, if nobody changed that. "" for others.
std::string_view agent_folder(std::string_view image);

/// Who did it: User of Sysmon, else the subject of the audit; "" when nobody is named.
std::string account_in(const Fact& fact);
/// At most 300 bytes, cut at a character.
std::string shortened(std::string_view text);
/// The start of the process that the fact names by `pid` and `image`, nullptr when it was not told.
const Fact* start_of(const FactBook& book, std::string_view pid, std::string_view image,
                     FileTime time);

}  // namespace hozen::credentials
