#include "collector/formats/ntfs_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "collector/formats/ntfs_boot.h"

namespace hozen::ntfs {
namespace {

/// Paths of folders that are kept: honest ones have some 60 bytes.
constexpr std::size_t kMaxKnownBytes = 4u << 20;
constexpr std::size_t kBufferBytes = 128u << 10;

/// Records one after the other that cannot be read for the same reason: one problem.
class UnreadRecords {
 public:
  UnreadRecords(std::uint32_t record_bytes, FunctionRef<void(Error)> problem)
      : record_bytes_{record_bytes}, problem_{problem} {}

  void add(std::uint64_t number, const Error& error) {
    const bool is_same = why_ && number == last_ + 1 && why_->code == error.code &&
                         why_->what == error.what && why_->detail == error.detail;
    if (!is_same) {
      tell();
      why_ = error;
      first_ = number;
    }
    last_ = number;
  }
  void tell() {
    if (!why_) return;
    std::string who = "ntfs file record " + std::to_string(first_);
    if (first_ != last_)
      who = "ntfs file records " + std::to_string(first_) + " to " + std::to_string(last_);
    why_->what = who + ": " + why_->what;
    why_->offset = first_ * record_bytes_;
    problem_(*std::exchange(why_, std::nullopt));
  }

 private:
  std::uint32_t record_bytes_;
  FunctionRef<void(Error)> problem_;
  std::uint64_t first_ = 0, last_ = 0;
  std::optional<Error> why_;
};

}  // namespace

std::string_view to_text(PathState state) {
  switch (state) {
    case PathState::exact:
      return "exact";
    case PathState::deleted_parent:
      return "deleted_parent";
    case PathState::orphan:
      return "orphan";
    case PathState::limit:
      return "limit";
  }
  return "limit";
}

void scan_table(ByteSource& table, std::uint32_t record_bytes,
                FunctionRef<bool(std::uint64_t, Slot&)> visit, FunctionRef<void(Error)> problem) {
  const std::uint64_t slots = table.size() / record_bytes;
  const auto at_once = std::min<std::uint64_t>(kBufferBytes / record_bytes, slots);
  std::vector<std::byte> buffer(static_cast<std::size_t>(at_once * record_bytes));
  UnreadRecords unread{record_bytes, problem};
  Slot slot;
  bool go_on = true;
  for (std::uint64_t first = 0; go_on && first < slots; first += at_once) {
    const std::uint64_t count = std::min(at_once, slots - first);
    const auto part = std::span{buffer}.first(static_cast<std::size_t>(count * record_bytes));
    const bool read = static_cast<bool>(table.read(first * record_bytes, part));
    for (std::uint64_t i = 0; go_on && i < count; ++i) {
      const std::uint64_t number = first + i, offset = number * record_bytes;
      const auto bytes = part.subspan(static_cast<std::size_t>(i * record_bytes), record_bytes);
      // One slot by itself, where reading many at once failed.
      const auto alone = read ? Result<void>{} : table.read(offset, bytes);
      slot = alone ? read_slot(bytes, offset) : Slot{SlotState::malformed, {}};
      if (!alone) unread.add(number, alone.error());
      go_on = visit(number, slot);
    }
  }
  unread.tell();
}

std::uint32_t table_record_bytes(Bytes head) {
  if (head.head(4).chars() != "FILE") return 0;
  // The first record says how much it takes, and its fixup how many strides that is.
  const std::uint32_t allocated = head.get<std::uint32_t>(28).value_or(0);
  const std::uint32_t strides = head.get<std::uint16_t>(6).value_or(0);
  const bool fits = std::has_single_bit(allocated) && allocated >= kMinRecordBytes &&
                    allocated <= kMaxRecordBytes && strides == allocated / kFixupStride + 1;
  return fits ? allocated : 0;
}

std::uint32_t table_record_bytes(ByteSource& table) {
  constexpr std::uint64_t kSearchedBytes = 1u << 20;
  constexpr std::size_t kHeadBytes = 48;
  std::vector<std::byte> head(kHeadBytes);
  const std::uint64_t end = std::min(table.size(), kSearchedBytes);
  for (std::uint64_t offset = 0; offset + kHeadBytes <= end; offset += kMinRecordBytes) {
    if (!table.read(offset, head)) continue;
    const std::uint32_t size = table_record_bytes(Bytes{head});
    if (size != 0 && offset % size == 0) return size;
  }
  return 0;
}

void FileTable::index(FunctionRef<void(Error)> problem) {
  const std::uint64_t slots = table_.size() / record_bytes_;
  constexpr std::uint64_t kMaxRecords = std::uint64_t{1} << 32;  // as many as NTFS can number
  if (slots > kMaxRecords)
    problem({Errc::limit, "ntfs file table of more than 2^32 records", std::nullopt});
  scan_table(
      table_, record_bytes_,
      [&](std::uint64_t number, Slot& slot) {
        learn(number, slot);
        return number < kMaxRecords;
      },
      problem);
  std::sort(extensions_.begin(), extensions_.end());
  for (Folder& folder : folders_) {
    if (folder.has_long_name) continue;
    scratch_.clear();
    scratch_.number = folder.self.record;
    scratch_.sequence = folder.self.sequence;
    scratch_.flags = folder.in_use ? FileRecord::kInUse : 0;
    add_extensions(scratch_);
    learn_folder(scratch_);
  }
}

std::optional<Error> TableCounts::misplaced_problem() const {
  if (misplaced == 0) return std::nullopt;
  return Error{Errc::malformed,
               std::to_string(misplaced) +
                   " ntfs file records say another number than that of their place: something may "
                   "be missing in front of them"};
}

std::optional<Error> TableCounts::unclaimed_problem() const {
  if (extensions_joined >= extensions_in_use) return std::nullopt;
  return Error{Errc::malformed,
               std::to_string(extensions_in_use - extensions_joined) +
                   " ntfs file records extend files that are not there: names, streams or content "
                   "of these are lost"};
}

std::optional<Error> TableCounts::system_problem() const {
  std::string lost;
  for (std::uint64_t number = 0; number <= record_number::kExtend; ++number)
    if ((system_files >> number & 1) == 0)
      lost += (lost.empty() ? "" : ", ") + std::to_string(number);
  if (lost.empty()) return std::nullopt;
  return Error{Errc::malformed,
               "ntfs file records of the file system itself that are lost: " + lost, std::nullopt};
}

void FileTable::learn(std::uint64_t number, const Slot& slot) {
  ++counts_.slots;
  switch (slot.state) {
    case SlotState::unused:
      return;
    case SlotState::bad:
      ++counts_.bad;
      return;
    case SlotState::malformed:
      ++counts_.malformed;
      return;
    case SlotState::torn:
      ++counts_.torn;
      break;
    case SlotState::record:
      break;
  }
  ++counts_.records;
  // mkntfs leaves 0 in records that it only sets aside.
  const std::uint64_t stored = slot.record.stored_number().value_or(0);
  if (stored != 0 && stored != number) ++counts_.misplaced;
  const bool in_use = slot.record.in_use();
  if (in_use) ++counts_.in_use;
  if (in_use && slot.state == SlotState::record && number <= record_number::kExtend)
    counts_.system_files |= std::uint32_t{1} << number;
  if (slot.record.is_extension()) {
    ++counts_.extensions;
    if (in_use) ++counts_.extensions_in_use;
    extensions_.emplace_back(slot.record.base().record, number);
    return;
  }
  if (in_use) ++counts_.files_in_use;
  if (!slot.record.is_directory()) return;
  ++counts_.directories;
  if (in_use) ++counts_.folders_in_use;
  if (number >= folder_of_record_.size())
    folder_of_record_.resize(
        std::max<std::size_t>(static_cast<std::size_t>(number) + 1, folder_of_record_.size() * 2));
  Folder& folder = folders_.emplace_back();
  folder.self = {number, slot.record.sequence()};
  folder.in_use = in_use;
  folder_of_record_[static_cast<std::size_t>(number)] = static_cast<std::uint32_t>(folders_.size());
  scratch_.clear();
  scratch_.number = number;
  scratch_.add(slot.record);
  learn_folder(scratch_);
}

void FileTable::learn_folder(const File& file) {
  const FileName* const name = file.best_name();
  if (name == nullptr) return;
  Folder& folder = folders_[folder_of_record_[static_cast<std::size_t>(file.number)] - 1];
  const auto place = names_.add(name->name);
  if (!place) return;
  folder.parent = name->parent;
  folder.name_offset = *place;
  folder.name_bytes = static_cast<std::uint32_t>(name->name.size());
  folder.has_name = true;
  // The long name beside a short one can lie in another record.
  folder.has_long_name = name->name_space != NameSpace::dos;
}

/// Answers how many of those added are in use.
std::uint64_t FileTable::add_extensions(File& file) {
  std::uint64_t in_use = 0;
  auto at = std::lower_bound(extensions_.begin(), extensions_.end(),
                             std::pair{file.number, std::uint64_t{0}});
  extension_bytes_.resize(record_bytes_);
  for (std::size_t count = 0; at != extensions_.end() && at->first == file.number; ++at, ++count) {
    const std::uint64_t offset = at->second * record_bytes_;
    if (count == kMaxExtensions) {
      file.problems.push_back({Errc::limit, "ntfs records that extend a file", offset});
      return in_use;
    }
    if (!table_.read(offset, extension_bytes_)) continue;  // was told by the scan
    const Slot slot = read_slot(extension_bytes_, offset);
    if (slot.state != SlotState::record && slot.state != SlotState::torn) continue;
    // Records that once extended a file of the same number, or this one and were freed.
    const std::uint16_t named = slot.record.base().sequence;
    const bool own = named == file.sequence ||
                     (!file.in_use() && FileReference::next_sequence(named) == file.sequence);
    if (!own || (file.in_use() && !slot.record.in_use())) continue;
    file.add(slot.record);
    file.extensions.push_back(at->second);
    if (slot.record.in_use()) ++in_use;
  }
  return in_use;
}

/// The folders of files that come next, and their paths, are asked of memory while the files in
/// front of them are visited: they lie anywhere in it.
void FileTable::each_file(FunctionRef<bool(const File&)> visit) {
  constexpr std::size_t kAhead = 2;
  std::array<File, kAhead + 1> files;
  std::uint64_t read = 0, visited = 0;
  bool go_on = true;
  const auto file_at = [&](std::uint64_t index) -> File& { return files[index % files.size()]; };
  const auto visit_next = [&] {
    if (visited + 1 < read) prefetch_path(file_at(visited + 1));
    go_on = visit(file_at(visited++));
  };
  counts_.extensions_joined = 0;
  scan_table(
      table_, record_bytes_,
      [&](std::uint64_t number, Slot& slot) {
        const bool readable = slot.state == SlotState::record || slot.state == SlotState::torn;
        if (!readable || slot.record.is_extension()) return true;
        File& file = file_at(read++);
        read_file(file, number, slot);
        prefetch_folder(file);
        if (read - visited > kAhead) visit_next();
        return go_on;
      },
      [](const Error&) {});
  while (go_on && visited < read) visit_next();
  if (!go_on) counts_.extensions_joined = counts_.extensions_in_use;
}

void FileTable::read_file(File& file, std::uint64_t number, const Slot& slot) {
  file.clear();
  file.number = number;
  file.state = slot.state;
  file.add(slot.record);
  counts_.extensions_joined += add_extensions(file);
  if (file.lacks_name())
    file.problems.push_back(
        {Errc::malformed, "ntfs file in use without a name", number * record_bytes_});
}

void FileTable::prefetch_folder(const File& file) const {
  const FileName* const name = file.best_name();
  if (name == nullptr || name->parent.record >= folder_of_record_.size()) return;
  const std::uint32_t place = folder_of_record_[static_cast<std::size_t>(name->parent.record)];
  if (place != 0) __builtin_prefetch(&folders_[place - 1]);
}

void FileTable::prefetch_path(const File& file) const {
  const FileName* const name = file.best_name();
  if (name == nullptr) return;
  const auto at = find_folder(name->parent);
  if (!at || folders_[*at].path_age != paths_age_) return;
  constexpr std::size_t kLineBytes = 64;
  const Folder& folder = folders_[*at];
  for (std::size_t i = 0; i < folder.path_bytes && i < 2 * kLineBytes; i += kLineBytes)
    __builtin_prefetch(paths_.data() + folder.path_offset + i);
}

std::optional<std::size_t> FileTable::find_folder(FileReference meant) const {
  if (meant.record >= folder_of_record_.size()) return std::nullopt;
  const std::uint32_t place = folder_of_record_[static_cast<std::size_t>(meant.record)];
  if (place == 0) return std::nullopt;
  const Folder& folder = folders_[place - 1];
  // Freeing a record raises its sequence number: what stood in it still names the old one.
  const bool same =
      meant.sequence == 0 || meant.sequence == folder.self.sequence ||
      (!folder.in_use && FileReference::next_sequence(meant.sequence) == folder.self.sequence);
  if (!same || !folder.has_name) return std::nullopt;
  return place - 1;
}

bool FileTable::has_folder(FileReference meant) const {
  // What names the root belongs there, even when the root's own record is damaged.
  if (meant.record == record_number::kRoot) return true;
  const auto folder = find_folder(meant);
  return folder && folders_[*folder].in_use;
}

PathState FileTable::append_folder(std::string& out, FileReference meant) {
  if (meant.record == record_number::kRoot) {
    out += '\\';
    return PathState::exact;
  }
  const auto at = find_folder(meant);
  if (!at) {
    out += kOrphanFolder;
    out += '\\';
    return PathState::orphan;
  }
  Folder& folder = folders_[*at];
  if (folder.path_age != paths_age_) find_path(folder);
  out.append(paths_, folder.path_offset, folder.path_bytes);
  return folder.path_state;
}

/// Climbs to the root, or to a folder whose path is known.
void FileTable::find_path(Folder& meant) {
  std::array<const Folder*, kMaxPathDepth> chain;  // not set: it is filled as far as it is used
  std::size_t depth = 0, bytes = 0;
  PathState state = PathState::exact;
  const Folder* above = nullptr;
  bool is_deleted = false;
  for (const Folder* folder = &meant;;) {
    if (is_path_usable(*folder, depth, bytes)) {
      above = folder;
      break;
    }
    if (depth == kMaxPathDepth || bytes + folder->name_bytes + 1 > kMaxPathBytes) {
      state = PathState::limit;
      break;
    }
    is_deleted = is_deleted || !folder->in_use;
    chain[depth++] = folder;
    bytes += folder->name_bytes + 1;
    if (folder->parent.record == record_number::kRoot) break;
    const auto parent = find_folder(folder->parent);
    if (!parent) {
      state = PathState::orphan;
      break;
    }
    folder = &folders_[*parent];
  }
  if (above != nullptr) {
    state = above->path_state;
    path_.assign(paths_, above->path_offset, above->path_bytes);
  } else {
    path_ = state == PathState::exact ? std::string_view{} : kOrphanFolder;
    path_ += '\\';
  }
  meant.path_depth = static_cast<std::uint16_t>(depth + (above != nullptr ? above->path_depth : 0));
  meant.path_state = is_deleted && state == PathState::exact ? PathState::deleted_parent : state;
  while (depth != 0) {
    const Folder& folder = *chain[--depth];
    path_ += names_.get(folder.name_offset, folder.name_bytes);
    path_ += '\\';
  }
  keep_path(meant);
}

/// When there are too many, all are found again.
void FileTable::keep_path(Folder& folder) {
  if (paths_.size() + path_.size() > kMaxKnownBytes) {
    paths_.clear();
    ++paths_age_;
  }
  folder.path_offset = static_cast<std::uint32_t>(paths_.size());
  folder.path_bytes = static_cast<std::uint32_t>(path_.size());
  folder.path_age = paths_age_;
  paths_ += path_;
}

/// Whether the path of a folder met on the way up is known and does not end at a limit, nor would
/// together with what lies below.
bool FileTable::is_path_usable(const Folder& folder, std::size_t depth_below,
                               std::size_t bytes_below) const {
  return folder.path_age == paths_age_ && folder.path_state != PathState::limit &&
         depth_below + folder.path_depth <= kMaxPathDepth &&
         bytes_below + folder.path_bytes <= kMaxPathBytes;
}

PathState FileTable::append_path(std::string& out, const FileName& name) {
  const PathState state = append_folder(out, name.parent);
  out += name.name;
  return state;
}

}  // namespace hozen::ntfs
