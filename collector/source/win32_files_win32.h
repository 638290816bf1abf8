// Files, folders, streams and volumes of Windows, read-only: what the live source and
// `collect --root` on Windows stand on. Only *_win32.cpp files include this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/result.h"
#include "collector/source/source.h"

namespace hozen::win32 {

/// Errc::not_found for "no such file, path, name", Errc::io otherwise; detail: "CreateFileW: error
/// 32".
Error system_error(std::string_view what, std::string_view call, unsigned long code);

std::wstring to_wide(std::string_view wtf8);
std::string from_wide(std::wstring_view text);

/// `\\?\`-form of an absolute Windows path ("C:\x", "\\server\share\x"); no other change: no length
/// limit, and names with trailing dots or spaces are reached as they are stored.
std::wstring extended_path(std::string_view absolute_path);

/// One entry as FindFirstFileExW tells it; "." and ".." are left out.
struct FolderEntry {
  std::string name;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;  ///< 0 unless kAttributeReparsePoint
  std::uint64_t size = 0;
  Times times;  ///< without `changed`: a listing does not tell it
};

/// What an opened file tells of itself, beyond its listing.
struct FileFacts {
  std::uint32_t attributes = 0, reparse_tag = 0, link_count = 0;
  std::uint64_t size = 0, file_reference = 0;
  Times times;  ///< all four
};

/// Lists in stored order until `visit` returns false.
Result<void> list_folder(const std::wstring& folder,
                         const std::function<bool(const FolderEntry&)>& visit);

/// Opens for reading attributes only (works on a file that somebody holds without sharing); a
/// reparse point is looked at itself, not followed.
Result<FileFacts> read_facts(const std::wstring& path);

/// Owner as "S-1-5-…".
Result<std::string> read_owner(const std::wstring& path);

/// Names of the alternate data streams ("Zone.Identifier"), without the unnamed one.
/// Errc::unsupported where the system or the file system has no such call.
Result<std::vector<std::string>> list_streams(const std::wstring& path);

/// Opens with full sharing, backup semantics, without following a reparse point and, where allowed,
/// without touching the time of access. Append ":stream" for an alternate data stream. Refuses
/// folders (Errc::unsupported), placeholders whose data would be downloaded (Errc::unsupported) and
/// devices.
Result<std::unique_ptr<ByteSource>> open_file(const std::wstring& path);

/// Target of a junction or symbolic link as stored ("\??\C:\Users", "..\x").
Result<std::string> read_link(const std::wstring& path);

struct DriveFacts {
  std::string name;                 ///< "C:"
  unsigned type = 0;                ///< DRIVE_* of GetDriveTypeW
  bool fixed_or_removable = false;  ///< not a network drive, CD or RAM disk
  std::optional<std::string> serial{}, file_system{};
  std::optional<Error> unreadable{};  ///< GetVolumeInformationW failed
};
/// The drive letters there are. Does not wake an empty drive with a dialog.
std::vector<DriveFacts> list_drives();

/// Where a volume of the evidence lies on this machine.
struct Mount {
  std::string volume;  ///< "C:"
  std::wstring
      root;  ///< extended_path of the folder that is the volume's root, without a final backslash
  std::vector<std::string> below{};  ///< components of the evidence that lie above `root`
                                     ///< ({"Windows"} for a copied Windows folder)
};

/// stat, walk and open of EvidenceSource over mounts. Links on the way are followed only while they
/// stay within the mounts, a bounded number of times; the last component never is.
class Tree {
 public:
  explicit Tree(std::vector<Mount> mounts);
  ~Tree();
  Result<FileInfo> stat(const EvidencePath& path);
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem);
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path);

 private:
  struct State;
  std::unique_ptr<State> self_;
};

}  // namespace hozen::win32
