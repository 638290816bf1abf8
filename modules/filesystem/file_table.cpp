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
constexpr Kind kFile{"file", "One file or folder of a file table, in use or deleted.",
                     kFileColumns};
constexpr std::array kKinds{kFile};

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
    table_.table().each_file([&](const ntfs::File& file) {
      const FileRow& row = rows.make(file);
      context_.emit(kFile, kFileFields, row, envelope_of(row));
      for (const Error& problem : file.problems) table_.tell(problem);
      if (row.names_left_out != 0)
        table_.tell({Errc::limit,
                     std::to_string(row.names_left_out) + " hard links whose paths are left out",
                     row.offset});
      return !context_.stop().stop_requested();
    });
    table_.tell_rest();
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
