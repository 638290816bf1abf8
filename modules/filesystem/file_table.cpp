// The file table of every NTFS volume: each file and folder that there is, and those deleted whose
// record was not yet used again. $FILE_NAME's times are set by Windows alone, those of
// $STANDARD_INFORMATION by any program; a deleted record proves that the file was there, not when
// it went. What was deleted longer ago is not here: its record holds another file.
#include <array>
#include <string>

#include "collector/module/file_row.h"
#include "collector/module/module.h"
#include "collector/module/volume_table.h"

namespace hozen::modules {
namespace {

constexpr auto kFileColumns = columns_of(kFileFields);
constexpr std::string_view kFileTimes[] = {"fn"};
constexpr Kind kFile{"file", "One file or folder of a file table, in use or deleted.", kFileColumns,
                     "{path|mft_record}[?allocated=false: (deleted)]", kFileTimes};

struct TableRow {
  const std::string& volume;
  std::uint64_t bytes = 0, record_bytes = 0, deleted = 0;
  ntfs::TableCounts counts;
  std::optional<Sha256Digest> sha256;
};

using T = Field<TableRow>;
constexpr std::array kTableFields{
    T{{"volume", "Volume as the source calls it."},
      [](const TableRow& r, Cell& c) { c.text(r.volume); }},
    T{{"size", "Bytes of the table."}, [](const TableRow& r, Cell& c) { c.number(r.bytes); }},
    T{{"record_bytes", "Bytes of a record."},
      [](const TableRow& r, Cell& c) { c.number(r.record_bytes); }},
    T{{"in_use", "Files and folders that there are."},
      [](const TableRow& r, Cell& c) { c.number(r.counts.files_in_use); }},
    T{{"folders", "Folders among them."},
      [](const TableRow& r, Cell& c) { c.number(r.counts.folders_in_use); }},
    T{{"deleted", "Deleted ones whose record was not yet used again."},
      [](const TableRow& r, Cell& c) { c.number(r.deleted); }},
    T{{"damaged_records", "Records that are torn or cannot be read."},
      [](const TableRow& r, Cell& c) {
        c.number(r.counts.bad + r.counts.malformed + r.counts.torn);
      }},
    T{{"sha256",
       "SHA-256 of the bytes that these records were read from: on a running system the copy in "
       "the bundle was read at another moment, and may have another."},
      [](const TableRow& r, Cell& c) {
        r.sha256 ? c.bytes(*r.sha256) : c.absent(Absent::unreadable);
      }},
};
constexpr auto kTableColumns = columns_of(kTableFields);
constexpr Kind kTable{"file_table", "A file table, after its files.", kTableColumns,
                      "File table of {volume}"};
constexpr std::array kKinds{kFile, kTable};

constexpr std::string_view kReferences[] = {
    "https://flatcap.github.io/linux-ntfs/ntfs/files/mft.html",
    "https://github.com/libyal/libfsntfs/blob/main/documentation/"
    "New%20Technologies%20File%20System%20(NTFS).asciidoc"};
constexpr std::string_view kAttack[] = {"T1070.004", "T1070.006", "T1564.004"};

class TableReader {
 public:
  TableReader(ModuleContext& context, VolumeTable& table, const std::string& volume)
      : context_{context}, table_{table}, volume_{volume} {}

  void read() {
    FileRowMaker rows{table_.table(), table_.bytes(), table_.record_bytes(), volume_};
    std::uint64_t deleted = 0;
    table_.hash_anew();
    table_.table().each_file([&](const ntfs::File& file) {
      const FileRow& row = rows.make(file);
      deleted += file.in_use() ? 0u : 1u;
      context_.emit(kFile, kFileFields, row, envelope_of(row));
      for (const Error& problem : file.problems) table_.tell(problem);
      if (row.names_left_out != 0)
        table_.tell({Errc::limit,
                     std::to_string(row.names_left_out) + " hard links whose paths are left out",
                     row.offset});
      return !context_.stop().stop_requested();
    });
    table_.tell_rest();
    Envelope envelope;
    envelope.origin.artifact = table_.artifact();
    TableRow row{volume_, table_.bytes(),          table_.record_bytes(),
                 deleted, table_.table().counts(), table_.sha256()};
    if (context_.stop().stop_requested()) row.sha256.reset();  // not all of it became records
    context_.emit(kTable, kTableFields, row, envelope);
  }

 private:
  Envelope envelope_of(const FileRow& row) const {
    Envelope envelope;
    envelope.origin.artifact = table_.artifact();
    envelope.origin.offset = row.offset;
    if (const auto& si = row.file->standard) {
      envelope.timestamps.emplace_back("created", si->created);
      envelope.timestamps.emplace_back("modified", si->modified);
      envelope.timestamps.emplace_back("changed", si->changed);
      envelope.timestamps.emplace_back("accessed", si->accessed);
    }
    return envelope;
  }

  ModuleContext& context_;
  VolumeTable& table_;
  const std::string& volume_;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes()) {
    if (volume.unreadable) continue;
    if (const auto table = VolumeTable::open(context, volume.name))
      TableReader{context, *table, volume.name}.read();
  }
  return {};
}

}  // namespace

extern const ModuleSpec file_table;
const ModuleSpec file_table{"file_table",
                            "Every file and folder of NTFS volumes with its times, streams and "
                            "owner, deleted ones included.",
                            kKinds,
                            kReferences,
                            kAttack,
                            run};

}  // namespace hozen::modules
