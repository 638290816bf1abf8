// Files of NTFS volumes whose times contradict each other: what is left when a program set the
// times of a file so that it looks old, or like a part of Windows (timestomping). It proves that
// the times were not made where the file is now; archives, installers and copies do that as well,
// which is why many files with the same sign at one time are told once and quietly, unless their
// times are such as none of those leaves. Nothing is seen
// of a file that was moved or renamed after its times were set: Windows then copies them to
// $FILE_NAME. That a file is older than its volume, or lies among newer records, is everyday with
// Windows' own files and only adds to what else is wrong.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/file_row.h"
#include "collector/module/module.h"
#include "collector/module/time_judge.h"
#include "collector/module/volume_table.h"

namespace hozen::modules {
namespace {

using ntfs::FileName;

struct Row {
  const FileRow* file = nullptr;
  FileTime named{};
  std::vector<std::string> signs{};
  std::string same_times_as{};
  unsigned alike_in_folder = 0, alike_on_volume = 0;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "Path from the volume's root; below \\$Orphan where its folder is not known."},
      [](const Row& r, Cell& c) { c.text(r.file->path); }},
    F{{"path_state",
       "Whether the folders of the path are those meant: exact, deleted_parent, orphan, limit."},
      [](const Row& r, Cell& c) { c.text(to_text(r.file->path_state)); }},
    F{{"signs",
       "What is wrong: created_before_name, all_times_set, in_future, times_of_system_file; beside "
       "one of them also created_before_volume, among_newer_records."},
      [](const Row& r, Cell& c) { c.texts(r.signs); }},
    F{{"same_times_as", "The program of Windows that was created and modified at the same 100 ns."},
      [](const Row& r, Cell& c) {
        r.same_times_as.empty() ? c.absent(Absent::not_present) : c.text(r.same_times_as);
      }},
    F{{"alike_in_folder",
       "Files of its folder with the same signs whose names were made in the same half hour."},
      [](const Row& r, Cell& c) { c.number(r.alike_in_folder); }},
    F{{"alike_on_volume", "The same, on the whole volume."},
      [](const Row& r, Cell& c) { c.number(r.alike_on_volume); }},
    F{{"mft_record", "Number of its base record in $MFT."},
      [](const Row& r, Cell& c) { c.number(r.file->file->number); }},
    F{{"sequence", "How often that record was used; raised when a file is deleted."},
      [](const Row& r, Cell& c) { c.number(r.file->file->sequence); }},
    F{{"allocated", "Whether the record is in use; otherwise the file is deleted."},
      [](const Row& r, Cell& c) { c.boolean(r.file->file->in_use()); }},
    F{{"size", "Bytes of its unnamed stream; absent when it has none."},
      [](const Row& r, Cell& c) {
        const ntfs::FileStream* data = r.file->file->data();
        data == nullptr ? c.absent(Absent::not_present) : c.number(data->size_bytes);
      }},
    F{{"si", "Times of $STANDARD_INFORMATION, which programs can set."},
      [](const Row& r, Cell& c) { file_fields::write_si(*r.file, c); }},
    F{{"fn", "Times of $FILE_NAME, set when the name was made, moved or renamed."},
      [](const Row& r, Cell& c) { file_fields::write_fn(*r.file, c); }},
    F{{"named", "Earliest creation time of its names: what the rules compare with."},
      [](const Row& r, Cell& c) { c.time(r.named); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr std::string_view kTimeAnomalyTimes[] = {"fn"};
constexpr Kind kAnomaly{"time_anomaly", "One file whose times contradict each other.", kColumns,
                        "Times that contradict each other: {path} ({signs})", kTimeAnomalyTimes};
constexpr std::array kKinds{kAnomaly};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/techniques/T1070/006/",
    "https://learn.microsoft.com/windows/win32/sysinfo/file-times",
    "https://github.com/libyal/libfsntfs/blob/main/documentation/"
    "New%20Technologies%20File%20System%20(NTFS).asciidoc"};
constexpr std::string_view kAttack[] = {"T1070.006"};

// So many files of a folder, or of the volume, at one time are an archive, an installer or a copy.
constexpr unsigned kFolderCrowd = 3, kVolumeCrowd = 10;
// Files whose times were set are no such crowd: so many of them are told as one.
constexpr unsigned kSetCrowd = 10;
constexpr std::uint64_t kMaxRecords = 100'000;
constexpr std::size_t kMaxFindings = 200, kMaxGroups = 100, kMaxExamples = 5;
/// Files whose names were made after the reference time: then it is no "now".
constexpr std::uint64_t kMaxNamedInFuture = 10;

/// Creation times of the names in the records before one.
class Neighbours {
 public:
  void add(FileTime named) { times_[next_++ % times_.size()] = named; }
  bool are_newer_than(FileTime created) const {
    const auto newer = std::count_if(times_.begin(), times_.end(), [&](FileTime time) {
      return is_before(created, time, kTicksPerDay);
    });
    return newer >= 3;
  }

 private:
  std::array<FileTime, 4> times_{};
  std::size_t next_ = 0;
};

/// The two passes over one table.
class AnomalyFinder {
 public:
  AnomalyFinder(ModuleContext& context, VolumeTable& table, const std::string& volume)
      : context_{context},
        table_{table},
        volume_{volume},
        rows_{table.table(), table.bytes(), table.record_bytes(), volume},
        reference_{context.reference_time()} {}

  void run() {
    each_file([&](const ntfs::File& file) { learn(file); });
    if (named_in_future_ > kMaxNamedInFuture) {
      context_.note({Errc::limit,
                     table_.path().text() + ": " + std::to_string(named_in_future_) +
                         " files have names made after the reference time, which is therefore no "
                         "measure of times in the future",
                     std::nullopt});
      reference_ = FileTime{};
    }
    each_file([&](const ntfs::File& file) { judge(file); });
    report_groups();
    note_limits();
    table_.tell_rest();
  }

 private:
  void each_file(FunctionRef<void(const ntfs::File&)> visit) {
    table_.table().each_file([&](const ntfs::File& file) {
      visit(file);
      return !context_.stop().stop_requested();
    });
  }

  /// Nothing for folders, files of NTFS itself, and records whose two halves are of two moments.
  std::optional<TimeSuspect> suspect_of(const ntfs::File& file) {
    TimeSuspect one;
    one.file = &file;
    one.name = file.best_name();
    if (file.is_directory() || file.number < ntfs::record_number::kFirstUserRecord ||
        file.state != ntfs::SlotState::record || !file.standard || one.name == nullptr)
      return std::nullopt;
    const auto& si = *file.standard;
    FileTime named;
    for (const FileName& name : file.names)
      if (name.created.is_set() && (!named.is_set() || name.created < named)) named = name.created;
    one.times = {
        {si.created, si.modified, si.changed, si.accessed}, named, volume_created_, reference_};
    one.signs = time_signs(one.times);
    one.is_program = is_program_name(one.name->name);
    if (one.is_program) one.windows_folder = windows_folder(one.name->parent);
    return one;
  }

  /// What to call the folder when programs of Windows lie in it: System32 or SysWOW64 of a Windows
  /// below the root, or that itself; else nothing.
  std::string_view windows_folder(ntfs::FileReference folder) {
    if (folder == last_folder_) return last_windows_folder_;
    std::string path;
    table_.table().append_folder(path, folder);
    last_folder_ = folder;
    last_windows_folder_ = {};
    for (const std::string_view name : {"System32\\", "SysWOW64\\"})
      if (const std::size_t second = path.find('\\', 1) + 1;
          path.size() > 2 && equals_fold(std::string_view{path}.substr(second), name))
        last_windows_folder_ = name;
    if (equals_fold(path, "\\Windows\\") || equals_fold(path, "\\WINNT\\"))
      last_windows_folder_ = "Windows\\";
    return last_windows_folder_;
  }

  void learn(const ntfs::File& file) {
    if (file.number == ntfs::record_number::kVolume && file.standard)
      volume_created_ = file.standard->created;
    const auto one = suspect_of(file);
    if (!one) return;
    const FileTime named = one->times.named;
    if (is_before(reference_, named, kClockSlackTicks)) ++named_in_future_;
    if (!one->windows_folder.empty() && file.in_use())
      full_ |=
          !system_.add(one->times.si, {file.number, one->name->name, named, one->windows_folder});
    if (one->counts_in_crowd()) full_ |= !crowd_.add(one->name->parent.record, named, one->signs);
  }

  void judge(const ntfs::File& file) {
    auto one = suspect_of(file);
    if (!one) return;
    one->among_newer = neighbours_.are_newer_than(one->times.si.created);
    neighbours_.add(file.in_use() ? one->times.named : FileTime{});
    if (one->is_program)
      one->copied_from =
          system_.find(one->times.si, {file.number, one->name->name, one->times.named, {}},
                       !one->windows_folder.empty() && file.in_use());
    if (one->is_odd()) tell(*one);
  }

  void tell(TimeSuspect& one) {
    if (++odd_ > kMaxRecords) return;
    Row row = row_of(one);
    Envelope envelope;
    envelope.origin.artifact = table_.artifact();
    envelope.origin.offset = row.file->offset;
    envelope.timestamps = {{"created", one.times.si.created},
                           {"modified", one.times.si.modified},
                           {"changed", one.times.si.changed},
                           {"accessed", one.times.si.accessed},
                           {"named", one.times.named}};
    const std::string record = context_.emit(kAnomaly, kFields, row, envelope);
    const bool is_set = stands_out(one) && !one.signs.on_minute;
    one.alone = row.alike_in_folder < (is_set ? kSetCrowd : kFolderCrowd) &&
                row.alike_on_volume < (is_set ? kSetCrowd : kVolumeCrowd);
    if (!one.alone && one.copied_from == nullptr) return add_to_group(one, row, record);
    // What the crowds do not hold, because there were too many, is not known to stand alone.
    if (one.is_program && (row.alike_in_folder != 0 || one.copied_from != nullptr))
      report(one, *row.file, record);
  }

  Row row_of(const TimeSuspect& one) {
    Row row;
    row.file = &rows_.make(*one.file);
    row.named = one.times.named;
    const auto sign = [&](bool set, const char* name) {
      if (set) row.signs.emplace_back(name);
    };
    sign(one.signs.before_name, "created_before_name");
    sign(one.signs.all_set, "all_times_set");
    sign(one.signs.in_future, "in_future");
    sign(one.copied_from != nullptr, "times_of_system_file");
    sign(one.signs.before_volume, "created_before_volume");
    sign(one.among_newer, "among_newer_records");
    if (one.copied_from != nullptr)
      row.same_times_as = std::string{one.copied_from->folder} + one.copied_from->name;
    if (!one.counts_in_crowd()) return row;
    const CrowdOf which = stands_out(one) ? CrowdOf::were_set : CrowdOf::all;
    row.alike_in_folder = crowd_.in_folder(one.name->parent.record, row.named, which);
    row.alike_on_volume = crowd_.on_volume(row.named, which);
    return row;
  }

  /// Whether the times were set as nothing innocent sets them. Where as many files beside it have
  /// theirs from an archive, one time for all three is that of a file that nobody read again
  /// before it was packed.
  bool stands_out(const TimeSuspect& one) const {
    if (!one.signs.were_set()) return false;
    const std::uint64_t folder = one.name->parent.record;
    const unsigned set = crowd_.in_folder(folder, one.times.named, CrowdOf::were_set);
    const unsigned all = crowd_.in_folder(folder, one.times.named, CrowdOf::all_set);
    return !one.signs.one_time || all < 2 * set;
  }

  void report(const TimeSuspect& one, const FileRow& file, const std::string& record) {
    if (++findings_ > kMaxFindings) return;
    if (const auto path = EvidencePath::parse(file.path); path && path->text() == file.path &&
                                                          one.file->in_use() &&
                                                          file.path_state == ntfs::PathState::exact)
      context_.collect(*path, "Its times contradict each other", Priority::normal);
    context_.report(time_finding(one, file.path, record));
  }

  void add_to_group(const TimeSuspect& one, const Row& row, const std::string& record) {
    // What came into many folders at once is told as one.
    const bool folder =
        row.alike_in_folder >= kFolderCrowd && row.alike_on_volume < 2 * row.alike_in_folder;
    const std::uint64_t place = folder ? one.name->parent.record : TimeCrowd::kWholeVolume;
    const bool is_set = stands_out(one) && !one.signs.on_minute;
    const std::tuple key{place, crowd_.event_slice(place, row.named), is_set};
    if (!groups_.contains(key) && groups_.size() == kMaxGroups) {
      ++groups_left_out_;
      return;
    }
    TimeGroup& group = groups_[key];
    const std::string_view path = row.file->path;
    if (group.files++ == 0) {
      group.place = folder ? std::string{path.substr(0, path.rfind('\\'))} : volume_;
      group.first = group.last = row.named;
    }
    group.first = std::min(group.first, row.named);
    group.last = std::max(group.last, row.named);
    group.were_set = is_set;
    if (!one.is_program) return;
    ++group.programs;
    if (group.examples.size() == kMaxExamples) return;
    group.examples.emplace_back(folder ? std::string_view{one.name->name} : path);
    group.records.push_back(record);
  }

  void report_groups() {
    for (const auto& [key, group] : groups_)
      if (group.programs != 0) context_.report(time_finding(group));
  }

  void note_limits() {
    const auto note = [&](std::uint64_t count, std::uint64_t limit, std::string_view what) {
      if (count > limit)
        context_.note(
            {Errc::limit,
             table_.path().text() + ": " + std::to_string(count - limit) + std::string{what},
             std::nullopt});
    };
    note(odd_, kMaxRecords, " more files have times that contradict each other, without records");
    note(findings_, kMaxFindings, " more programs, without findings: see the records");
    note(groups_left_out_, 0, " more files in groups, without findings: see the records");
    if (full_)
      context_.note(
          {Errc::limit,
           table_.path().text() +
               ": too many different times to tell for every file whether it stands alone",
           std::nullopt});
  }

  ModuleContext& context_;
  VolumeTable& table_;
  const std::string& volume_;
  FileRowMaker rows_;
  FileTime reference_, volume_created_{};
  SystemTimes system_;
  TimeCrowd crowd_;
  Neighbours neighbours_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, bool>, TimeGroup> groups_;
  ntfs::FileReference last_folder_{};
  std::uint64_t odd_ = 0, named_in_future_ = 0, groups_left_out_ = 0, findings_ = 0;
  std::string_view last_windows_folder_{};
  bool full_ = false;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes()) {
    if (volume.unreadable) continue;
    if (const auto table = VolumeTable::open(context, volume.name))
      AnomalyFinder{context, *table, volume.name}.run();
  }
  return {};
}

}  // namespace

extern const ModuleSpec time_anomalies;
const ModuleSpec time_anomalies{"time_anomalies",
                                "Files of NTFS volumes whose times contradict each other, as they "
                                "do when a program set them.",
                                kKinds,
                                kReferences,
                                kAttack,
                                run};

}  // namespace hozen::modules
