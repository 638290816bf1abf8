#include "collector/module/time_rules.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kProgramExtensions[] = {
    "exe", "dll",  "sys", "scr",  "cpl",  "ocx",  "com", "pif", "drv", "msi",
    "ps1", "psm1", "bat", "cmd",  "vbs",  "vbe",  "js",  "jse", "wsf", "wsh",
    "hta", "jar",  "asp", "aspx", "ashx", "asmx", "php", "jsp"};

constexpr std::uint64_t kTicksPerHour = 3600 * kTicksPerSecond;

bool is_whole(FileTime time) { return time.ticks % kTicksPerSecond == 0; }

}  // namespace

TimeSigns time_signs(const TimeEvidence& evidence) {
  const Times& si = evidence.si;
  TimeSigns signs;
  // A name's time of whole seconds was not read off a clock: it was copied at a rename.
  signs.before_name = is_before(si.created, evidence.named, kTicksPerSecond) &&
                      is_whole(si.created) && !is_whole(evidence.named);
  signs.before_volume = is_before(si.created, evidence.volume_created, kTicksPerSecond);
  signs.all_set = signs.before_name && is_whole(si.modified) && is_whole(si.accessed) &&
                  is_before(si.modified, evidence.named, kTicksPerSecond) &&
                  is_before(si.accessed, evidence.named, kTicksPerDay);
  signs.one_time = si.created == si.modified && si.created == si.accessed;
  constexpr FileTime kUnixEpoch{116'444'736'000'000'000};
  // A ZIP file without times says the first day that it can.
  constexpr FileTime kFirstOfZip{119'600'064'000'000'000};  // 1980-01-01
  signs.on_minute = signs.one_time && si.created.ticks % (60 * kTicksPerSecond) == 0 &&
                    is_before(kFirstOfZip, si.created, kClockSlackTicks);
  const bool is_even = si.created.ticks % (2 * kTicksPerSecond) == 0;
  const bool is_unpacked =
      si.created == si.modified &&
      (signs.one_time ? is_even && !signs.on_minute
                      : is_even || si.modified < si.accessed || si.accessed == kUnixEpoch);
  signs.brought_along = evidence.synchronised || is_unpacked;
  const auto is_past = [&](FileTime time) {
    return is_before(evidence.reference, time, kClockSlackTicks);
  };
  signs.in_future = !is_past(evidence.named) && (is_past(si.created) || is_past(si.modified) ||
                                                 is_past(si.changed) || is_past(si.accessed));
  return signs;
}

bool is_program_name(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = to_lower_ascii(name.substr(dot + 1));
  return std::find(std::begin(kProgramExtensions), std::end(kProgramExtensions), extension) !=
         std::end(kProgramExtensions);
}

bool SystemTimes::add(const Times& si, Owner owner) {
  if (!si.created.is_set() || !si.modified.is_set()) return true;
  const auto key = std::pair{si.created.ticks, si.modified.ticks};
  const auto found = files_.find(key);
  if (found == files_.end()) {
    if (files_.size() == kMaxTimes) return false;
    files_.emplace(key, Shared{std::move(owner), 1});
    return true;
  }
  Shared& shared = found->second;
  if (!equals_fold(shared.first.name, owner.name)) ++shared.files;
  if (owner.named < shared.first.named) shared.first = std::move(owner);
  return true;
}

const SystemTimes::Owner* SystemTimes::find(const Times& si, const Owner& file,
                                            bool is_of_windows) const {
  if (is_whole(si.created) && is_whole(si.modified)) return nullptr;  // many can share them
  const auto found = files_.find({si.created.ticks, si.modified.ticks});
  if (found == files_.end()) return nullptr;
  const Shared& shared = found->second;
  const bool later = is_before(shared.first.named, file.named, kTicksPerHour);
  const unsigned others = shared.files - (is_of_windows ? 1 : 0);
  return others == 1 && later && shared.first.record != file.record &&
                 !equals_fold(shared.first.name, file.name)
             ? &shared.first
             : nullptr;
}

bool TimeCrowd::add(std::uint64_t folder_record, FileTime named, const TimeSigns& signs) {
  for (const std::uint64_t place : {folder_record, kWholeVolume}) {
    const Key key{place, slice_of(named)};
    auto found = counts_.find(key);
    if (found == counts_.end()) {
      if (counts_.size() == kMaxCrowds) return false;
      found = counts_.emplace(key, Count{}).first;
    }
    ++found->second.all;
    if (signs.all_set) ++found->second.all_set;
    if (signs.were_set()) ++found->second.were_set;
  }
  return true;
}

unsigned TimeCrowd::in_folder(std::uint64_t folder_record, FileTime named, CrowdOf which) const {
  const Key key{folder_record, slice_of(named)};
  if (!counts_.contains(key)) return 0;
  unsigned files = 0;
  for (const std::uint64_t slice : {key.second - 1, key.second, key.second + 1}) {
    const auto found = counts_.find({folder_record, slice});
    if (found == counts_.end()) continue;
    const Count& count = found->second;
    files += which == CrowdOf::all       ? count.all
             : which == CrowdOf::all_set ? count.all_set
                                         : count.were_set;
  }
  return files;
}

unsigned TimeCrowd::on_volume(FileTime named, CrowdOf which) const {
  return in_folder(kWholeVolume, named, which);
}

std::uint64_t TimeCrowd::event_slice(std::uint64_t folder_record, FileTime named) const {
  constexpr unsigned kMaxSlices = 144;  // a day
  std::uint64_t slice = slice_of(named);
  for (unsigned walked = 0; walked < kMaxSlices && slice > 0; ++walked, --slice)
    if (!counts_.contains({folder_record, slice - 1})) break;
  return slice;
}

}  // namespace hozen
