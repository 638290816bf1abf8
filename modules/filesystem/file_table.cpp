// The file table of every NTFS volume: each file and folder that there is, and those deleted whose
// record was not yet used again. $FILE_NAME's times are set by Windows alone, those of
// $STANDARD_INFORMATION by any program; a deleted record proves that the file was there, not when
// it went. What was deleted longer ago is not here: its record holds another file.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "collector/formats/ntfs_table.h"
#include "collector/module/file_row.h"
#include "collector/module/module.h"

namespace hozen::modules {
namespace {

constexpr auto kFileColumns = columns_of(kFileFields);
constexpr Kind kFile{"file", "One file or folder of a file table, in use or deleted.",
                     kFileColumns};
constexpr std::array kKinds{kFile};

constexpr std::string_view kReferences[] = {
    "https://flatcap.github.io/linux-ntfs/ntfs/files/mft.html",
    "https://github.com/libyal/libfsntfs/blob/main/documentation/"
    "New%20Technologies%20File%20System%20(NTFS).asciidoc"};
constexpr std::string_view kAttack[] = {"T1070.004", "T1070.006", "T1564.004"};

/// Damaged records of one table that are told one by one.
constexpr std::uint64_t kMaxNotes = 100;

class TableReader {
 public:
  TableReader(ModuleContext& context, const std::string& volume)
      : context_{context}, volume_{volume}, path_{EvidencePath{volume} / "$MFT"} {}

  void read() {
    auto table = context_.source().open(path_);
    if (!table) {
      // Through a mounted file system the table cannot be seen: nothing is missing that was there.
      if (table.error().code != Errc::not_found) context_.note(table.error());
      return;
    }
    constexpr std::size_t kHeadBytes = 48;
    std::vector<std::byte> head(kHeadBytes);
    const auto got = (*table)->read(0, head);
    const std::uint32_t record_bytes = got ? ntfs::table_record_bytes(Bytes{head}) : 0;
    if (record_bytes == 0)
      return context_.note({Errc::malformed, path_.text() + ": no file table", 0});
    const std::uint32_t row = context_.collect(path_, "The file table", Priority::high).row;
    // On a running system the preserved copy is read at another moment, and is another.
    if (context_.source().kind() != "live") artifact_ = row;
    emit_files(**table, record_bytes);
  }

 private:
  void emit_files(ByteSource& source, std::uint32_t record_bytes) {
    ntfs::FileTable table{source, record_bytes};
    table.index([&](const Error& error) { tell(error); });
    FileRowMaker rows{table, source.size(), record_bytes, volume_};
    table.each_file([&](const ntfs::File& file) {
      const FileRow& row = rows.make(file);
      context_.emit(kFile, kFileFields, row, envelope_of(row));
      for (const Error& problem : file.problems) tell(problem);
      if (row.names_left_out != 0)
        tell({Errc::limit,
              std::to_string(row.names_left_out) + " hard links whose paths are left out",
              row.offset});
      return !context_.stop().stop_requested();
    });
    const ntfs::TableCounts& counts = table.counts();
    if (const auto damaged = counts.bad + counts.malformed + counts.torn; damaged != 0)
      tell({Errc::malformed, std::to_string(damaged) + " damaged file records", std::nullopt});
    if (told_ > kMaxNotes)
      context_.note({Errc::limit, path_.text() + ": " + std::to_string(told_ - kMaxNotes) +
                                      " further problems, not listed"});
  }

  void tell(const Error& error) {
    if (++told_ > kMaxNotes) return;
    Error note = error;
    note.what = path_.text() + ": " + note.what;
    context_.note(std::move(note));
  }

  Envelope envelope_of(const FileRow& row) const {
    Envelope envelope;
    envelope.origin.artifact = artifact_;
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
  const std::string& volume_;
  EvidencePath path_;
  std::optional<std::uint32_t> artifact_;
  std::uint64_t told_ = 0;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes())
    if (!volume.unreadable) TableReader{context, volume.name}.read();
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
