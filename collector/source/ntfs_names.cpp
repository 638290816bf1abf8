#include "collector/source/ntfs_names.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kMaxNumber = 0xFFFF'FFFE;  // the one behind it is the orphan folder's

}  // namespace

bool NtfsNames::add(const ntfs::File& file, ntfs::FileTable& table) {
  if (!file.in_use() || file.number > kMaxNumber) return true;
  if (file.lacks_name())
    ++nameless_;
  else if (!file.problems.empty() && damaged_++ == 0)
    first_damage_ = file.problems.front();
  if (file.number == ntfs::record_number::kRoot) return true;
  for (const ntfs::FileName& name : file.names)
    if (!add_name(file, name, table.has_folder(name.parent))) return false;
  return true;
}

bool NtfsNames::add_name(const ntfs::File& file, const ntfs::FileName& name, bool has_folder) {
  if (entries_.size() >= kMaxNumber || text_.size() + name.name.size() > kMaxNumber) return false;
  Entry entry;
  entry.parent = has_folder ? static_cast<std::uint32_t>(name.parent.record) : kOrphanRecord;
  entry.record = static_cast<std::uint32_t>(file.number);
  entry.name_offset = static_cast<std::uint32_t>(text_.size());
  entry.name_bytes = static_cast<std::uint16_t>(name.name.size());
  entry.directory = file.is_directory();
  entry.short_name = name.name_space == ntfs::NameSpace::dos;
  entry.internal = file.number < ntfs::record_number::kFirstUserRecord && has_folder &&
                   name.parent.record == ntfs::record_number::kRoot;
  entries_.push_back(entry);
  text_ += name.name;
  return true;
}

void NtfsNames::sort() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.parent < b.parent; });
}

Result<void> NtfsNames::read(ntfs::FileTable& table) {
  bool complete = true;
  table.each_file([&](const ntfs::File& file) { return complete = add(file, table); });
  sort();
  find_orphans();
  if (!complete) return Error{Errc::limit, "ntfs names of a volume"};
  return {};
}

/// Entries of the folder `parent`: the first, and the one behind the last.
std::pair<std::size_t, std::size_t> NtfsNames::range_of(std::uint32_t parent) const {
  const auto first = std::partition_point(entries_.begin(), entries_.end(),
                                          [&](const Entry& e) { return e.parent < parent; });
  const auto end = std::partition_point(first, entries_.end(),
                                        [&](const Entry& e) { return e.parent == parent; });
  return {static_cast<std::size_t>(first - entries_.begin()),
          static_cast<std::size_t>(end - entries_.begin())};
}

/// Marks what lies below `folder`, which is marked, and counts it.
std::uint64_t NtfsNames::mark_below(std::uint32_t folder, std::vector<bool>& reached) const {
  std::uint64_t names = 0;
  std::vector<std::uint32_t> folders{folder};
  while (!folders.empty()) {
    const auto [first, end] = range_of(folders.back());
    folders.pop_back();
    names += end - first;
    for (std::size_t at = first; at < end; ++at) {
      const Entry& entry = entries_[at];
      if (!entry.directory || reached[entry.record]) continue;
      reached[entry.record] = true;
      folders.push_back(entry.record);
    }
  }
  return names;
}

/// Folders, one of each loop, by which all that is not reached yet can be: everything there hangs
/// on some loop.
std::unordered_set<std::uint32_t> NtfsNames::break_loops(std::vector<bool>& reached) const {
  std::unordered_map<std::uint32_t, std::uint32_t> parents;
  for (const Entry& entry : entries_)
    if (entry.directory && !reached[entry.record]) parents.emplace(entry.record, entry.parent);
  std::unordered_set<std::uint32_t> heads;
  for (const Entry& entry : entries_) {
    if (!entry.directory || reached[entry.record]) continue;
    std::unordered_set<std::uint32_t> climbed;
    std::uint32_t at = entry.record;
    // A table that changes while it is read may lack the folder.
    while (climbed.insert(at).second && parents.contains(parents.at(at))) at = parents.at(at);
    heads.insert(at);
    reached[at] = true;
    mark_below(at, reached);
  }
  return heads;
}

/// Puts what the root does not lead to below the orphan folder, as deep as it can be told.
void NtfsNames::find_orphans() {
  std::uint32_t last = ntfs::record_number::kRoot;
  for (const Entry& entry : entries_) {
    last = std::max(last, entry.record);
    if (entry.parent != kOrphanRecord) last = std::max(last, entry.parent);
  }
  std::vector<bool> reached(std::size_t{last} + 1);
  reached[ntfs::record_number::kRoot] = true;
  const std::uint64_t names = mark_below(ntfs::record_number::kRoot, reached);
  lost_ = entries_.size() - names;
  if (lost_ == 0) return;
  mark_below(kOrphanRecord, reached);
  const std::unordered_set<std::uint32_t> heads = break_loops(reached);
  for (Entry& entry : entries_) {
    const bool is_lost = entry.parent != kOrphanRecord && !reached[entry.parent];
    if (is_lost || heads.contains(entry.record)) entry.parent = kOrphanRecord;
  }
  Entry orphans;
  orphans.parent = ntfs::record_number::kRoot;
  orphans.record = kOrphanRecord;
  orphans.name_offset = static_cast<std::uint32_t>(text_.size());
  orphans.name_bytes = static_cast<std::uint16_t>(kOrphanName.size());
  orphans.directory = true;
  text_ += kOrphanName;
  entries_.push_back(orphans);
  sort();
}

/// Two files can have thousands of names in common.
void NtfsNames::add_twin(Folder& folder, std::uint32_t index) const {
  folder.twins.insert(index);
  const Entry& entry = entries_[index];
  folder.twin_names.try_emplace(fold_case(with_record(name(entry), entry.record)), index);
}

const NtfsNames::Folder& NtfsNames::folder(std::uint32_t record) {
  const auto [place, is_new] = folders_.try_emplace(record);
  Folder& folder = place->second;
  if (!is_new) return folder;
  const auto [first, end] = range_of(record);
  std::vector<std::pair<std::string, std::uint32_t>> order;
  for (std::size_t at = first; at != end; ++at)
    order.emplace_back(fold_case(name(entries_[at])), static_cast<std::uint32_t>(at));
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    const int difference = a.first.compare(b.first);
    if (difference != 0) return difference < 0;
    const std::string_view first_name = name(entries_[a.second]), other = name(entries_[b.second]);
    return first_name != other ? first_name < other : a.second < b.second;
  });
  std::optional<std::uint32_t> last;  // the first of those of one name
  for (auto& [folded, index] : order) {
    if (!entries_[index].short_name) {
      folder.long_names.try_emplace(entries_[index].record, index);
      if (!last || name(entries_[*last]) != name(entries_[index]))
        last = index;
      else if (entries_[*last].record != entries_[index].record &&
               entries_[index].record != kOrphanRecord)
        add_twin(folder, index);
    }
    folder.folded.push_back(std::move(folded));
    folder.entries.push_back(index);
  }
  return folder;
}

std::vector<std::uint32_t> NtfsNames::find(std::uint32_t record, std::string_view wanted) {
  const Folder& known = folder(record);
  std::vector<std::uint32_t> found = find_named(known, wanted);
  if (!found.empty() || known.twins.empty()) return found;
  const auto twin = known.twin_names.find(fold_case(wanted));
  if (twin != known.twin_names.end()) found.push_back(twin->second);
  return found;
}

std::vector<std::uint32_t> NtfsNames::find_named(const Folder& known,
                                                 std::string_view wanted) const {
  const auto [first, end] =
      std::equal_range(known.folded.begin(), known.folded.end(), fold_case(wanted));
  const auto from = known.entries.begin() + (first - known.folded.begin());
  const auto to = known.entries.begin() + (end - known.folded.begin());
  std::vector<std::uint32_t> found;
  std::set<std::uint32_t> seen;
  const auto take = [&](std::uint32_t index) {
    if (entries_[index].short_name) {
      const auto long_one = known.long_names.find(entries_[index].record);
      if (long_one != known.long_names.end()) index = long_one->second;
    }
    if (seen.insert(index).second) found.push_back(index);
  };
  // The one spelled as asked must not be among those left out: entries of one name are in the order
  // of their spellings.
  const auto exact = std::partition_point(
      from, to, [&](std::uint32_t index) { return name(entries_[index]) < wanted; });
  if (exact != to && name(entries_[*exact]) == wanted) take(*exact);
  for (auto at = from; at != to && found.size() < kMaxFound; ++at) take(*at);
  return found;
}

bool NtfsNames::is_twin(std::uint32_t index) {
  return folder(entries_[index].parent).twins.contains(index);
}

std::string NtfsNames::path_name(std::uint32_t index) {
  const Entry& entry = entries_[index];
  return is_twin(index) ? with_record(name(entry), entry.record) : std::string{name(entry)};
}

/// Before the ending: patterns name files by that.
std::string NtfsNames::with_record(std::string_view name, std::uint32_t record) {
  const std::size_t dot = name.rfind('.');
  const std::size_t at = dot == std::string_view::npos || dot == 0 ? name.size() : dot;
  std::string marked{name.substr(0, at)};
  marked += '<' + std::to_string(record) + '>';
  marked += name.substr(at);
  return marked;
}

}  // namespace hozen
