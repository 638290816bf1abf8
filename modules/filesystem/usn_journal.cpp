// The change journal of every NTFS volume ($UsnJrnl:$J): files made, written, renamed, deleted,
// with times, for as long as the journal reaches back (hours on a busy server, weeks on a desktop).
// It proves that a file of that name was changed then, also when it is gone; not who did it. Paths
// use the names that folders have now.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/module/hashed_source.h"
#include "collector/module/module.h"
#include "collector/module/usn_changes.h"
#include "collector/module/usn_row.h"

namespace hozen::modules {
namespace {

constexpr auto kUsnColumns = columns_of(kUsnFields);
constexpr Kind kUsn{"usn", "One record of a change journal.", kUsnColumns,
                    "Change journal: {path|name}[ ({reasons})]"};

struct JournalRow {
  const std::string& volume;
  std::uint64_t size = 0, head_bytes = 0, records = 0;
  std::optional<std::uint64_t> first_usn, last_usn;
  FileTime first, last;
  std::optional<Sha256Digest> sha256;
};

using J = Field<JournalRow>;
constexpr std::array kJournalFields{
    J{{"volume", "Volume as the source calls it."},
      [](const JournalRow& r, Cell& c) { c.text(r.volume); }},
    J{{"size", "Bytes of the journal, the part that Windows gave back included."},
      [](const JournalRow& r, Cell& c) { c.number(r.size); }},
    J{{"sparse_head_bytes", "Bytes at its beginning that Windows gave back: they read as zeros."},
      [](const JournalRow& r, Cell& c) { c.number(r.head_bytes); }},
    J{{"records", "Records read."}, [](const JournalRow& r, Cell& c) { c.number(r.records); }},
    J{{"first_usn", "Number of the first record."},
      [](const JournalRow& r, Cell& c) {
        r.first_usn ? c.number(*r.first_usn) : c.absent(Absent::not_present);
      }},
    J{{"last_usn", "Number of the last record."},
      [](const JournalRow& r, Cell& c) {
        r.last_usn ? c.number(*r.last_usn) : c.absent(Absent::not_present);
      }},
    J{{"sha256",
       "SHA-256 of the bytes behind `sparse_head_bytes` that the records were read from: on a "
       "running system the copy in the bundle was read at another moment, and may have another."},
      [](const JournalRow& r, Cell& c) {
        r.sha256 ? c.bytes(*r.sha256) : c.absent(Absent::unreadable);
      }},
};
constexpr auto kJournalColumns = columns_of(kJournalFields);
constexpr Kind kJournal{"usn_journal",
                        "A change journal, after its records; times of the first and the last.",
                        kJournalColumns, "Change journal of {volume}"};
constexpr std::array kKinds{kUsn, kJournal};

constexpr std::string_view kRecords = "records", kAllRecords = "all", kTellingRecords = "telling";
constexpr std::string_view kRecordChoices[] = {kAllRecords, kTellingRecords};
constexpr ModuleOption kOptions[] = {
    {kRecords,
     "Which records of the journal become records: all, or those that rules join with other "
     "evidence (archives, files put where nobody works); all of them are read.",
     kRecordChoices}};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/api/winioctl/ns-winioctl-usn_record_v2",
    "https://learn.microsoft.com/windows/win32/fileio/change-journals"};
constexpr std::string_view kAttack[] = {"T1070.004", "T1070.006"};

/// The file table that tells where folders are; nothing where it cannot be read.
class Folders {
 public:
  Folders(EvidenceSource& source, const std::string& volume) {
    auto stream = source.open(EvidencePath{volume} / "$MFT");
    if (!stream) return;
    const std::uint32_t record_bytes = ntfs::table_record_bytes(**stream);
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

class JournalReader {
 public:
  JournalReader(ModuleContext& context, const std::string& volume)
      : context_{context},
        volume_{volume},
        path_{(EvidencePath{volume} / "$Extend" / "$UsnJrnl").with_stream("$J")} {}

  void read() {
    const auto info = context_.source().stat(path_);
    if (!info) {
      if (info.error().code != Errc::not_found) context_.note(info.error());
      return;
    }
    const auto journal = context_.source().open(path_);
    if (!journal) return context_.note(journal.error());
    const std::uint32_t row = context_.collect(path_, "The change journal", Priority::high).row;
    // On a running system the preserved copy is read at another moment, and begins elsewhere.
    if (context_.source().kind() != "live") artifact_ = row;
    emit_records(**journal, info->sparse_head_bytes);
  }

 private:
  void emit_records(ByteSource& journal, std::uint64_t head_bytes) {
    Folders folders{context_.source(), volume_};
    if (folders.problems() != 0)
      context_.note({Errc::malformed, path_.text() + ": " + std::to_string(folders.problems()) +
                                          " problems in the file table that paths are taken from"});
    UsnRowMaker rows{folders.table(), volume_};
    UsnChanges changes;
    ntfs::Problems problems;
    JournalRow all{volume_, journal.size(), head_bytes, 0, {}, {}, {}, {}, {}};
    HashedSource hashed{journal, head_bytes};
    const bool all_records = context_.option(kRecords) != kTellingRecords;
    // The artifact begins behind the part that has no place on the volume.
    const std::uint64_t artifact_start = artifact_ ? head_bytes : 0;
    ntfs::each_usn_record(hashed, head_bytes, problems, [&](const ntfs::UsnRecord& record) {
      count(record, all);
      Envelope envelope;
      envelope.origin = {artifact_, {}, record.offset - artifact_start};
      if (record.major_version < 4) envelope.timestamps.emplace_back("changed", record.time);
      const UsnRow& row = rows.make(record);
      std::string id;
      const auto emit = [&] {
        if (id.empty()) id = context_.emit(kUsn, kUsnFields, row, envelope);
        return id;
      };
      if (all_records) emit();
      changes.add(record, row.path, emit);
      return !context_.stop().stop_requested();
    });
    if (!context_.stop().stop_requested()) all.sha256 = hashed.digest();
    Envelope envelope;
    envelope.origin.artifact = artifact_;
    envelope.timestamps = {{"first_record", all.first}, {"last_record", all.last}};
    context_.emit(kJournal, kJournalFields, all, envelope);
    changes.finish([&](Fact fact) { context_.state(std::move(fact)); });
    if (changes.left_out() != 0)
      context_.note({Errc::limit, path_.text() + ": " + std::to_string(changes.left_out()) +
                                      " changes are not held against other evidence"});
    tell(problems);
  }

  static void count(const ntfs::UsnRecord& record, JournalRow& all) {
    ++all.records;
    if (!all.first_usn) all.first_usn = record.usn;
    all.last_usn = record.usn;
    if (record.major_version >= 4) return;
    if (!all.first.is_set()) all.first = record.time;
    all.last = record.time;
  }

  void tell(const ntfs::Problems& problems) {
    for (Error problem : problems.kept()) {
      problem.what = path_.text() + ": " + problem.what;
      context_.note(std::move(problem));
    }
    if (const auto further = problems.count() - problems.kept().size(); further != 0)
      context_.note({Errc::limit, path_.text() + ": " + std::to_string(further) +
                                      " further problems, not listed"});
  }

  ModuleContext& context_;
  const std::string& volume_;
  const EvidencePath path_;
  std::optional<std::uint32_t> artifact_;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes())
    if (!volume.unreadable) JournalReader{context, volume.name}.read();
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
                             run,
                             kOptions};

}  // namespace hozen::modules
