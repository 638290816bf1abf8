// Where evidence comes from: live Windows, a folder, an image, a test's fake. Modules see only
// this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/filetime.h"
#include "collector/source/evidence_path.h"

namespace hozen {

struct Times {
  FileTime created, modified, changed, accessed;
};

// FILE_ATTRIBUTE_* (MS-FSCC 2.6) that rules and sources look at.
constexpr std::uint32_t kAttributeReadOnly = 0x1;
constexpr std::uint32_t kAttributeHidden = 0x2;
constexpr std::uint32_t kAttributeSystem = 0x4;
constexpr std::uint32_t kAttributeDirectory = 0x10;
constexpr std::uint32_t kAttributeReparsePoint = 0x400;
constexpr std::uint32_t kAttributeOffline = 0x1000;
constexpr std::uint32_t kAttributeEncrypted = 0x4000;
constexpr std::uint32_t kAttributeRecallOnOpen = 0x40000;
constexpr std::uint32_t kAttributeRecallOnDataAccess = 0x400000;
/// True where reading would fetch the content from a cloud or an archive. kAttributeOffline alone
/// is no such sign: anybody can set it on any file.
constexpr bool is_placeholder(std::uint32_t attributes) {
  constexpr std::uint32_t kArchived = kAttributeOffline | kAttributeReparsePoint;
  return (attributes & (kAttributeRecallOnOpen | kAttributeRecallOnDataAccess)) != 0 ||
         (attributes & kArchived) == kArchived;
}

/// What a source knows about a file or folder. What it cannot know is empty.
struct FileInfo {
  EvidencePath path;       ///< as stored, not as asked
  std::uint64_t size = 0;  ///< bytes of the unnamed $DATA
  std::optional<std::uint32_t>
      attributes{};  ///< FILE_ATTRIBUTE_*; kAttributeDirectory is mirrored in is_directory
  bool is_directory = false;
  bool is_link = false;  ///< symbolic link, junction or other name-surrogate reparse point: listed,
                         ///< never followed
  Times si{};            ///< $STANDARD_INFORMATION
  std::optional<Times> fn{};                 ///< $FILE_NAME
  std::optional<std::string> link_target{};  ///< of a link, as stored there; a listing may lack it
  std::optional<std::uint64_t> file_reference{};  ///< MFT record (48 bits) and sequence (16 bits)
  std::optional<std::uint32_t> reparse_tag{}, link_count{};
  std::optional<std::string> owner_sid{};
  std::optional<std::uint64_t>
      disk_offset{};  ///< first cluster, bytes from the start of the volume: orders collection
  std::vector<std::string> streams{};  ///< names of alternate data streams
  bool deleted = false;
  /// Deleted, and its content is read from clusters that another file, gone by now too, may have
  /// had since.
  bool possibly_overwritten = false;
  /// Of the change journal ($J): bytes at its beginning that Windows gave back to the volume. They
  /// read as zeros, many gigabytes of them, and are not preserved.
  std::uint64_t sparse_head_bytes = 0;
  std::optional<std::string> host_name_hex{};  ///< the name's exact bytes in hex where the host's
                                               ///< file system held no valid text
};

enum class Visit : std::uint8_t { enter, skip, stop };
enum class View : std::uint8_t { raw, api };
std::string_view to_text(View view);

/// The detail of the Error (Errc::unsupported) for a file where a folder is asked for.
inline constexpr std::string_view kNotAFolder = "not a folder";

class Registry;
struct LiveState;       // collector/source/live_state.h
struct DeletedFile;     // collector/source/deleted_file.h
struct DeletedContent;  // collector/source/deleted_file.h

struct VolumeInfo {
  std::string name;                     ///< "C:" or "volume1"
  std::optional<std::string> serial{};  ///< "70EC-FA33"
  std::string file_system{};            ///< "NTFS", "" when not known
  std::optional<Error> unreadable{};    ///< why it could not be read
  /// Every file of the volume can be seen: what is not there does not exist. Not so for a copy,
  /// which may hold a part.
  bool is_whole = false;
  // Of an image: the partition's number in its table, and where it lies.
  std::optional<std::uint32_t> partition{};
  std::optional<std::uint64_t> offset_bytes{}, size_bytes{};
};

/// What a live host says of itself and what we are on it; for an offline source what its hives say.
struct HostFacts {
  std::string name, domain, role, product, build, machine_guid, architecture, time_zone;
  std::string emulator;  ///< "Wine 8.0" where the running system is not Windows itself; "" on it
  FileTime installed{}, last_boot{};
  std::vector<std::string> addresses;
};

/// The spellings of `path` in a source that has one for each: as `info`, what stat() said, has it.
std::vector<EvidencePath> only_spelling(const EvidencePath& path, const Result<FileInfo>& info);

class EvidenceSource {
 public:
  virtual ~EvidenceSource() = default;
  virtual std::string_view kind() const = 0;  ///< "live" | "folder" | "image"
  virtual std::string describe() const = 0;  ///< what was given: the root or the image, "this host"
  virtual std::string_view method() const = 0;  ///< how its files are read: "file_api" | "raw_ntfs"
  virtual const std::vector<VolumeInfo>& volumes() const = 0;
  /// Case-insensitive. Errc::not_found when it is not there; a link on the way is not followed out
  /// of the tree. Of entries that differ in case only, the one spelled as asked is meant, else the
  /// first in a fixed order (told in take_remarks()); a folder that lacks the rest of the path
  /// gives way to the next.
  virtual Result<FileInfo> stat(const EvidencePath&) = 0;
  /// True when the file is surely as it was when stat() and open() were last asked for it, at less
  /// cost than asking again; false tells nothing.
  virtual bool is_untouched(const EvidencePath& /*path*/) { return false; }
  /// Calls `visit` for each entry below `directory` (not for itself), folders before their
  /// contents; Visit::enter descends. Never follows a reparse point or link. A folder that cannot
  /// be listed is reported through `problem` and skipped.
  virtual Result<void> walk(const EvidencePath& directory,
                            const std::function<Visit(const FileInfo&)>& visit,
                            const std::function<void(const EvidencePath&, Error)>& problem) = 0;
  /// Errc::not_found, or Errc::io with the system's code in `detail`. Times of access are left
  /// alone where the system allows.
  virtual Result<std::unique_ptr<ByteSource>> open(const EvidencePath&) = 0;
  /// All bytes of the volume of that name, one that cannot be read as a file system too: below the
  /// file system, as they lie. Errc::unsupported where the source has no such bytes (a folder),
  /// Errc::not_found for a volume it does not have, Errc::io.
  virtual Result<std::unique_ptr<ByteSource>> open_volume(const std::string& volume);
  /// The same file, read the other way: from the volume where open() asks the file system, through
  /// the file system where open() reads the volume; method() tells which. Errc::unsupported where
  /// there is one way only.
  virtual Result<std::unique_ptr<ByteSource>> open_other_way(const EvidencePath& path);
  /// The folder that `path` means, as it is stored: a link as its last component is followed too,
  /// within the evidence. Errc::not_found; Errc::unsupported for what is no folder and for a link
  /// that leads out of the evidence; Errc::limit for a loop of links.
  virtual Result<EvidencePath> real_folder(const EvidencePath& path);
  /// The entries that `path` means when case is not looked at, each as stored; mostly one, none
  /// when it is not there. Its first `fixed` components are the entry that stat() finds. Where that
  /// cannot be found out, `path` itself: using it tells why.
  virtual std::vector<EvidencePath> spellings(const EvidencePath& path, std::size_t /*fixed*/) {
    return only_spelling(path, stat(path));
  }
  /// What tells one entry from another: the same text for two paths that lead to the same entry but
  /// for links. The folded path, and the exact one where entries differ in case only.
  virtual std::string key(const EvidencePath& path) { return path.folded(); }
  /// What lookups met and nobody was told: more than one entry for a path. Each once.
  virtual std::vector<Error> take_remarks() { return {}; }
  /// Whether open_deleted() can tell anything of files of this volume.
  virtual bool reads_deleted(std::string_view /*volume*/) { return false; }
  /// What is left of a deleted file. Errc::unsupported where the source does not read file records
  /// itself, and for content that lies elsewhere; Errc::not_found when the record tells no such
  /// stream, Errc::malformed when it is damaged or holds another file by now, Errc::io.
  virtual Result<DeletedContent> open_deleted(const DeletedFile& file);
  /// The registry as the running system's API tells it; nullptr when this source has none. (The raw
  /// view is made of hive files: OfflineRegistry.)
  virtual Registry* api_registry() = 0;
  /// What only a running system can tell; nullptr on a folder or image. Asked for once, then kept.
  virtual const LiveState* live_state() { return nullptr; }
  /// Facts of the running host; nothing offline (they come from the hives then).
  virtual std::optional<HostFacts> live_host() { return std::nullopt; }
  /// The run's start on a live host; nothing offline, where the newest trusted time of the evidence
  /// is taken.
  virtual std::optional<FileTime> live_time() const { return std::nullopt; }
};

}  // namespace hozen
