#include "collector/source/ntfs_names.h"

#include <algorithm>
#include <set>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kMaxNumber = 0xFFFF'FFFF;

}  // namespace

bool NtfsNames::add(const ntfs::File& file, ntfs::FileTable& table) {
  if (!file.in_use() || file.number > kMaxNumber) return true;
  if (file.lacks_name()) ++nameless_;
  for (const ntfs::FileName& name : file.names) {
    if (file.number == ntfs::record_number::kRoot) break;
    if (!table.has_folder(name.parent)) {
      ++lost_;
      continue;
    }
    if (entries_.size() >= kMaxNumber || text_.size() + name.name.size() > kMaxNumber) return false;
    Entry entry;
    entry.parent = static_cast<std::uint32_t>(name.parent.record);
    entry.record = static_cast<std::uint32_t>(file.number);
    entry.name_offset = static_cast<std::uint32_t>(text_.size());
    entry.name_bytes = static_cast<std::uint16_t>(name.name.size());
    entry.directory = file.is_directory();
    entry.short_name = name.name_space == ntfs::NameSpace::dos;
    entry.internal = file.number < ntfs::record_number::kFirstUserRecord &&
                     name.parent.record == ntfs::record_number::kRoot;
    entries_.push_back(entry);
    text_ += name.name;
  }
  return true;
}

Result<void> NtfsNames::read(ntfs::FileTable& table) {
  bool complete = true;
  table.each_file([&](const ntfs::File& file) { return complete = add(file, table); });
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.parent < b.parent; });
  if (!complete) return Error{Errc::limit, "ntfs names of a volume"};
  return {};
}

const NtfsNames::Folder& NtfsNames::folder(std::uint32_t record) {
  const auto [place, is_new] = folders_.try_emplace(record);
  Folder& folder = place->second;
  if (!is_new) return folder;
  const auto first = std::partition_point(entries_.begin(), entries_.end(),
                                          [&](const Entry& e) { return e.parent < record; });
  const auto end = std::partition_point(first, entries_.end(),
                                        [&](const Entry& e) { return e.parent == record; });
  std::vector<std::pair<std::string, std::uint32_t>> order;
  for (auto at = first; at != end; ++at)
    order.emplace_back(fold_case(name(*at)), static_cast<std::uint32_t>(at - entries_.begin()));
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    const int difference = a.first.compare(b.first);
    return difference != 0 ? difference < 0 : name(entries_[a.second]) < name(entries_[b.second]);
  });
  for (auto& [folded, index] : order) {
    if (!entries_[index].short_name) folder.long_names.try_emplace(entries_[index].record, index);
    folder.folded.push_back(std::move(folded));
    folder.entries.push_back(index);
  }
  return folder;
}

std::vector<std::uint32_t> NtfsNames::find(std::uint32_t record, std::string_view wanted) {
  const Folder& known = folder(record);
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

}  // namespace hozen
