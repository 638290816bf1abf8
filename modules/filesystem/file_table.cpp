// The file table of every NTFS volume: each file and folder that there is, and those deleted whose
// record was not yet used again. $FILE_NAME's times are set by Windows alone, those of
// $STANDARD_INFORMATION by any program; a deleted record proves that the file was there, not when
// it went. What was deleted longer ago is not here: its record holds another file. Large extended
// attributes are preserved: no listing shows them, and programs keep what must not be seen there.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "collector/formats/ntfs_ea.h"
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

/// Windows' own take less: what the kernel knows of a signature has some hundred bytes.
constexpr std::uint64_t kLargeEaBytes = 1024;
constexpr std::uint64_t kMaxLargeEas = 1000, kMaxLargeEaBytes = 32u << 20;

/// Where the attribute of this type of the row's file is read from; nothing where its path is not
/// known for sure.
std::optional<EvidencePath> attribute_path(const FileRow& row, std::string_view stream) {
  if (!row.file->in_use() || row.path_state != ntfs::PathState::exact) return std::nullopt;
  const auto path = EvidencePath::parse(row.path);
  if (!path || path->text() != row.path) return std::nullopt;
  return path->with_stream(stream);
}
constexpr std::string_view kEaStream = ":$EA", kReparseStream = ":$REPARSE_POINT";

class TableReader {
 public:
  TableReader(ModuleContext& context, VolumeTable& table, const std::string& volume)
      : context_{context}, table_{table}, volume_{volume} {}

  void read() {
    const auto read_attribute = [&](const FileRow& row, std::uint32_t type) {
      return read_outside(row, type);
    };
    FileRowMaker rows{table_.table(), table_.bytes(), table_.record_bytes(), volume_,
                      read_attribute};
    std::uint64_t deleted = 0;
    table_.hash_anew();
    table_.table().each_file([&](const ntfs::File& file) {
      const FileRow& row = rows.make(file);
      deleted += file.in_use() ? 0u : 1u;
      context_.emit(kFile, kFileFields, row, envelope_of(row));
      for (const Error& problem : file.problems) table_.tell(problem);
      for (const Error& problem : row.problems) table_.tell(problem);
      preserve_extended_attributes(row);
      if (row.names_left_out != 0)
        table_.tell({Errc::limit,
                     std::to_string(row.names_left_out) + " hard links whose paths are left out",
                     row.offset});
      return !context_.stop().stop_requested();
    });
    table_.tell_rest();
    note_extended_attributes(Errc::limit, eas_left_out_,
                             " further files with large extended attributes, which are not "
                             "preserved");
    note_extended_attributes(Errc::unsupported, eas_unseen_,
                             " files with large extended attributes that the source does not show");
    Envelope envelope;
    envelope.origin.artifact = table_.artifact();
    TableRow row{volume_, table_.bytes(),          table_.record_bytes(),
                 deleted, table_.table().counts(), table_.sha256()};
    if (context_.stop().stop_requested()) row.sha256.reset();  // not all of it became records
    context_.emit(kTable, kTableFields, row, envelope);
  }

 private:
  /// On a running system a moment later than the record.
  Result<std::vector<std::byte>> read_outside(const FileRow& row, std::uint32_t type) {
    const bool is_ea = type == ntfs::attribute_type::kEa;
    const auto path = attribute_path(row, is_ea ? kEaStream : kReparseStream);
    if (!path)
      return Error{Errc::unsupported, "ntfs attribute of a file whose path is not known for sure"};
    HOZEN_TRY(const auto content, context_.source().open(*path));
    return read_all(*content, ntfs::kMaxEaBytes);
  }

  void preserve_extended_attributes(const FileRow& row) {
    const std::uint64_t bytes = row.file->ea_stored.value_or(0);
    if (bytes <= kLargeEaBytes || !row.file->in_use()) return;
    const auto path = attribute_path(row, kEaStream);
    if (!path || !context_.source().stat(*path)) {
      ++eas_unseen_;
      return;
    }
    if (eas_ == kMaxLargeEas || bytes > kMaxLargeEaBytes - ea_bytes_) {
      ++eas_left_out_;
      return;
    }
    ++eas_;
    ea_bytes_ += bytes;
    context_.collect(*path, "Large extended attributes, which no listing shows", Priority::normal);
  }

  void note_extended_attributes(Errc code, std::uint64_t files, const char* what) {
    if (files != 0)
      context_.note(
          {code, table_.path().text() + ": " + std::to_string(files) + what, std::nullopt});
  }

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
  std::uint64_t eas_ = 0, ea_bytes_ = 0, eas_left_out_ = 0, eas_unseen_ = 0;
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
