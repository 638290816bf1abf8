// The files in which NTFS keeps its books, preserved as they are, and what they say of the volume
// as a whole. With $MFT, $LogFile, the change journal and $Secure a second examiner can redo
// everything that is told of a file. A volume that is `dirty` was not taken down in order: the last
// changes are in $LogFile only.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/formats/ntfs_volume_record.h"
#include "collector/formats/usn_journal.h"
#include "collector/module/module.h"
#include "collector/module/ntfs_extend.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string volume;
  std::optional<ntfs::BootSector> boot{};
  std::optional<ntfs::VolumeRecord> record{};
  std::optional<std::uint64_t> table_bytes{};
  std::optional<bool> mirror_is_same{};
  std::optional<ntfs::UsnJournalLimits> journal{};
};

void number(Cell& cell, bool there, std::uint64_t value) {
  there ? cell.number(value) : cell.absent(Absent::unreadable);
}

using F = Field<Row>;
constexpr std::array kFields{
    F{{"volume", "Volume as the source calls it."},
      [](const Row& r, Cell& c) { c.text(r.volume); }},
    F{{"label", "Name that its owner gave the volume."},
      [](const Row& r, Cell& c) {
        r.record ? c.optional_text(r.record->label) : c.absent(Absent::unreadable);
      }},
    F{{"ntfs_version", "Version of NTFS: 3.1 since Windows XP."},
      [](const Row& r, Cell& c) {
        if (!r.record || !r.record->major_version) return c.absent(Absent::unreadable);
        c.text(std::to_string(*r.record->major_version) + "." +
               std::to_string(r.record->minor_version.value_or(0)));
      }},
    F{{"dirty", "Whether the volume was not taken down in order."},
      [](const Row& r, Cell& c) {
        r.record ? c.boolean(r.record->is_dirty()) : c.absent(Absent::unreadable);
      }},
    F{{"serial", "Serial number, all 64 bits in hex."},
      [](const Row& r, Cell& c) {
        if (!r.boot) return c.absent(Absent::unreadable);
        std::array<std::byte, 8> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i)
          bytes[i] = static_cast<std::byte>(r.boot->serial >> (8 * (bytes.size() - 1 - i)));
        c.bytes(bytes);
      }},
    F{{"sector_bytes", "Bytes of a sector."},
      [](const Row& r, Cell& c) {
        number(c, r.boot.has_value(), r.boot ? r.boot->sector_bytes : 0);
      }},
    F{{"cluster_bytes", "Bytes of a cluster."},
      [](const Row& r, Cell& c) {
        number(c, r.boot.has_value(), r.boot ? r.boot->cluster_bytes : 0);
      }},
    F{{"record_bytes", "Bytes of a file record."},
      [](const Row& r, Cell& c) {
        number(c, r.boot.has_value(), r.boot ? r.boot->record_bytes : 0);
      }},
    F{{"volume_bytes", "Bytes of the volume as its boot sector says."},
      [](const Row& r, Cell& c) {
        number(c, r.boot.has_value(), r.boot ? r.boot->volume_bytes() : 0);
      }},
    F{{"mft_cluster", "First cluster of $MFT."},
      [](const Row& r, Cell& c) { number(c, r.boot.has_value(), r.boot ? r.boot->mft_lcn : 0); }},
    F{{"mft_bytes", "Size of $MFT."},
      [](const Row& r, Cell& c) {
        number(c, r.table_bytes.has_value(), r.table_bytes.value_or(0));
      }},
    F{{"mft_mirror_is_same", "Whether $MFTMirr holds the same first records as $MFT."},
      [](const Row& r, Cell& c) {
        r.mirror_is_same ? c.boolean(*r.mirror_is_same) : c.absent(Absent::unreadable);
      }},
    F{{"usn_journal_max_bytes", "How large the change journal may grow."},
      [](const Row& r, Cell& c) {
        r.journal ? c.number(r.journal->max_bytes) : c.absent(Absent::not_present);
      }},
    F{{"usn_journal_lowest_usn", "Offset before which the change journal holds nothing."},
      [](const Row& r, Cell& c) {
        r.journal ? c.number(r.journal->lowest_valid_usn) : c.absent(Absent::not_present);
      }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kVolume{"ntfs_volume", "One volume of NTFS.", kColumns,
                       "NTFS volume {volume}[ {label}]"};
constexpr std::array kKinds{kVolume};

constexpr std::string_view kReferences[] = {
    "https://flatcap.github.io/linux-ntfs/ntfs/files/index.html",
    "https://learn.microsoft.com/windows/win32/fileio/change-journals"};

/// Preserved in this order; a stream is written behind a colon. $Volume has no content: what it
/// says lies in its record in $MFT. $BadClus is as large as the volume and holds nothing.
struct BookFile {
  std::string_view path, reason;
};
constexpr std::array kBooks{
    BookFile{"$Boot", "Geometry of the volume"},
    BookFile{"$MFT", "The file table"},
    BookFile{"$MFTMirr", "Copy of the first records of the file table"},
    BookFile{"$LogFile", "The last changes of the file system's own structures"},
    BookFile{"$Extend\\$UsnJrnl:$Max", "Size and age of the change journal"},
    BookFile{"$Extend\\$UsnJrnl:$J", "The change journal"},
    BookFile{"$Secure:$SDS", "Owners of files and who may use them"},
    BookFile{"$Secure:$SII:$INDEX_ROOT", "Owners and rights by their number"},
    BookFile{"$Secure:$SII:$INDEX_ALLOCATION", "Owners and rights by their number"},
    BookFile{"$Secure:$SDH:$INDEX_ROOT", "Owners and rights by their hash"},
    BookFile{"$Secure:$SDH:$INDEX_ALLOCATION", "Owners and rights by their hash"},
    BookFile{"$Bitmap", "Which clusters are in use"},
    BookFile{"$MFT::$BITMAP", "Which records of the file table are in use"},
    BookFile{"$UpCase", "How names are compared"},
    BookFile{"$Extend\\$ObjId:$O:$INDEX_ROOT", "Object ids: files that were opened through links"},
    BookFile{"$Extend\\$ObjId:$O:$INDEX_ALLOCATION",
             "Object ids: files that were opened through links"},
    BookFile{"$Extend\\$Reparse:$R:$INDEX_ROOT", "Which files are links or stored in other ways"},
    BookFile{"$Extend\\$Reparse:$R:$INDEX_ALLOCATION",
             "Which files are links or stored in other ways"},
    BookFile{"$Extend\\$Quota:$O:$INDEX_ROOT", "Who had files on the volume"},
    BookFile{"$Extend\\$Quota:$O:$INDEX_ALLOCATION", "Who had files on the volume"},
    BookFile{"$Extend\\$Quota:$Q:$INDEX_ROOT", "How much whom belongs, and since when"},
    BookFile{"$Extend\\$Quota:$Q:$INDEX_ALLOCATION", "How much whom belongs, and since when"},
};
/// Of what else lies below $Extend: the logs of transactions take some 20 MiB.
constexpr std::uint64_t kMaxExtendBytes = 256u << 20;

Result<std::vector<std::byte>> read_head(EvidenceSource& source, const EvidencePath& path,
                                         std::uint64_t offset, std::size_t bytes) {
  HOZEN_TRY(const auto content, source.open(path));
  std::vector<std::byte> head(bytes);
  HOZEN_CHECK(content->read(offset, head));
  return head;
}

class Books {
 public:
  Books(ModuleContext& context, const std::string& volume)
      : context_{context}, source_{context.source()}, root_{volume} {
    row_.volume = volume;
  }

  /// False where the source shows no file of NTFS itself.
  bool preserve() {
    bool any = false;
    for (const BookFile& book : kBooks) {
      const EvidencePath path = path_of(book);
      // Where it is damaged, its row says so.
      if (const auto info = source_.stat(path); !info && info.error().code == Errc::not_found)
        continue;
      const auto id = context_.collect(path, book.reason, Priority::high);
      if (book.path == "$MFT") table_artifact_ = id.row;
      any = true;
    }
    if (any) preserve_extend();
    return any;
  }

  void emit() {
    read_boot();
    read_table();
    const auto max = source_.open((root_ / "$Extend" / "$UsnJrnl").with_stream("$Max"));
    constexpr std::uint64_t kMaxStreamBytes = 4096;
    if (const auto bytes = max ? read_all(**max, kMaxStreamBytes) : max.error())
      if (const auto limits = ntfs::parse_usn_max(Bytes{*bytes})) row_.journal = *limits;
    Envelope envelope;
    envelope.origin.artifact = table_artifact_;
    if (row_.record) envelope.timestamps.emplace_back("created", row_.record->created);
    if (row_.journal) envelope.timestamps.emplace_back("journal_created", row_.journal->journal_id);
    context_.emit(kVolume, kFields, row_, envelope);
  }

 private:
  /// What newer Windows keep there, by the folder's own index: $RmMetadata\\$TxfLog, $Deleted.
  void preserve_extend() {
    const auto files =
        list_extend_files(source_, root_, [&](Error error) { context_.note(std::move(error)); });
    std::uint64_t bytes = 0, left_out = 0;
    const auto preserve = [&](const FileInfo& info) {
      if (info.size == 0) return;
      if (info.size > kMaxExtendBytes - bytes) {
        ++left_out;
        return;
      }
      bytes += info.size;
      context_.collect(info.path, "Kept by NTFS itself below $Extend", Priority::normal);
    };
    for (const EvidencePath& path : files) {
      if (equals_fold(path.name(), "$UsnJrnl")) continue;  // told above
      const auto info = source_.stat(path);
      if (!info) {
        context_.note(info.error());
        continue;
      }
      preserve(*info);
      for (const std::string& stream : info->streams)
        if (const auto named = source_.stat(path.with_stream(stream))) preserve(*named);
    }
    if (left_out != 0)
      note({Errc::limit, std::to_string(left_out) + " further streams below $Extend"});
  }

  /// A stream may have a colon in its name: `$O:$INDEX_ROOT`, a part of an index.
  EvidencePath path_of(const BookFile& book) const {
    const std::size_t colon = std::min(book.path.find(':'), book.path.size());
    const EvidencePath path = root_ / book.path.substr(0, colon);
    return colon == book.path.size() ? path : path.with_stream(book.path.substr(colon + 1));
  }

  void note(Error error) {
    error.what = root_.text() + ": " + error.what;
    context_.note(std::move(error));
  }

  void read_boot() {
    const auto sector = read_head(source_, root_ / "$Boot", 0, ntfs::kBootSectorBytes);
    const auto boot = sector ? ntfs::read_boot_sector(Bytes{*sector}) : sector.error();
    if (!boot) note(boot.error());
    if (boot) row_.boot = *boot;
    // The one by which the file table is found is right where they differ.
    auto bytes = source_.open_volume(row_.volume);
    if (!bytes) return;
    const auto volume = ntfs::Volume::open(std::shared_ptr<ByteSource>{*std::move(bytes)});
    if (!volume || (boot && (*volume)->boot() == *boot)) return;
    row_.boot = (*volume)->boot();
    if (boot)
      note({Errc::malformed, "ntfs boot sector", 0,
            "the file table lies where its copy says: what is told of the volume is that one's"});
  }

  void read_table() {
    const auto table = source_.open(root_ / "$MFT");
    if (!table) return note(table.error());
    row_.table_bytes = (*table)->size();
    constexpr std::uint64_t kMirrored = 4;
    const std::uint32_t record_bytes = ntfs::table_record_bytes(**table);
    std::vector<std::byte> records(kMirrored * record_bytes);
    if (record_bytes == 0 || !(*table)->read(0, records))
      return note({Errc::malformed, "no file table", 0});
    if (const auto mirror = read_head(source_, root_ / "$MFTMirr", 0, records.size()))
      row_.mirror_is_same = *mirror == records;
    const std::uint64_t offset = ntfs::record_number::kVolume * record_bytes;
    const auto slot = ntfs::read_slot(
        std::span{records}.subspan(static_cast<std::size_t>(offset), record_bytes), offset);
    if (slot.state != ntfs::SlotState::record)
      return note({Errc::malformed, "ntfs file record of $Volume", offset});
    row_.record =
        ntfs::read_volume_record(slot.record, [&](Error error) { note(std::move(error)); });
  }

  ModuleContext& context_;
  EvidenceSource& source_;
  EvidencePath root_;
  std::optional<std::uint32_t> table_artifact_;
  Row row_;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes()) {
    if (volume.unreadable) continue;
    Books books{context, volume.name};
    if (books.preserve()) books.emit();
  }
  return {};
}

}  // namespace

extern const ModuleSpec ntfs_metadata;
const ModuleSpec ntfs_metadata{"ntfs_metadata",
                               "The files in which NTFS keeps its books, preserved, and geometry, "
                               "label and state of each volume.",
                               kKinds,
                               kReferences,
                               {},
                               run};

}  // namespace hozen::modules
