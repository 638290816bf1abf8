// A file of NTFS put together from its base record and the records that extend it.
//
// Source: Linux NTFS documentation ("$ATTRIBUTE_LIST", "Filename Namespace"), libyal/libfsntfs;
// compared with fls and istat of sleuthkit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/guid.h"
#include "collector/formats/ntfs_file_name.h"
#include "collector/formats/ntfs_record.h"
#include "collector/formats/ntfs_stream.h"

namespace hozen::ntfs {

/// Windows allows 1,024 hard links, each with a short name; streams are bounded by the size of an
/// attribute list. What is above is a problem of the file.
constexpr std::size_t kMaxNames = 4096, kMaxStreams = 4096;
/// Records that extend one: an attribute list of 256 KiB names fewer.
constexpr std::size_t kMaxExtensions = 10'000;
/// Problems of one file, or of one attribute of it, that are kept.
constexpr std::size_t kMaxFileProblems = 32;
/// Runs of one attribute; 1,500,000 fragments are the most that Windows can hold.
constexpr std::size_t kMaxRuns = 1'600'000;

/// An attribute as a whole: $DATA and every other that a file can have more than one of.
struct FileStream {
  std::uint32_t type = 0;
  std::string name{};        ///< "" for the unnamed one
  std::string name_utf16{};  ///< its bytes as stored
  std::uint16_t flags = 0;
  bool resident = true;
  bool has_start = false;  ///< the piece that says the sizes was found
  std::uint64_t size_bytes = 0, allocated_bytes = 0, initialized_bytes = 0;
  std::uint16_t unit_log2 = 0;
  std::optional<std::uint64_t> first_lcn{};  ///< of the first run that is not sparse
};

struct File {
  std::uint64_t number = 0;  ///< of the base record
  std::uint16_t sequence = 0, links = 0, flags = 0;
  std::uint64_t lsn = 0;
  SlotState state = SlotState::record;
  std::optional<StandardInformation> standard{};
  std::vector<FileName> names{};
  std::vector<FileStream> streams{};  ///< $DATA and index allocations
  std::optional<std::uint32_t> reparse_tag{};
  std::vector<std::byte> reparse_data{};     ///< with its header, when resident
  std::optional<std::uint32_t> ea_bytes{};   ///< of extended attributes, unpacked
  std::optional<std::uint64_t> ea_stored{};  ///< bytes of $EA itself
  std::vector<std::byte> ea_data{};          ///< of $EA, when resident
  std::optional<Guid> object_id{};
  std::vector<std::uint64_t> extensions{};  ///< by FileTable: records that name it as their base
  bool has_attribute_list = false;
  bool has_reparse_outside = false;  ///< a reparse point that is not resident
  bool has_index = false;            ///< the root of one, as every folder has
  std::vector<Error> problems{};     ///< offsets in $MFT

  bool in_use() const { return (flags & FileRecord::kInUse) != 0; }
  bool is_directory() const { return (flags & FileRecord::kDirectory) != 0; }
  /// The tag of its reparse point; of one that is not resident as its names have it.
  std::optional<std::uint32_t> known_reparse_tag() const;
  /// Whether it is called a folder and is a file: it has content and no index.
  bool is_called_folder() const { return is_directory() && !has_index && data() != nullptr; }
  /// The name to call it by: of Win32 (or both), else POSIX, else the short one; nullptr for none.
  const FileName* best_name() const;
  /// The streams are in order for this: a file may have thousands, each asked for.
  const FileStream* find_stream(std::uint32_t type, std::string_view name) const;
  const FileStream* data() const { return find_stream(attribute_type::kData, ""); }
  /// In use, and no name can be read: those of NTFS itself need none.
  bool lacks_name() const {
    return in_use() && names.empty() && number >= record_number::kFirstUserRecord;
  }
  FileReference reference() const { return {number, sequence}; }

  void clear();
  /// Takes over what a record says. The base record comes first.
  void add(const FileRecord& record);

 private:
  void add_attribute(const Attribute& attribute);
  void add_name(const Attribute& attribute);
  void add_stream(const Attribute& attribute);
  void add_reparse_point(const Attribute& attribute);
  void add_extended_attributes(const Attribute& attribute);
  void tell(Error problem);
  std::size_t stream_rank(std::uint32_t type, std::string_view name) const;

  // Indexes into `streams` in the order of types and names: a table of thousands is built name by
  // name.
  std::vector<std::uint16_t> stream_order_{};
};
static_assert(kMaxStreams <= 0xFFFF, "stream_order_ holds 16 bits");

/// Collects the pieces of one attribute from the records of a file, in any order.
class LayoutCollector {
 public:
  LayoutCollector(std::uint32_t type, std::string name, std::uint64_t volume_clusters)
      : type_{type}, name_{std::move(name)}, volume_clusters_{volume_clusters} {}
  void add(const FileRecord& record);
  /// The same of one attribute, or piece of it, known to be of this type and name.
  void add_piece(const Attribute& attribute);
  void tell(Error problem);  ///< keeps the first ones: every run can be one

  bool found() const { return value_.has_value() || has_start_ || !layout_.runs.empty(); }
  /// The piece that says the sizes, without which the others are of no use.
  bool has_start() const { return value_.has_value() || has_start_; }
  /// Of a resident attribute.
  std::optional<std::vector<std::byte>>& value() { return value_; }
  /// In order, each VCN once. What is missing in between or was in a broken runlist is a hole that
  /// cannot be read, told in problems().
  StreamLayout take_layout();
  const std::vector<Error>& problems() const { return problems_; }
  std::uint16_t flags() const { return flags_; }
  std::size_t run_count() const { return layout_.runs.size(); }

 private:
  std::uint32_t type_;
  std::string name_;
  std::uint64_t volume_clusters_;
  StreamLayout layout_;
  std::optional<std::vector<std::byte>> value_;
  std::vector<Error> problems_;
  std::uint16_t flags_ = 0;
  bool has_start_ = false;
};

}  // namespace hozen::ntfs
