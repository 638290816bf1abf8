#include "collector/module/packing_acts.h"

#include <algorithm>
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

bool is_of_set(const PackedSet& set, std::string_view file) {
  const std::string_view name = name_of_path(file);
  const std::string_view folder = folder_of_path(file);
  const bool is_whole = file.starts_with("\\\\") || (file.size() > 1 && file[1] == ':');
  if (is_whole && set.path.find('\\') != std::string::npos &&
      fold_case(below_volume(folder)) != fold_case(below_volume(set.folder())))
    return false;
  if (name.find_first_of("*?") == std::string_view::npos) {
    const std::string key = archive_set_key(name);
    const bool known = std::any_of(set.files.begin(), set.files.end(), [&](const auto& one) {
      return equals_fold(name_of_path(one.second.path), name);
    });
    return known || (archive_name(name) && set.key.ends_with(key));
  }
  return std::any_of(set.files.begin(), set.files.end(), [&](const auto& one) {
    return glob_match_fold(name, name_of_path(one.second.path));
  });
}

bool names_of(const Act& act, const Transfer& transfer) {
  for (const std::string& file : transfer.command.files)
    for (const PackedSet* set : act.sets) {
      if (is_of_set(*set, file)) return true;
      const std::string folder = fold_case(below_volume(set->folder()));
      std::string given = fold_case(below_volume(file));
      while (given.ends_with('\\')) given.pop_back();
      // A folder above goes with all that is in it.
      if (!given.empty() && (folder == given || folder.starts_with(given + '\\'))) return true;
    }
  return false;
}

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
    programs(act);
    sent(act);
  }
  return acts;
}

std::vector<const VersionSign*> Story::other_programs() const {
  std::vector<const VersionSign*> others;
  for (const auto& [path, sign] : evidence_.versions)
    if (sign.is_renamed && !told_programs_.contains(path)) others.push_back(&sign);
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
void Story::sent(Act& act) const {
  for (const Transfer& transfer : evidence_.transfers) {
    const bool timed = transfer.time.is_set() && act.first.is_set();
    if (timed && (transfer.time < act.first || transfer.time.ticks > act.last.ticks + kSentWithin))
      continue;
    const bool named = names_of(act, transfer);
    const bool same_user = act.users.contains(fold_case(transfer.user));
    // A batch of FTP or WinSCP does not say what it sends.
    if (!named && !(timed && same_user && transfer.command.files.empty())) continue;
    act.transfers.insert(transfer.record);
    add(act, named ? "sent" : "perhaps_sent", named ? 25 : 10, Family::path,
        std::string{named ? "A command was given that sends it away"
                          : "A command was given that may send it away"} +
            " with " + transfer.command.tool +
            (transfer.command.destination.empty() ? std::string{}
                                                  : " to " + transfer.command.destination) +
            at(transfer.time) + (transfer.user.empty() ? std::string{} : " by " + transfer.user) +
            " (" + transfer.source + "): " + transfer.line + ".",
        {transfer.record});
  }
  clients(act);
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
