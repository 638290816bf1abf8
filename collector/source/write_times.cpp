#include "collector/source/write_times.h"

#include <algorithm>

namespace hozen {
namespace {

constexpr std::uint64_t kTicksPerHour = kTicksPerSecond * 3600;

void add_keys(WriteTimes& times, const regf::Key& key) {
  times.add(key.last_written());
  key.each_subkey([&](const regf::Key& subkey) {
    add_keys(times, subkey);  // as deep as regf::kMaxKeyDepth
    return true;
  });
}

}  // namespace

void WriteTimes::add(FileTime time) {
  if (!time.is_set()) return;
  const std::uint64_t hour = time.ticks / kTicksPerHour;
  if (hours_.size() == kMaxHours && hour < hours_.begin()->first) return;
  auto& newest = hours_[hour].newest;
  if (time > newest.back()) {
    newest.back() = time;
    std::sort(newest.begin(), newest.end(), [](FileTime a, FileTime b) { return a > b; });
  }
  if (hours_.size() > kMaxHours) hours_.erase(hours_.begin());
}

void WriteTimes::add_all(const regf::Hive& hive) {
  add(hive.base_block().last_written);
  if (const auto root = hive.root()) add_keys(*this, *root);
}

std::optional<FileTime> WriteTimes::newest(FileTime not_after) const {
  std::optional<FileTime> found;
  std::size_t witnesses = 0;
  for (auto hour = hours_.rbegin(); hour != hours_.rend() && witnesses < kWitnesses; ++hour)
    for (const FileTime time : hour->second.newest) {
      if (!time.is_set() || time > not_after) continue;
      found = time;
      if (++witnesses == kWitnesses) break;
    }
  return found;
}

}  // namespace hozen
