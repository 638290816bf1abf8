// Shortcuts (.lnk): where they point, with which arguments, and where they were made.
//
// Source: MS-SHLLINK (revision 9.0, 2023); shell items: shell_item.h. Windows writes links without
// the terminal block and with one; both are taken as whole.
// Not read: the values of the property store, the console settings but for the code page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/base/ansi_text.h"
#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/guid.h"
#include "collector/formats/shell_item.h"

namespace hozen {

/// LinkFlags (2.1.1) that readers look at.
namespace link_flag {
constexpr std::uint32_t kHasIdList = 0x1;
constexpr std::uint32_t kHasLinkInfo = 0x2;
constexpr std::uint32_t kHasName = 0x4;
constexpr std::uint32_t kHasRelativePath = 0x8;
constexpr std::uint32_t kHasWorkingDirectory = 0x10;
constexpr std::uint32_t kHasArguments = 0x20;
constexpr std::uint32_t kHasIconLocation = 0x40;
constexpr std::uint32_t kIsUnicode = 0x80;
constexpr std::uint32_t kForceNoLinkInfo = 0x100;
constexpr std::uint32_t kHasExpString = 0x200;
constexpr std::uint32_t kRunAsUser = 0x2000;
constexpr std::uint32_t kPreferEnvironmentPath = 0x0200'0000;
}  // namespace link_flag

struct LinkVolume {
  std::uint32_t drive_type = 0;  ///< DRIVE_* (2.3.1): 2 removable, 3 fixed, 4 remote, 5 CD-ROM
  std::uint32_t serial = 0;
  DecodedText label{};
};

struct LinkShare {
  DecodedText net_name{};                        ///< \\server\share
  DecodedText device_name{};                     ///< the drive it was mapped to, "" when none
  std::optional<std::uint32_t> provider_type{};  ///< WNNC_NET_*
};

/// Where the target was when the link was last resolved (2.3).
struct LinkInfo {
  std::optional<LinkVolume> volume{};
  std::optional<DecodedText> local_base_path{};
  std::optional<LinkShare> share{};
  DecodedText common_path_suffix{};

  std::optional<DecodedText> local_path() const;    ///< base and suffix
  std::optional<DecodedText> network_path() const;  ///< share, `\`, suffix
};

/// Who made the link (2.5.10): NetBIOS name, and the object identifiers of volume and file.
struct LinkTracker {
  DecodedText machine_id{};
  Guid volume{}, file{}, birth_volume{}, birth_file{};
};

struct LinkExtraBlock {
  std::uint32_t signature = 0, size = 0;
  std::uint64_t offset = 0;  ///< bytes from the start of the link
};

struct Link {
  std::uint32_t flags = 0;                     ///< link_flag
  std::uint32_t attributes = 0;                ///< of the target, FILE_ATTRIBUTE_*
  FileTime created{}, accessed{}, modified{};  ///< of the target, when the link was made
  std::uint32_t target_size = 0;               ///< bytes, the low 32 bits
  std::int32_t icon_index = 0;
  std::uint32_t show_command = 0;  ///< 1 normal, 3 maximised, 7 minimised
  std::uint16_t hot_key = 0;       ///< virtual key, modifiers in the high byte

  std::optional<ShellItemList> id_list{};
  std::optional<LinkInfo> info{};
  std::optional<DecodedText> name{}, relative_path{}, working_directory{}, arguments{},
      icon_location{};

  std::optional<DecodedText> environment_target{};  ///< with variables: %windir%\system32\x.exe
  std::optional<DecodedText> environment_icon{};
  std::optional<DecodedText> installer_id{};  ///< Windows Installer (Darwin) descriptor
  std::optional<DecodedText> shim_layer{};
  std::optional<LinkTracker> tracker{};
  std::optional<std::uint32_t> special_folder{};  ///< CSIDL
  std::optional<Guid> known_folder{};
  std::optional<std::uint32_t> console_code_page{};
  std::optional<ShellItemList> vista_id_list{};
  std::vector<LinkExtraBlock> extra_blocks{};  ///< all of them, in order

  std::uint64_t trailing_offset = 0;  ///< bytes behind the link's end: where they begin
  std::uint64_t trailing_bytes = 0;   ///< and how many there are; 0 in links that Windows makes
  std::vector<Error> problems{};      ///< what could not be read; the rest was
};

/// The file or location that opening the link starts, and what says so:
/// "environment" | "local" | "network" | "id_list" | "relative" | "".
struct LinkTarget {
  std::string path;
  std::string_view source;
};
LinkTarget target_of(const Link& link);

/// Errc::truncated or Errc::malformed when not even the header can be read; everything else is kept
/// as far as it goes and listed in `problems`.
Result<Link> parse_lnk(Bytes file);
constexpr std::size_t kMaxExtraBlocks = 256;  ///< Windows knows eleven kinds

}  // namespace hozen
