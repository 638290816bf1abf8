#include "collector/module/usn_changes.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/rar_command.h"
#include "collector/module/staging_place.h"

namespace hozen {
namespace {

// winioctl.h, USN_REASON_*.
constexpr std::uint32_t kData = 0x7;  // overwritten, extended, truncated
constexpr std::uint32_t kCreate = 0x100;
constexpr std::uint32_t kDelete = 0x200;
constexpr std::uint32_t kOldName = 0x1000;
constexpr std::uint32_t kNewName = 0x2000;
constexpr std::uint32_t kClose = 0x8000'0000;
constexpr std::uint32_t kOfInterest = kData | kCreate | kDelete | kOldName | kNewName;
constexpr std::uint32_t kFolderAttribute = 0x10;
/// Names that a burst is told with.
constexpr std::uint64_t kMostNames = 5;

/// Cheap: journals have records by the million.
bool may_be_archive(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot < 3 || name.size() - dot > 5) return false;
  constexpr std::string_view kFirst = "0123456789abcgl";
  const char first = static_cast<char>(name[dot + 1] | 0x20);
  return kFirst.find(first) != std::string_view::npos || (first >= 'r' && first <= 'z') ||
         (name[dot + 1] >= '0' && name[dot + 1] <= '9');
}

/// What Windows packs for itself.
bool is_of_windows(std::string_view path) {
  const std::string_view rest = below_volume(path);
  return starts_with_fold(rest, "\\Windows\\") ||
         starts_with_fold(rest, "\\ProgramData\\Microsoft\\");
}

bool is_archive(std::string_view name, std::string_view path) {
  if (!may_be_archive(name)) return false;
  const auto archive = archive_name(name);
  if (!archive) return false;
  // "data.001" is anything as long as nothing else tells more.
  return !archive->is_everyday || !is_of_windows(path);
}

bool is_document(std::string_view name) {
  constexpr std::string_view kDocuments[] = {
      "doc", "docx", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx",  "pdf", "txt", "csv",
      "rtf", "jtd",  "dwg",  "dxf", "vsd",  "vsdx", "mdb", "accdb", "pst", "ost", "eml",
      "msg", "odt",  "ods",  "one", "xdw",  "kdbx", "sql", "bak",   "zip", "7z",  "rar"};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = to_lower_ascii(name.substr(dot + 1));
  return std::find(std::begin(kDocuments), std::end(kDocuments), extension) != std::end(kDocuments);
}

/// An archiver that gets a name which no archiver has.
bool hides_archiver(std::string_view from, std::string_view to) {
  return ends_with_fold(from, ".exe") && is_archiver_name(from) && !is_archiver_name(to) &&
         name_of_path(from) != name_of_path(to);
}

Fact change(std::string_view reason, std::string_view path, FileTime time,
            const std::string& record) {
  Fact fact;
  fact.kind = FactKind::file_change;
  fact.time = time;
  fact.record = record;
  fact.subject = std::string{path};
  fact.values.add("source", "usn");
  fact.values.add("reason", reason);
  return fact;
}

}  // namespace

UsnChanges::File* UsnChanges::follow(std::uint64_t file) {
  const auto known = files_.find(file);
  if (known != files_.end()) return &known->second;
  if (files_.size() < kMaxFiles) return &files_[file];
  ++left_out_;
  return nullptr;
}

void UsnChanges::keep(Fact fact) {
  const auto name = archive_name(fact.subject);
  std::deque<Fact>& facts = facts_[name && name->is_everyday ? 0 : 1];
  facts.push_back(std::move(fact));
  if (facts.size() <= kMaxFacts) return;
  facts.pop_front();
  ++left_out_;
}

void UsnChanges::state_created(const File& file) {
  if (!file.created.is_set()) return;
  Fact fact = change("created", file.path, file.created, file.record);
  if (file.written.is_set()) fact.values.add("closed", file.written.iso8601());
  keep(std::move(fact));
}

void UsnChanges::renamed(const ntfs::UsnRecord& record, std::string_view path, const RecordId& id) {
  const std::uint64_t file = record.file.low;
  const bool has_old = renamed_file_ == file && !old_path_.empty();
  const auto known = files_.find(file);
  if (has_old && hides_archiver(old_path_, path) && told_programs_.insert(file).second) {
    Fact fact = change("renamed", path, record.time, id());
    fact.values.add("from", old_path_);
    return keep(std::move(fact));
  }
  if (known == files_.end() && !is_archive(record.name, path) &&
      !(has_old && is_archive(name_of_path(old_path_), old_path_)))
    return;
  File* followed = follow(file);
  if (followed == nullptr || followed->path == path) return;  // told before
  const std::string from = has_old ? old_path_ : followed->path;
  state_created(*followed);
  followed->created = {};
  followed->path = std::string{path};
  Fact fact = change("renamed", path, record.time, id());
  fact.values.add("from", from);
  keep(std::move(fact));
}

void UsnChanges::deleted(const ntfs::UsnRecord& record, std::string_view path, const RecordId& id) {
  const auto known = files_.find(record.file.low);
  if (known == files_.end() && !is_archive(record.name, path)) return;
  File* followed = follow(record.file.low);
  if (followed == nullptr || followed->is_deleted) return;
  followed->is_deleted = true;
  state_created(*followed);
  Fact fact = change("deleted", path, record.time, id());
  if (followed->created.is_set()) fact.values.add("created", followed->created.iso8601());
  followed->created = {};
  keep(std::move(fact));
}

void UsnChanges::add(const ntfs::UsnRecord& record, std::string_view path,
                     const RecordId& record_id) {
  const std::uint32_t reason = record.reason;
  if (record.major_version >= 4 || (reason & kOfInterest) == 0 ||
      (record.attributes & kFolderAttribute) != 0)
    return;
  if (path.empty()) path = record.name;
  if ((reason & (kOldName | kNewName)) == kOldName) {
    renamed_file_ = record.file.low;
    old_path_ = std::string{path};
    return;
  }
  if ((reason & (kCreate | kClose)) == (kCreate | kClose)) count_copy(record, path, record_id);
  if ((reason & kCreate) != 0 && !files_.contains(record.file.low) &&
      is_archive(record.name, path)) {
    if (File* file = follow(record.file.low))
      *file = {std::string{path}, record_id(), record.time, {}, false};
  }
  if ((reason & kData) != 0)
    if (const auto known = files_.find(record.file.low); known != files_.end())
      known->second.written = record.time;
  if ((reason & kNewName) != 0) renamed(record, path, record_id);
  if ((reason & kDelete) != 0) deleted(record, path, record_id);
}

void UsnChanges::count_copy(const ntfs::UsnRecord& record, std::string_view path,
                            const RecordId& id) {
  const std::uint64_t parent = record.parent.low;
  auto known = folders_.find(parent);
  if (known == folders_.end()) {
    if (folders_.size() >= kMaxFolders) {
      ++left_out_;
      return;
    }
    known = folders_.emplace(parent, Folder{}).first;
    const std::string some = std::string{folder_of_path(path)} + "\\x";
    const auto place = staging_place(some);
    known->second.counts =
        place && (place->kind == StagingKind::hidden || place->kind == StagingKind::shared);
  }
  Folder& folder = known->second;
  // Explorer's own notes of what it moved to the Recycle Bin.
  if (!folder.counts || record.name.starts_with("$I") || record.name.starts_with("$R")) return;
  if (folder.files != 0 && record.time.ticks > folder.last.ticks + kBurstGap) end_burst(folder);
  if (folder.files == 0) {
    folder.first = record.time;
    folder.path = std::string{folder_of_path(path)};
    folder.record = id();
  }
  ++folder.files;
  if (is_document(record.name)) {
    if (++folder.documents <= kMostNames) {
      if (!folder.names.empty()) folder.names += '\n';
      folder.names += record.name;
    }
  }
  folder.last = record.time;
}

void UsnChanges::end_burst(Folder& folder) {
  if (folder.files >= kBurstFiles && folder.documents != 0) {
    Fact fact = change("burst", folder.path, folder.first, folder.record);
    fact.values.add("count", std::to_string(folder.files));
    fact.values.add("documents", std::to_string(folder.documents));
    fact.values.add("last", folder.last.iso8601());
    fact.values.add("names", folder.names);
    keep(std::move(fact));
  }
  folder.files = folder.documents = 0;
  folder.names.clear();
}

void UsnChanges::finish(const std::function<void(Fact)>& state) {
  for (auto& [reference, file] : files_) state_created(file);
  for (auto& [reference, folder] : folders_) end_burst(folder);
  files_.clear();
  folders_.clear();
  for (std::deque<Fact>& facts : facts_)
    for (Fact& fact : facts) state(std::move(fact));
}

}  // namespace hozen
