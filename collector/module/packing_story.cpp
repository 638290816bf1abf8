#include "collector/module/packing_story.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_judge.h"
#include "collector/module/archive_name.h"
#include "collector/module/lateral.h"
#include "collector/module/packing_acts.h"
#include "collector/module/staging_place.h"

namespace hozen {
namespace {

using namespace packing;
using lateral::counted;

/// Each rule counts once; further signs of it are told without weight, the same sentence never.
std::vector<Why> whys_of(std::vector<Sign> signs) {
  std::vector<Why> whys;
  std::set<std::string_view> rules;
  std::set<std::string> texts;
  // The highest weight of a rule is the one that counts.
  std::map<std::string_view, int> highest;
  for (const Sign& sign : signs) {
    const auto [known, is_new] = highest.try_emplace(sign.rule, sign.why.weight);
    if (!is_new && sign.why.weight > known->second) known->second = sign.why.weight;
  }
  constexpr std::size_t kMostWhys = 60;
  for (Sign& sign : signs) {
    if (whys.size() >= kMostWhys || !texts.insert(sign.why.fact).second) continue;
    if (sign.why.weight != highest[sign.rule] || !rules.insert(sign.rule).second)
      sign.why.weight = 0;
    whys.push_back(std::move(sign.why));
  }
  return whys;
}

/// Of the first command: the same on another day.
std::string form_of(const Act& act) {
  for (const PackedSet* set : act.sets)
    if (!set->commands.empty()) return packing::form_of(*set->commands.front());
  return {};
}

bool is_there(const Act& act) {
  return std::any_of(act.sets.begin(), act.sets.end(), [](const PackedSet* set) {
    return std::any_of(set->files.begin(), set->files.end(),
                       [](const auto& file) { return file.second.is_there; });
  });
}

bool is_all_gone(const Act& act) {
  return std::all_of(act.sets.begin(), act.sets.end(), [](const PackedSet* set) {
    return std::all_of(set->files.begin(), set->files.end(),
                       [](const auto& file) { return file.second.is_gone(); });
  });
}

std::string title_of(const Act& act) {
  const bool one = act.sets.size() == 1;
  std::string title = one ? "An archive" : counted(act.sets.size(), "archive");
  if (act.has("command"))
    title = "Files were packed into " + (one ? std::string{"an archive"} : title);
  if (act.has("header_encryption") || act.has("headers_encrypted") || act.has("encryption") ||
      act.has("files_encrypted"))
    title += ", encrypted";
  if (act.has("renamed")) title += ", by a program under another name";
  const auto place = staging_place(act.sets.front()->path);
  if (place) title += ", in " + std::string{place->what};
  if (act.sets.front()->commands.size() == 1 &&
      !act.sets.front()->commands.front()->command.host.empty())
    title += ", on the host " + act.sets.front()->commands.front()->command.host;
  if (act.has("sent")) title += ", with a command to send it away";
  if (act.has("deleted"))
    title += is_all_gone(act) ? "; it was deleted" : "; files of it were deleted";
  return title;
}

std::string time_text(const Act& act) {
  if (!act.first.is_set()) return "No evidence tells when it was packed.";
  if (act.first == act.last) return "The evidence of it is of " + act.first.iso8601() + ".";
  return "The evidence of it is of " + act.first.iso8601() + " to " + act.last.iso8601() + ".";
}

/// Nothing but where an archive lay, how it is called, and that it went.
bool is_place_alone(const Act& act) {
  constexpr std::string_view kPlain[] = {"place",           "copied", "deleted",   "short_name",
                                         "missing",         "trace",  "writer",    "names",
                                         "files_encrypted", "run",    "client_ran"};
  return std::all_of(act.signs.begin(), act.signs.end(), [&](const Sign& sign) {
    return sign.why.weight <= 0 ||
           std::find(std::begin(kPlain), std::end(kPlain), sign.rule) != std::end(kPlain);
  });
}

std::vector<std::string> attack_of(const Act& act) {
  std::vector<std::string> attack{"T1560.001"};
  if (staging_place(act.sets.front()->path)) attack.emplace_back("T1074.001");
  if (act.has("renamed")) attack.emplace_back("T1036.003");
  if (act.has("extension") || act.has("hidden_by_name")) attack.emplace_back("T1036.008");
  if (act.has("deleted")) attack.emplace_back("T1070.004");
  if (act.has("sent")) attack.emplace_back("T1041");
  return attack;
}

Finding finding_of(const Act& act, const FactBook& book) {
  Finding finding;
  finding.rule = "winrar.staging";
  finding.title = title_of(act);
  finding.subject = act.sets.front()->path;
  finding.why = whys_of(act.signs);
  finding.why.push_back({time_text(act), 0, Family::time, {}});
  finding.attack = attack_of(act);
  finding.families_demanded = 2;
  // A backup goes to a host that has a name.
  const bool leaves = act.has("sent_to_address");
  if (leaves)
    for (Why& why : finding.why) why.weight = std::max(why.weight, 0);
  finding.innocent_explanation_unchecked = (act.has("routine") && !leaves) || is_place_alone(act);
  finding.not_checked = {is_there(act)
                             ? "What is in the archive where names or content are encrypted."
                             : "The archive itself: it was not found, so its size and content "
                               "are not known."};
  if (book.facts(FactKind::file_change).empty())
    finding.not_checked.emplace_back(
        "Whether volumes were deleted: no change journal was read, or it tells of no archive.");
  finding.not_checked.emplace_back(
      act.has("sent")
          ? "Whether what was to be sent arrived. Logs of proxies and firewalls would tell."
          : "Whether it left this host: no command that names it is known. Logs of "
            "proxies and firewalls would tell.");
  if (const std::string lost =
          lateral::not_kept(book, {FactKind::process, FactKind::file_change, FactKind::archive});
      !lost.empty())
    finding.not_checked.push_back(lost);
  finding.benign = {
      "Backups, administrators who move data, and users who protect what they send pack and "
      "encrypt "
      "too: do they know of it, and do they use this folder and this name?"};
  finding.next = {
      "The archive and its volumes, as they are or recovered; the password stands in the records "
      "of "
      "the command line, where there is one.",
      "What the account did around that time, and where its session came from.",
      "Traffic out of this host in the day after it."};
  return finding;
}

Finding renamed_program(const VersionSign& sign) {
  Finding finding;
  finding.rule = "winrar.renamed_program";
  finding.title = std::string{sign.name} + " under another name";
  finding.subject = sign.path;
  finding.why.push_back({sign.path + " is " + std::string{sign.name} +
                             " by its version resource, and its name is none of an archiver.",
                         50,
                         Family::content,
                         {sign.record}});
  if (const auto place = staging_place(sign.path))
    finding.why.push_back(
        {"It was in " + std::string{place->what} + ".", 15, Family::location, {sign.record}});
  finding.attack = {"T1036.003", "T1560.001"};
  finding.not_checked = {sign.packed
                             ? "What it packed: nothing else tells of the archive that its command "
                               "line names."
                             : "What it packed: no command line that packs and no archive of its "
                               "time is known."};
  finding.benign = {
      "Products bring archivers along under names of their own, mostly below Program "
      "Files: is this one of a product?"};
  finding.next = {"When it ran (prefetch, BAM, UserAssist), and which files were made then."};
  return finding;
}

/// Single files that are there and nothing else, each of which the module archives tells.
bool only_lies_there(const Act& act) {
  constexpr std::string_view kMore[] = {"command",      "deleted", "missing",   "hidden_by_name",
                                        "trace",        "renamed", "run",       "sent",
                                        "perhaps_sent", "copied",  "client_ran"};
  const bool is_read = std::all_of(act.sets.begin(), act.sets.end(), [](const PackedSet* set) {
    if (set->files.size() != 1) return false;
    const PackedFile& file = set->files.begin()->second;
    return file.archive != nullptr && file.records.size() == 1 &&
           archive_finding(archive_row_of(*file.archive)).has_value();
  });
  return is_read && std::none_of(std::begin(kMore), std::end(kMore),
                                 [&](std::string_view rule) { return act.has(rule); });
}

bool is_told(const Act& act, const Finding& finding) {
  return score_of(finding) >= kSeed && !only_lies_there(act);
}

}  // namespace

void report_packing(ModuleContext& context) {
  const FactBook& book = context.facts();
  Story story{book, context.stop()};
  const std::vector<Act> acts = story.acts();
  std::set<std::string> routines;
  for (const Act& act : acts) {
    if (context.stop().stop_requested()) return;
    // What runs every day is told once.
    if (act.has("routine") && !routines.insert(form_of(act)).second) continue;
    Finding finding = finding_of(act, book);
    if (!is_told(act, finding)) continue;
    context.report(std::move(finding));
  }
  if (story.evidence().left_out != 0)
    context.note({Errc::limit, std::to_string(story.evidence().left_out) +
                                   " archives and commands are not held against each other"});
  for (const VersionSign* sign : story.other_programs())
    if (!is_bundled(sign->path)) context.report(renamed_program(*sign));
}

ToldPacking told_packing(const FactBook& book, const std::stop_token& stop) {
  ToldPacking told;
  Story story{book, stop};
  for (const Act& act : story.acts()) {
    if (!is_told(act, finding_of(act, book))) continue;
    told.transfers.insert(act.transfers.begin(), act.transfers.end());
    for (const PackedSet* set : act.sets)
      for (const auto& [path, file] : set->files)
        told.files.insert(file.records.begin(), file.records.end());
  }
  return told;
}

void judge_archiver_setting(ModuleContext& context, const ArchiverSetting& setting,
                            std::string_view user, const std::string& record) {
  const bool starts = equals_fold(setting.name, "ExternalViewer") ||
                      (equals_fold(setting.key, "VirusScan") && equals_fold(setting.name, "Name"));
  if (!starts || !setting.value) return;
  std::string_view path = trim(*setting.value);
  if (path.starts_with('"')) path = path.substr(1, path.find('"', 1) - 1);
  const auto place = staging_place(path);
  if (!place && !contains_fold(path, "\\AppData\\")) return;
  Finding finding;
  finding.rule = "winrar.external_program";
  finding.title = "WinRAR is set up to start a program out of a folder that users can write to";
  finding.subject = std::string{path};
  finding.why.push_back({std::string{setting.key} + "\\" + std::string{setting.name} + " of " +
                             (user.empty() ? "a user" : std::string{user}) + " names '" +
                             *setting.value + "'.",
                         30,
                         Family::location,
                         {record}});
  finding.attack = {"T1546"};
  finding.not_checked = {"The program itself: its signature would lower the score."};
  finding.benign = {"A viewer or a virus scanner that was installed for one user."};
  finding.next = {"The program, and who set it up."};
  finding.innocent_explanation_unchecked = true;
  context.report(std::move(finding));
}

}  // namespace hozen
