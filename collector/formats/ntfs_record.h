// File records of NTFS ($MFT): their header and the attributes in them.
//
// Source: Linux NTFS documentation ("Concept - FILE Record", "Concept - Attribute Header"),
// libyal/libfsntfs "MFT entry", "MFT attribute"; compared with sleuthkit over real file tables.
// Not read: what lies behind the end mark of the attributes (slack).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/function_ref.h"
#include "collector/formats/ntfs_fixup.h"
#include "collector/formats/ntfs_reference.h"

namespace hozen::ntfs {

/// Numbers of the records that NTFS itself uses.
namespace record_number {
constexpr std::uint64_t kMft = 0, kMftMirror = 1, kLogFile = 2, kVolume = 3, kRoot = 5, kBitmap = 6,
                        kBoot = 7, kBadClusters = 8, kSecure = 9, kUpCase = 10, kExtend = 11;
constexpr std::uint64_t kFirstUserRecord = 24;  ///< 12 to 23 are reserved
}  // namespace record_number

/// Attribute types ($AttrDef).
namespace attribute_type {
constexpr std::uint32_t kStandardInformation = 0x10, kAttributeList = 0x20, kFileName = 0x30,
                        kObjectId = 0x40, kSecurityDescriptor = 0x50, kVolumeName = 0x60,
                        kVolumeInformation = 0x70, kData = 0x80, kIndexRoot = 0x90,
                        kIndexAllocation = 0xA0, kBitmap = 0xB0, kReparsePoint = 0xC0,
                        kEaInformation = 0xD0, kEa = 0xE0, kLoggedUtilityStream = 0x100,
                        kEnd = 0xFFFF'FFFF;
}  // namespace attribute_type

/// Flags of an attribute.
constexpr std::uint16_t kAttributeCompressionMask = 0x00FF, kAttributeEncrypted = 0x4000,
                        kAttributeSparse = 0x8000;

/// One attribute, or one piece of it; views into the record.
struct Attribute {
  std::uint32_t type = 0;
  std::uint16_t flags = 0, id = 0;
  std::size_t offset = 0;  ///< of the attribute in the record
  bool resident = true;
  Bytes name{};   ///< UTF-16LE
  Bytes value{};  ///< of a resident attribute
  // Of a non-resident attribute; sizes are in its first piece only (first_vcn 0).
  std::uint64_t first_vcn = 0, last_vcn = 0;
  std::uint64_t allocated_bytes = 0, size_bytes = 0, initialized_bytes = 0;
  std::uint16_t unit_log2 = 0;  ///< clusters in a compression unit; 0: not compressed
  Bytes runs{};                 ///< the encoded runlist

  bool is_compressed() const { return (flags & kAttributeCompressionMask) != 0; }
};

/// $STANDARD_INFORMATION. Windows NT 4's short form lacks owner to usn.
struct StandardInformation {
  FileTime created{}, modified{}, changed{}, accessed{};
  std::uint32_t attributes = 0;  ///< FILE_ATTRIBUTE_*
  std::optional<std::uint32_t> security_id{};
  std::optional<std::uint64_t> usn{};
};
/// Errc::truncated for less than the 48 bytes of the short form.
Result<StandardInformation> parse_standard_information(Bytes value);

/// An entry of $ATTRIBUTE_LIST: where a piece of an attribute lies.
struct AttributeListEntry {
  std::uint32_t type = 0;
  std::uint64_t first_vcn = 0;
  FileReference record{};
  std::uint16_t id = 0;
  Bytes name{};  ///< UTF-16LE
};
/// Windows caps a list at 256 KiB; the smallest entry has 26 bytes.
constexpr std::size_t kMaxAttributeListBytes = 256u << 10;
/// Visits the entries in order. Errc::malformed at the first entry whose length cannot be, with
/// what came before it visited.
Result<void> each_attribute_list_entry(Bytes list,
                                       FunctionRef<void(const AttributeListEntry&)> visit);

/// A view of one record whose fixup was undone; the bytes must outlive it.
class FileRecord {
 public:
  static constexpr std::size_t kHeaderBytes = 42;  ///< up to Windows 2000; later 48
  static constexpr std::uint16_t kInUse = 1, kDirectory = 2;

  FileRecord() = default;
  /// Errc::truncated for less than a header, Errc::malformed when it is not a "FILE".
  static Result<FileRecord> read(Bytes record);

  std::uint16_t sequence() const { return sequence_; }
  std::uint16_t links() const { return links_; }
  std::uint64_t lsn() const { return lsn_; }
  bool in_use() const { return (flags_ & kInUse) != 0; }
  bool is_directory() const { return (flags_ & kDirectory) != 0; }
  std::uint16_t flags() const { return flags_; }
  /// The record that this one extends; record 0 and sequence 0 for a base record.
  FileReference base() const { return base_; }
  /// Whether it extends another. One that has $STANDARD_INFORMATION does not, whatever it names:
  /// that never leaves the base record (libfsntfs, "Attribute list").
  bool is_extension() const { return names_base() && !has_standard_; }
  bool names_base() const { return base_.to_u64() != 0; }
  Bytes bytes() const { return bytes_; }
  std::uint64_t base_offset() const { return bytes_.base() + 32; }  ///< of the reference in $MFT
  /// The record's own number as it stands in it (since Windows XP), 32 bits.
  std::optional<std::uint32_t> stored_number() const { return number_; }

  /// Visits attributes front to back. One whose content contradicts itself is told to `problem` and
  /// passed over; one whose length does, ends the visit.
  void each_attribute(FunctionRef<void(const Attribute&)> visit,
                      FunctionRef<void(Error)> problem) const;
  /// False when each_attribute() visits none of this type: found without looking into them.
  bool may_hold(std::uint32_t type) const;

 private:
  Bytes bytes_;
  std::uint64_t lsn_ = 0;
  FileReference base_;
  std::uint32_t used_ = 0;
  std::uint16_t sequence_ = 0, links_ = 0, flags_ = 0, first_attribute_ = 0;
  bool has_standard_ = false;  // looked for only where a base is named
  std::optional<std::uint32_t> number_;
};

/// What lies in one place of the file table.
enum class SlotState : std::uint8_t {
  record,     ///< an intact "FILE" record
  torn,       ///< its fixup does not match: a write that was cut; its content may be mixed
  bad,        ///< "BAAD": chkdsk or Windows gave it up
  unused,     ///< zeros: never written
  malformed,  ///< anything else
};
std::string_view to_text(SlotState state);

struct Slot {
  SlotState state = SlotState::unused;
  FileRecord record{};  ///< of a `record` or a `torn` one that can be read
};
/// Undoes the fixup of `bytes` (one record, in place) and reads its header.
Slot read_slot(std::span<std::byte> bytes, std::uint64_t file_offset);

}  // namespace hozen::ntfs
