#include "collector/module/packing_acts.h"

#include <algorithm>
#include <compare>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/lateral.h"
#include "collector/module/shell_commands.h"

namespace hozen::packing {
namespace {

/// Archives that were made so soon after one another belong to one act.
constexpr std::uint64_t kSameAct = kHour;
/// After the last volume was written.
constexpr std::uint64_t kSentWithin = kDay;
/// Traces of programs that one act names.
constexpr std::size_t kMaxRuns = 10;

/// Commands that send files which one act names.
constexpr std::size_t kMaxSent = 50;

/// A set that looks like staging.
struct Seed {
  const PackedSet* set = nullptr;
  std::vector<Sign> signs{};
  FileTime first{}, last{};
  std::string folder{};           ///< folded
  std::set<std::string> users{};  ///< folded
};

Seed seed_of(const PackedSet& set, std::vector<Sign> signs) {
  Seed seed{&set, std::move(signs), set.first(), set.last()};
  seed.folder = fold_case(below_volume(set.folder()));
  for (const std::string& user : set.users()) seed.users.insert(fold_case(user));
  return seed;
}

void absorb(Act& act, Seed seed) {
  act.sets.push_back(seed.set);
  if (seed.first.is_set() && (!act.first.is_set() || seed.first < act.first))
    act.first = seed.first;
  act.last = std::max(act.last, seed.last);
  act.users.merge(seed.users);
  act.folders.insert(std::move(seed.folder));
  for (Sign& sign : seed.signs) act.signs.push_back(std::move(sign));
}

/// By one user, or in one folder, soon after one another.
bool belongs(const Act& act, const Seed& seed) {
  if (!seed.first.is_set() || !act.last.is_set() || seed.first.ticks > act.last.ticks + kSameAct)
    return false;
  if (act.folders.contains(seed.folder)) return true;
  return std::any_of(seed.users.begin(), seed.users.end(),
                     [&](const std::string& user) { return act.users.contains(user); });
}

void add(Act& act, std::string_view rule, int weight, Family family, std::string text,
         std::vector<std::string> records) {
  act.signs.push_back({rule, {std::move(text), weight, family, std::move(records)}, true});
}

/// By what acts may be named in a command that sends files: looked up, as there may be thousands of
/// archives and of commands.
class Names {
 public:
  explicit Names(const std::vector<Act>& acts) {
    for (std::size_t i = 0; i < acts.size(); ++i)
      for (const PackedSet* set : acts[i].sets) add(*set, i);
  }

  /// Acts of which `transfer` names an archive, or a folder above.
  std::set<std::size_t> of(const Transfer& transfer, const std::stop_token& stop) const {
    std::set<std::size_t> found;
    for (const std::string& file : transfer.command.files) {
      if (stop.stop_requested()) break;
      std::string given = fold_case(below_volume(file));
      while (given.ends_with('\\')) given.pop_back();
      if (const auto above = above_.find(given); !given.empty() && above != above_.end())
        for (const auto& [act, drive] : above->second)
          if (is_drive(drive, file)) found.insert(act);
      const std::string name = fold_case(name_of_path(file));
      if (name.find_first_of("*?") != std::string::npos) {
        for (const auto& [known, places] : files_)
          if (glob_match_fold(name, known)) take(places, file, found);
        continue;
      }
      if (const auto known = files_.find(name); known != files_.end())
        take(known->second, file, found);
      if (archive_name(name))
        if (const auto known = stems_.find(archive_set_key(name)); known != stems_.end())
          take(known->second, file, found);
    }
    return found;
  }

 private:
  struct Place {
    std::size_t act = 0;
    std::string drive, folder;  ///< folded; without a folder it may be any
    bool is_known = false;
    auto operator<=>(const Place&) const = default;
  };

  void add(const PackedSet& set, std::size_t act) {
    std::string folder = fold_case(below_volume(set.folder()));
    const std::string drive = fold_case(drive_of_path(set.path));
    const Place place{act, drive, folder, set.path.find('\\') != std::string::npos};
    for (const auto& [path, file] : set.files)
      files_[fold_case(name_of_path(file.path))].insert(place);
    files_[fold_case(name_of_path(set.path))].insert(place);
    stems_[archive_set_key(name_of_path(set.path))].insert(place);
    // A folder above goes with all that is in it.
    while (!folder.empty() && above_[folder].emplace(act, drive).second) {
      const std::size_t slash = folder.rfind('\\');
      folder.resize(slash == std::string::npos ? 0 : slash);
    }
  }
  static bool is_drive(std::string_view drive, std::string_view file) {
    const std::string_view given = drive_of_path(file);
    return drive.empty() || given.empty() || equals_fold(drive, given);
  }
  static void take(const std::set<Place>& places, std::string_view file,
                   std::set<std::size_t>& found) {
    const bool is_whole = file.starts_with("\\\\") || !drive_of_path(file).empty();
    const std::string folder = fold_case(below_volume(folder_of_path(file)));
    for (const Place& place : places)
      if (!is_whole || !place.is_known || (place.folder == folder && is_drive(place.drive, file)))
        found.insert(place.act);
  }

  std::map<std::string, std::set<Place>> files_, stems_;
  std::map<std::string, std::set<std::pair<std::size_t, std::string>>> above_;
};

}  // namespace

bool Act::has(std::string_view rule) const {
  return std::any_of(signs.begin(), signs.end(),
                     [&](const Sign& sign) { return sign.rule == rule; });
}

std::vector<Act> Story::acts() {
  std::vector<Seed> seeds;
  for (const auto& [key, set] : evidence_.sets) {
    std::vector<Sign> signs = signs_of(set, evidence_);
    int points = 0;
    for (const Sign& sign : signs)
      if (!sign.is_supporting) points += sign.why.weight;
    if (points >= kSeed) seeds.push_back(seed_of(set, std::move(signs)));
  }
  std::stable_sort(seeds.begin(), seeds.end(),
                   [](const Seed& a, const Seed& b) { return a.first < b.first; });
  std::vector<Act> acts;
  for (Seed& seed : seeds) {
    const auto known = std::find_if(acts.rbegin(), acts.rend(),
                                    [&](const Act& act) { return belongs(act, seed); });
    if (known == acts.rend() && acts.size() >= kMaxActs) {
      ++evidence_.left_out;
      continue;
    }
    Act& act = known == acts.rend() ? acts.emplace_back() : *known;
    absorb(act, std::move(seed));
  }
  for (Act& act : acts) {
    if (stop_.stop_requested()) return acts;
    programs(act);
  }
  sent(acts);
  for (Act& act : acts) {
    if (stop_.stop_requested()) return acts;
    clients(act);
  }
  return acts;
}

std::vector<const VersionSign*> Story::other_programs() const {
  std::vector<const VersionSign*> others;
  // One that was only seen to unpack or to list is somebody's installer at work.
  for (const auto& [path, sign] : evidence_.versions)
    if (sign.is_renamed && (sign.packed || !sign.other) && !told_programs_.contains(path))
      others.push_back(&sign);
  return others;
}

/// Traces of the archivers that ran then.
void Story::programs(Act& act) {
  std::set<std::string> stems;
  for (const PackedSet* set : act.sets) {
    for (const PackingCommand* command : set->commands) {
      stems.insert(program_stem(command->program));
      const std::string path = fold_case(below_volume(command->program));
      if (const auto known = evidence_.versions.find(path); known != evidence_.versions.end())
        tell_program(act, path, known->second, false);
      if (const auto renamed = evidence_.renamed_programs.find(path);
          renamed != evidence_.renamed_programs.end())
        tell_rename(act, *renamed->second);
    }
    for (const auto& [name, file] : set->files) {
      const std::string path = fold_case(below_volume(file.writer));
      if (const auto known = evidence_.versions.find(path); known != evidence_.versions.end())
        tell_program(act, path, known->second, false);
    }
    for (const Trace& trace : set->traces)
      if (trace.fact->values["source"] == "prefetch")
        stems.insert(program_stem(trace.fact->values["program"]));
  }
  if (!act.first.is_set()) return;
  std::size_t runs = 0;
  const auto facts = book_.between(FactKind::execution, lateral::earlier(act.first, kHour),
                                   lateral::later(act.last, kHour));
  for (const Fact& fact : facts) {
    const std::string path = fold_case(below_volume(fact.subject));
    const auto version = evidence_.versions.find(path);
    const bool renamed = version != evidence_.versions.end() && version->second.is_renamed;
    if (!renamed && !stems.contains(program_stem(fact.subject))) continue;
    if (++runs > kMaxRuns) break;
    std::string text =
        fact.subject + " ran" + at(fact.time) + " (" + std::string{fact.values["source"]};
    if (const auto count = fact.values["run_count"]; !count.empty())
      text += ", " + std::string{count} + " runs in all";
    add(act, "run", 0, Family::time, text + ").", {fact.record});
    if (renamed) tell_program(act, path, version->second, true);
  }
}

void Story::tell_rename(Act& act, const Fact& fact) {
  add(act, "renamed", 50, Family::name,
      std::string{fact.values["from"]} + " was renamed to " +
          std::string{name_of_path(fact.subject)} + at(fact.time) + " (change journal).",
      {fact.record});
}

void Story::tell_program(Act& act, const std::string& path, const VersionSign& sign, bool weighs) {
  if (!sign.is_renamed) return;
  told_programs_.insert(path);
  if (weighs)
    add(act, "renamed", 50, Family::content,
        sign.path + " is " + std::string{sign.name} +
            " by its version resource, under another name.",
        {sign.record});
}

/// What was sent away within a day, and by what.
void Story::sent(std::vector<Act>& acts) const {
  const Names names{acts};
  for (const Transfer& transfer : evidence_.transfers) {
    if (stop_.stop_requested()) return;
    const std::set<std::size_t> named = names.of(transfer, stop_);
    for (std::size_t i = 0; i < acts.size(); ++i) {
      Act& act = acts[i];
      const bool timed = transfer.time.is_set() && act.first.is_set();
      if (timed &&
          (transfer.time < act.first || transfer.time.ticks > act.last.ticks + kSentWithin))
        continue;
      // A batch of FTP or WinSCP does not say what it sends.
      const bool perhaps =
          timed && transfer.command.files.empty() && act.users.contains(fold_case(transfer.user));
      if (named.contains(i) || perhaps) tell_transfer(act, transfer, named.contains(i));
    }
  }
}

void Story::tell_transfer(Act& act, const Transfer& transfer, bool named) {
  // Onto a share of this host it goes nowhere.
  const bool is_copy = transfer.command.tool.starts_with("copy") &&
                       !is_bare_public_address(transfer.command.destination);
  if (is_copy && is_this_host(transfer.command.destination)) return;
  act.transfers.insert(transfer.record);
  if (act.transfers.size() > kMaxSent) return;
  const std::string_view rule = !named ? "perhaps_sent" : is_copy ? "copied" : "sent";
  add(act, rule, named && !is_copy ? 25 : 10,
      // Within the organisation it is one more command, not another kind of sign.
      is_copy ? Family::command_line : Family::path,
      std::string{!named    ? "A command was given that may send it away"
                  : is_copy ? "A command was given that copies it to another host"
                            : "A command was given that sends it away"} +
          " with " + transfer.command.tool +
          (transfer.command.destination.empty() ? std::string{}
                                                : " to " + transfer.command.destination) +
          at(transfer.time) + (transfer.user.empty() ? std::string{} : " by " + transfer.user) +
          " (" + transfer.source + "): " + transfer.line + ".",
      {transfer.record});
  if (named && is_bare_public_address(transfer.command.destination))
    add(act, "sent_to_address", 15, Family::path,
        "It goes to an address of the internet without a name: " + transfer.command.destination +
            ".",
        {transfer.record});
}

void Story::clients(Act& act) const {
  if (!act.first.is_set()) return;
  const auto facts =
      book_.between(FactKind::execution, act.first, lateral::later(act.last, kSentWithin));
  for (const Fact& fact : facts) {
    const std::string_view tool = transfer_tool(fact.subject);
    if (tool.empty() || act.transfers.contains(fact.record)) continue;
    return add(act, "client_ran", 0, Family::time,
               std::string{tool} + ", which sends files away, ran" + at(fact.time) + ": " +
                   fact.subject + " (" + std::string{fact.values["source"]} + ").",
               {fact.record});
  }
}

}  // namespace hozen::packing
