// The whole file table of a volume in one pass, and the paths of what is in it.
//
// Source: libyal/libfsntfs "Path" and "Orphaned files"; sequence numbers of deleted records as
// observed on volumes of Windows and ntfs-3g (raised by one when a record is freed). Compared with
// fls of sleuthkit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/name_pool.h"
#include "collector/formats/ntfs_file.h"

namespace hozen::ntfs {

/// What a path says of where a file lay.
enum class PathState : std::uint8_t {
  exact,           ///< every folder on the way is the one that was meant, and in use
  deleted_parent,  ///< a folder on the way is deleted, but its record is still its own
  orphan,          ///< a folder on the way is not there any more: the path begins with $Orphan
  limit,           ///< folders form a loop or are nested deeper than any honest one: $Orphan too
};
std::string_view to_text(PathState state);

constexpr std::size_t kMaxPathDepth = 256;
/// NTFS allows 32,767 UTF-16 units; a unit takes up to 3 bytes in WTF-8.
constexpr std::size_t kMaxPathBytes = std::size_t{3} * 32'767;
/// Where paths begin whose beginning is not known.
constexpr std::string_view kOrphanFolder = "\\$Orphan";

/// Visits every slot of the table in order; `visit` answers whether to go on. What cannot be read
/// is told to `problem`, as ranges and behind the visits of these, and passed over as `malformed`.
/// Memory: one buffer of at most 1 MiB.
void scan_table(ByteSource& table, std::uint32_t record_bytes,
                FunctionRef<bool(std::uint64_t number, Slot& slot)> visit,
                FunctionRef<void(Error)> problem);

/// The record size of a table that begins with `head`; 0 when it does not look like one.
std::uint32_t table_record_bytes(Bytes head);
/// The same of a table whose first records may be damaged: of the first in its first MiB that says
/// its size and lies where one of that size does.
std::uint32_t table_record_bytes(ByteSource& table);

struct TableCounts {
  std::uint64_t slots = 0, records = 0, in_use = 0, directories = 0, extensions = 0, torn = 0,
                bad = 0, malformed = 0;
  std::uint64_t files_in_use = 0, folders_in_use = 0;  ///< base records; folders among them
  std::uint64_t misplaced = 0;  ///< say another number than that of their place
  /// Extensions in use, and those of them that each_file() found the files of: all, when it went to
  /// the end of a sound table.
  std::uint64_t extensions_in_use = 0, extensions_joined = 0;
  std::uint32_t system_files = 0;  ///< a bit for each of the first records that is there, in use

  /// Where something is missing in front of them, as of a table whose beginning was lost, all are
  /// misplaced: paths cannot be told then.
  std::optional<Error> misplaced_problem() const;
  /// After an each_file() to the end: extension records whose file is not there, or is another.
  std::optional<Error> unclaimed_problem() const;
  /// What is lost with these is not seen in the counts: a wiped record looks like one never used.
  std::optional<Error> system_problem() const;
};

/// Two passes: index() learns the folders and what extends what, each_file() then gives every file
/// with its records joined. Memory: 4 bytes a record, some 100 a folder. Not safe for two threads.
class FileTable {
 public:
  /// `table`: the stream of $MFT, or a copy of it; must outlive this.
  FileTable(ByteSource& table, std::uint32_t record_bytes)
      : table_{table}, record_bytes_{record_bytes} {}

  void index(FunctionRef<void(Error)> problem);
  /// Every base record that is intact or torn, in use or not, in order; `visit` answers whether to
  /// go on. `file` is used again for the next. What cannot be read was told by index().
  void each_file(FunctionRef<bool(const File& file)> visit);
  /// Appends `\folder\folder\` of the folder meant (`\` for the root).
  PathState append_folder(std::string& out, FileReference folder);
  /// Appends the whole path of a name of a file.
  PathState append_path(std::string& out, const FileName& name);
  /// Whether the folder meant is there and in use. The root always is.
  bool has_folder(FileReference folder) const;
  const TableCounts& counts() const { return counts_; }
  /// Base and extension of each record that extends another; sorted. After index().
  using Extension = std::pair<std::uint64_t, std::uint64_t>;
  const std::vector<Extension>& extensions() const { return extensions_; }

 private:
  /// One cache line: files ask for theirs in any order.
  struct Folder {
    FileReference self{}, parent{};
    std::uint32_t name_offset = 0, name_bytes = 0;
    // Its path, once it was asked for: in `paths_`, while that is of the same age.
    std::uint32_t path_offset = 0, path_bytes = 0, path_age = 0;
    std::uint16_t path_depth = 0;
    PathState path_state = PathState::exact;
    bool in_use = false, has_name = false, has_long_name = false;
  };
  static_assert(sizeof(Folder) <= 64);
  void learn(std::uint64_t number, const Slot& slot);
  void learn_folder(const File& file);
  std::uint64_t add_extensions(File& file);
  void read_file(File& file, std::uint64_t number, const Slot& slot);
  void prefetch_folder(const File& file) const;
  void prefetch_path(const File& file) const;
  /// Index into `folders_`.
  std::optional<std::size_t> find_folder(FileReference meant) const;
  void find_path(Folder& folder);
  bool is_path_usable(const Folder& folder, std::size_t depth_below, std::size_t bytes_below) const;
  void keep_path(Folder& folder);

  ByteSource& table_;
  std::uint32_t record_bytes_;
  TableCounts counts_;
  std::vector<std::uint32_t> folder_of_record_;  // index into folders_ plus 1
  std::vector<Folder> folders_;
  NamePool names_;
  std::vector<Extension> extensions_;
  File scratch_;
  std::vector<std::byte> extension_bytes_;
  std::string paths_;  // of folders that were asked for, each with a backslash at its end
  std::uint32_t paths_age_ = 1;
  std::string path_;  // of the folder that is asked for
};

}  // namespace hozen::ntfs
