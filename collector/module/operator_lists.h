// What the operator gave to judge by, besides the profile.
#pragma once

#include <string>
#include <vector>

namespace hozen {

/// One way in which a program is known to load a DLL from a place that is not its own.
struct HijackWay {
  std::string executable{};  ///< path with the list's variables: "%PROGRAMFILES%\\Vendor\\a.exe"
  std::string type{};        ///< "Sideloading", "Phantom", "Search Order", "Environment Variable"
  std::string variable{};    ///< of the last of these
  std::vector<std::string> sha256{};  ///< of the program, hex, lower case
};

/// A DLL of a list in the format of HijackLibs.
struct HijackEntry {
  std::string name{};  ///< "version.dll", lower case
  std::string vendor{};
  std::vector<std::string> expected_locations{};  ///< folders, with the list's variables
  std::vector<std::string> expected_signers{};    ///< subjects of certificates
  std::vector<HijackWay> ways{};
};

struct OperatorLists {
  std::string hijack_list_name{};             ///< the file's name, "" when none was given
  std::vector<HijackEntry> hijack_entries{};  ///< by name
};

}  // namespace hozen
