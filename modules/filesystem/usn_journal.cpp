// The change journal of every NTFS volume ($UsnJrnl:$J): files made, written, renamed, deleted,
// with times, for as long as the journal reaches back (hours on a busy server, weeks on a desktop).
// It proves that a file of that name was changed then, also when it is gone; not who did it. Paths
// use the names that folders have now.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/module/module.h"
#include "collector/module/usn_row.h"

namespace hozen::modules {
namespace {

constexpr auto kUsnColumns = columns_of(kUsnFields);
constexpr Kind kUsn{"usn", "One record of a change journal.", kUsnColumns};
constexpr std::array kKinds{kUsn};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/api/winioctl/ns-winioctl-usn_record_v2",
    "https://learn.microsoft.com/windows/win32/fileio/change-journals"};
constexpr std::string_view kAttack[] = {"T1070.004", "T1070.006"};

/// The file table that tells where folders are; nothing where it cannot be read.
class Folders {
 public:
  Folders(EvidenceSource& source, const std::string& volume) {
    auto stream = source.open(EvidencePath{volume} / "$MFT");
    constexpr std::size_t kHeadBytes = 48;
    std::vector<std::byte> head(kHeadBytes);
    if (!stream || !(*stream)->read(0, head)) return;
    const std::uint32_t record_bytes = ntfs::table_record_bytes(Bytes{head});
    if (record_bytes == 0) return;
    stream_ = *std::move(stream);
    table_ = std::make_unique<ntfs::FileTable>(*stream_, record_bytes);
    table_->index([&](const Error&) { ++problems_; });
  }
  /// Met while the folders were read: paths through them may be missing (file_table tells which).
  std::uint64_t problems() const { return problems_; }
  ntfs::FileTable* table() { return table_.get(); }

 private:
  std::unique_ptr<ByteSource> stream_;
  std::unique_ptr<ntfs::FileTable> table_;
  std::uint64_t problems_ = 0;
};

void read_journal(ModuleContext& context, const std::string& volume) {
  const EvidencePath path = (EvidencePath{volume} / "$Extend" / "$UsnJrnl").with_stream("$J");
  const auto info = context.source().stat(path);
  if (!info) {
    if (info.error().code != Errc::not_found) context.note(info.error());
    return;
  }
  const auto journal = context.source().open(path);
  if (!journal) return context.note(journal.error());
  const std::uint32_t row = context.collect(path, "The change journal", Priority::high).row;
  // On a running system the preserved copy is read at another moment, and begins elsewhere.
  std::optional<std::uint32_t> artifact;
  if (context.source().kind() != "live") artifact = row;
  Folders folders{context.source(), volume};
  if (folders.problems() != 0)
    context.note({Errc::malformed, path.text() + ": " + std::to_string(folders.problems()) +
                                       " problems in the file table that paths are taken from"});
  UsnRowMaker rows{folders.table(), volume};
  ntfs::Problems problems;
  ntfs::each_usn_record(**journal, info->sparse_head_bytes, problems,
                        [&](const ntfs::UsnRecord& record) {
                          Envelope envelope;
                          // The artifact begins behind the part that has no place on the volume.
                          const std::uint64_t head = artifact ? info->sparse_head_bytes : 0;
                          envelope.origin = {artifact, {}, record.offset - head};
                          if (record.major_version < 4)
                            envelope.timestamps.emplace_back("changed", record.time);
                          context.emit(kUsn, kUsnFields, rows.make(record), envelope);
                          return !context.stop().stop_requested();
                        });
  for (Error problem : problems.kept()) {
    problem.what = path.text() + ": " + problem.what;
    context.note(std::move(problem));
  }
  if (const auto further = problems.count() - problems.kept().size(); further != 0)
    context.note({Errc::limit,
                  path.text() + ": " + std::to_string(further) + " further problems, not listed"});
}

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes())
    if (!volume.unreadable) read_journal(context, volume.name);
  return {};
}

}  // namespace

extern const ModuleSpec usn_journal;
const ModuleSpec usn_journal{"usn_journal",
                             "Records of the change journals of NTFS volumes: files made, written, "
                             "renamed and deleted.",
                             kKinds,
                             kReferences,
                             kAttack,
                             run};

}  // namespace hozen::modules
