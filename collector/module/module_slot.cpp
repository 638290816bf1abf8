#include "collector/module/module_slot.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"

namespace hozen::slots {
namespace {

using O = Owner;
constexpr Slot kSlots[] = {
#include "collector/module/module_slots.inc"
};

/// Files in slots; a full Windows has some thousand.
constexpr std::size_t kMaxGroups = 20'000;
/// Entries that lead to one file; the shell's own library stands in some hundred.
constexpr std::size_t kMaxEntries = 64;
/// Files of Windows that must have been checked before their signatures tell of the catalogs, and
/// how many in a hundred must be sound.
constexpr std::size_t kLeastChecked = 10, kSoundPercent = 90;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Entry entry_of(const Fact& fact, const Slot& slot) {
  const auto value = [&](std::string_view name) { return std::string{fact.values[name]}; };
  Entry entry;
  entry.slot = &slot;
  entry.place = value("entry");
  entry.value = value("value");
  entry.text = value("text");
  entry.user = value("user");
  entry.service = value("service");
  entry.service_export = value("export");
  entry.known = value("known");
  entry.expected = value("expected");
  entry.clsid = value("clsid");
  entry.machine_server = value("machine_server");
  entry.bitness = value("bitness");
  entry.existence = value("existence");
  entry.enabled = fact.values["enabled"] != "no";
  entry.next_set = fact.values["control_set"] == "next";
  entry.written = fact.time;
  entry.records = {fact.record};
  return entry;
}

bool is_same(const Entry& a, const Entry& b) {
  return a.slot == b.slot && a.place == b.place && a.text == b.text && a.user == b.user &&
         a.clsid == b.clsid;
}

/// Both views of a running system state the same entry.
void add_entry(Group& group, Entry entry, std::uint64_t& left_out) {
  const auto same = std::find_if(group.entries.begin(), group.entries.end(),
                                 [&](const Entry& known) { return is_same(known, entry); });
  if (same != group.entries.end()) {
    same->records.insert(same->records.end(), entry.records.begin(), entry.records.end());
    return;
  }
  if (group.entries.size() < kMaxEntries)
    group.entries.push_back(std::move(entry));
  else
    ++left_out;
}

}  // namespace

std::span<const Slot> all_slots() { return kSlots; }

const Slot* slot_of(std::string_view location) {
  const auto found = std::find_if(std::begin(kSlots), std::end(kSlots),
                                  [&](const Slot& slot) { return slot.location == location; });
  return found == std::end(kSlots) ? nullptr : &*found;
}

std::vector<std::string> Entry::needed_exports() const {
  if (!service_export.empty()) return {service_export};
  return split(slot->exports, '|');
}

bool Group::is_own() const {
  return std::any_of(entries.begin(), entries.end(),
                     [](const Entry& entry) { return entry.is_own(); });
}

Owner Group::owner() const {
  Owner strictest = Owner::many;
  for (const Entry& entry : entries) strictest = std::min(strictest, entry.slot->owner);
  return strictest;
}

std::vector<std::string> Group::wanted_exports() const {
  std::vector<std::string> wanted{std::string{kLogonNotify}};
  for (const Entry& entry : entries)
    for (std::string& name : entry.needed_exports())
      if (std::find(wanted.begin(), wanted.end(), name) == wanted.end())
        wanted.push_back(std::move(name));
  return wanted;
}

std::map<std::string, Group> groups_of(const FactBook& book, std::uint64_t& left_out) {
  std::map<std::string, Group> groups;
  for (const Fact& fact : book.facts(FactKind::autostart)) {
    const Slot* slot = slot_of(fact.values["location"]);
    // A program that is named by a variable is loaded into nothing.
    if (slot == nullptr || equals_fold(fact.values["value"], "ComSpec")) continue;
    const auto path = EvidencePath::parse(fact.subject);
    if (!path) continue;
    const std::string key = path->folded();
    if (!groups.contains(key) && groups.size() >= kMaxGroups) {
      ++left_out;
      continue;
    }
    Group& group = groups[key];
    if (group.entries.empty()) {
      group.path = *path;
      if (const auto windows = EvidencePath::parse(fact.values["windows"]))
        group.windows = *windows;
    }
    add_entry(group, entry_of(fact, *slot), left_out);
  }
  return groups;
}

Known known_of(const std::map<std::string, Group>& groups, bool has_catalogs, FileTime reference) {
  std::size_t checked = 0, sound = 0;
  for (const auto& [key, group] : groups) {
    if (!group.is_own() || group.file.signature == nullptr ||
        group.file.signature->status == SignatureStatus::not_checked)
      continue;
    ++checked;
    if (group.file.is_of_microsoft()) ++sound;
  }
  Known known;
  known.has_catalogs = has_catalogs;
  known.catalogs_are_whole =
      has_catalogs && checked >= kLeastChecked && sound * 100 >= checked * kSoundPercent;
  known.reference_time = reference;
  return known;
}

}  // namespace hozen::slots
