#include "collector/module/asep_judge.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/module/asep_advice.h"
#include "collector/module/autostart_fact.h"

namespace hozen {
namespace {

/// UTF-16 units: longer command lines are rarely written by hand or by an installer.
constexpr std::uint64_t kLongCommand = 260;
/// A hidden tail shorter than this is what an uncleared buffer leaves.
constexpr std::size_t kMinHiddenText = 4;
constexpr std::size_t kMaxQuotedText = 200;

/// Names of values that claim to belong to Windows.
constexpr std::string_view kBorrowedNames[] = {"windows*update*",
                                               "windows*defender*",
                                               "windows*security*",
                                               "windows*explorer*",
                                               "windows*firewall*",
                                               "windows*host*",
                                               "windows*service*",
                                               "microsoft*update*",
                                               "securityhealth*",
                                               "svchost*",
                                               "csrss*",
                                               "lsass*",
                                               "winlogon*",
                                               "rundll32*",
                                               "explorer*",
                                               "ctfmon*",
                                               "spoolsv*",
                                               "taskhost*",
                                               "system32*",
                                               "smss*",
                                               "services.exe",
                                               "dwm*",
                                               "conhost*"};

std::string shortened(std::string_view text) {
  const std::string shown = printable(text);
  if (shown.size() <= kMaxQuotedText) return "'" + shown + "'";
  std::size_t end = kMaxQuotedText;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
  return "'" + shown.substr(0, end) + "…'";
}

bool is_command_kind(AsepKind kind) {
  return kind == AsepKind::command || kind == AsepKind::command_or_dll;
}

bool is_library_kind(AsepKind kind) {
  return kind == AsepKind::dll || kind == AsepKind::print_processor || kind == AsepKind::dll_list ||
         kind == AsepKind::provider_order || kind == AsepKind::winsock_item;
}

/// Kinds whose text is a place to go, so that an address in it is no news.
bool is_address_kind(AsepKind kind) { return kind == AsepKind::url || kind == AsepKind::note; }

void judge_place(const AsepEntry& entry, std::vector<RuleHit>& hits) {
  const AsepLocation& location = *entry.location;
  const bool says_something = entry.file ? true : !trim(entry.text).empty();
  if (location.points.weight == 0 || entry.known != AsepDefault::no || !says_something) return;
  if (entry.file && entry.line.empty() && location.kind != AsepKind::file) return;
  hits.push_back({std::string{location.id},
                  "Unusual entry: " + std::string{location.name},
                  {shortened(entry.place()) + " holds " + shortened(entry.text) + ". " +
                       std::string{location.meaning},
                   location.points.weight,
                   Family::registry_state,
                   {}},
                  std::string{location.attack.substr(0, location.attack.find(';'))},
                  location.points.vendor});
}

void judge_hiding(const AsepEntry& entry, std::vector<RuleHit>& hits) {
  if (entry.is_link)
    hits.push_back({"linked_key",
                    "Autostart key that is a symbolic link",
                    {shortened(entry.key_path) + " is a symbolic link to " + shortened(entry.text) +
                         ": what Windows reads there lies elsewhere.",
                     40,
                     Family::registry_state,
                     {}},
                    "T1112"});
  if (entry.file && entry.file->is_link)
    hits.push_back({"linked_file",
                    "Autostart file that is a link",
                    {shortened(entry.file->path.text()) + " is a link to " +
                         shortened(entry.file->link_target.value_or("a place that is not known")) +
                         ": what starts lies elsewhere.",
                     25,
                     Family::path,
                     {}},
                    ""});
  if (!entry.value) return;
  if (entry.value->name.find('\0') != std::string::npos)
    hits.push_back(
        {"hidden_value_name",
         "Value with a name that usual tools cannot show",
         {"The name of the value holds a NUL character: " + shortened(entry.value->name) + ".",
          50,
          Family::name,
          {}},
         "T1564"});
  const auto tail = entry.value->hidden_tail();
  if (!tail) return;
  const auto text = trim(*tail);
  const bool readable =
      text.size() >= kMinHiddenText &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (readable)
    hits.push_back({"hidden_data",
                    "Text hidden behind the end of a value",
                    {"Behind the first NUL of the data stands " + shortened(text) + ".",
                     25,
                     Family::content,
                     {}},
                    "T1564"});
}

void judge_name(const AsepCase& one, std::vector<RuleHit>& hits) {
  const AsepEntry& entry = *one.entry;
  if (!entry.value || !is_command_kind(entry.location->kind)) return;
  const auto targets = entry.targets();
  const auto foreign = std::find_if(targets.begin(), targets.end(), [&](const auto* target) {
    return !is_windows_folder(*target, one.windows) && !is_program_files(*target, one.windows);
  });
  if (foreign == targets.end()) return;
  const std::string& name = entry.value->name;
  if (!std::any_of(std::begin(kBorrowedNames), std::end(kBorrowedNames),
                   [&](std::string_view known) { return glob_match_fold(known, name); }))
    return;
  hits.push_back({"borrowed_name",
                  "Entry that claims to belong to Windows",
                  {"The entry is called " + shortened(name) + ", but " +
                       shortened((*foreign)->text()) + " is no program of Windows.",
                   20,
                   Family::name,
                   {}},
                  "T1036.004"});
}

void judge_length(const AsepEntry& entry, std::vector<RuleHit>& hits) {
  if (!entry.value || entry.is_default() || !is_command_kind(entry.location->kind) ||
      entry.characters() <= kLongCommand)
    return;
  hits.push_back({"long_command",
                  "Very long command line in an autostart entry",
                  {"The command line is " + std::to_string(entry.characters()) +
                       " characters long, as scripts kept in the registry are.",
                   30,
                   Family::command_line,
                   {}},
                  "T1027.011"});
}

void judge_library(const AsepCase& one, std::vector<RuleHit>& hits) {
  const AsepEntry& entry = *one.entry;
  if (!is_library_kind(entry.location->kind) || entry.target() == nullptr || entry.is_default())
    return;
  if (entry.location->hive != AsepHive::control_set && entry.location->points.weight == 0) return;
  if (is_windows_folder(*entry.target(), one.windows) ||
      is_program_files(*entry.target(), one.windows))
    return;
  hits.push_back({"library_elsewhere",
                  "System library loaded from an unusual folder",
                  {shortened(entry.target()->text()) +
                       " lies neither in Windows' folders nor in Program Files.",
                   20,
                   Family::path,
                   {}},
                  "T1574.001"});
}

void add_unique(std::vector<std::string>& list, std::string_view text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
    list.emplace_back(text);
}

/// False for a hit that is no news at this entry: the address that an entry of addresses must hold,
/// and the missing file of an entry that is usual here (Windows keeps entries of features that are
/// not installed).
bool counts(const RuleHit& hit, const AsepEntry& entry) {
  if (is_address_kind(entry.location->kind) && hit.rule == "remote_target") return false;
  return entry.known == AsepDefault::no || hit.rule != "missing_target";
}

/// What a browser of Program Files asked Windows to start again: RegisterApplicationRestart writes
/// it, with the addresses that were open. Not with switches that make a browser load or start
/// something else.
bool is_browser_restart(const AsepEntry& entry, const EvidencePath& windows) {
  constexpr std::string_view kBrowsers[] = {"msedge.exe", "chrome.exe",  "brave.exe",
                                            "opera.exe",  "vivaldi.exe", "chromium.exe"};
  constexpr std::string_view kElsewhere[] = {"*--load-extension*",
                                             "*--gpu-launcher*",
                                             "*-cmd-prefix*",
                                             "*--proxy-*",
                                             "*--user-data-dir*",
                                             "*--remote-debugging-*",
                                             "*--no-sandbox*",
                                             "*--host-resolver-rules*",
                                             "*--browser-subprocess-path*",
                                             "*--disable-web-security*",
                                             "*--ppapi-*",
                                             "*--register-pepper*"};
  if (!entry.value || !entry.command || entry.location->id != "run_once" ||
      !glob_match_fold("Application Restart #*", entry.value->name))
    return false;
  const ResolvedCommand& command = *entry.command;
  const auto fits = [](const auto& patterns, std::string_view text) {
    return std::any_of(std::begin(patterns), std::end(patterns),
                       [&](std::string_view pattern) { return glob_match_fold(pattern, text); });
  };
  return command.hosts.empty() && command.others.empty() && command.image_path &&
         command.image_existence != Existence::missing &&
         is_program_files(*command.image_path, windows) &&
         fits(kBrowsers, command.image_path->name()) && trim(command.arguments).starts_with("--") &&
         !fits(kElsewhere, command.arguments);
}

void judge_restart(const AsepEntry& entry, const EvidencePath& windows,
                   std::vector<RuleHit>& hits) {
  constexpr int kMost = 20;  // low
  if (!is_browser_restart(entry, windows)) return;
  int sum = 0;
  for (const auto& hit : hits)
    if (hit.rule == "long_command" || hit.rule == "remote_target") sum += hit.why.weight;
  if (sum <= kMost) return;
  hits.push_back({"browser_restart",
                  "",
                  {"The entry is what Windows writes for a browser that asked to be started again, "
                   "with the addresses that were open.",
                   kMost - sum,
                   Family::command_line,
                   {}},
                  "",
                  true});
}

bool says_the_same(const std::vector<RuleHit>& hits, const RuleHit& hit) {
  return std::any_of(hits.begin(), hits.end(), [&](const RuleHit& known) {
    return known.rule == hit.rule && known.why.fact == hit.why.fact;
  });
}

std::vector<RuleHit> all_hits(const AsepCase& one, std::vector<RuleHit> own,
                              std::vector<std::string>& not_checked) {
  const AsepEntry& entry = *one.entry;
  for (auto& hit : assess_entry(one)) own.push_back(std::move(hit));
  if (!entry.command || entry.is_default() || entry.location->kind == AsepKind::folder) return own;
  const auto judge = [&](const ResolvedCommand& command, const FileInfo* file) {
    RuleInput input;
    input.command = &command;
    input.file = file;
    input.windows = one.windows;
    input.reference_time = one.reference_time;
    input.written = entry.key_written;
    Assessment shared = assess_command(input);
    const auto is_known = [&](const RuleHit& hit) {
      return says_the_same(own, hit) ||
             (command.of_another_user &&
              std::any_of(own.begin(), own.end(),
                          [&](const RuleHit& other) { return other.rule == hit.rule; }));
    };
    for (auto& hit : shared.hits)
      if (counts(hit, entry) && !is_known(hit)) own.push_back(std::move(hit));
    for (auto& text : shared.not_checked) add_unique(not_checked, text);
  };
  judge(*entry.command, one.file);
  for (std::size_t i = 0; i < entry.command->others.size(); ++i)
    judge(entry.command->others[i],
          i < one.other_files.size() && one.other_files[i] ? &*one.other_files[i] : nullptr);
  judge_restart(entry, one.windows, own);
  return own;
}

/// The rule that names the finding: the heaviest; that the target is missing only when nothing else
/// holds.
const RuleHit& leading(const std::vector<RuleHit>& hits) {
  const auto rank = [](const RuleHit& hit) {
    return hit.rule == "missing_target" ? 0 : hit.why.weight;
  };
  return *std::max_element(hits.begin(), hits.end(),
                           [&](const RuleHit& a, const RuleHit& b) { return rank(a) < rank(b); });
}

std::string subject_of(const AsepEntry& entry) {
  std::string subject = (entry.installation.empty() ? "" : printable(entry.installation) + ": ") +
                        printable(entry.place());
  if (entry.target() != nullptr) {
    subject += " -> " + printable(entry.target()->text());
  } else if (!entry.text.empty() && !entry.file) {
    subject +=
        " -> " + printable(entry.text.substr(0, std::min(entry.text.size(), kMaxQuotedText)));
  }
  return subject;
}

}  // namespace

std::vector<RuleHit> assess_entry(const AsepCase& one) {
  std::vector<RuleHit> hits;
  judge_place(*one.entry, hits);
  judge_hiding(*one.entry, hits);
  judge_name(one, hits);
  judge_length(*one.entry, hits);
  judge_library(one, hits);
  judge_shortcuts(*one.entry, hits);
  return hits;
}

std::optional<Finding> judge_entry(const AsepCase& one, std::vector<RuleHit> own) {
  const AsepEntry& entry = *one.entry;
  const bool in_use = entry.current_control_set || entry.next_control_set;
  if (!in_use && (entry.deleted || entry.also_current)) return {};
  Finding finding;
  const std::vector<RuleHit> hits = all_hits(one, std::move(own), finding.not_checked);
  if (hits.empty()) return {};
  const RuleHit& lead = leading(hits);
  finding.rule = std::string{one.module} + "." + lead.rule;
  finding.title = (entry.deleted ? "Deleted value: " : "") + lead.title;
  if (!in_use) finding.title = "In a control set that is not in use: " + finding.title;
  if (entry.next_control_set) finding.title = "At the next start: " + finding.title;
  finding.subject = subject_of(entry);
  bool stands_alone = false;
  for (const auto& hit : hits) {
    finding.why.push_back(hit.why);
    finding.why.back().records = {one.record};
    add_unique(finding.attack, hit.attack);
    stands_alone = stands_alone || (hit.why.weight > 0 && !hit.innocent_unchecked);
  }
  if (entry.next_control_set)
    finding.why.push_back({"The entry stands in control set " + std::to_string(*entry.control_set) +
                               ", which Windows starts from next (Select\\Default), not in the "
                               "current one.",
                           0,
                           Family::registry_state,
                           {one.record}});
  if (!in_use)
    finding.why.push_back({"The entry stands in control set " + std::to_string(*entry.control_set) +
                               (entry.last_known_good ? " (LastKnownGood)" : "") +
                               ", which Windows neither runs from nor starts from next; the "
                               "current one does not have it.",
                           0,
                           Family::registry_state,
                           {one.record}});
  for (const auto& id : split_patterns(entry.location->attack)) add_unique(finding.attack, id);
  finding.innocent_explanation_unchecked = !stands_alone || entry.deleted || !in_use;
  if (!stands_alone && finding.not_checked.empty() && entry.command)
    finding.not_checked.push_back("Signature of " + shortened(entry.command->image) +
                                  ": a valid one of a known vendor would explain the entry.");
  if (entry.deleted)
    finding.not_checked.push_back(
        "Whether the value was in force: it was recovered from a free part of the hive, and its "
        "key may be "
        "another's.");
  const Advice advice = advice_for(lead.rule);
  finding.benign.emplace_back(advice.benign);
  if (!in_use)
    finding.benign.emplace_back(
        "The entry was removed or changed since, by an update or whoever looks after the machine: "
        "this set keeps a former state.");
  finding.next.push_back(next_step(entry, lead.rule));
  if (score_of(finding) <= 0) return {};
  return finding;
}

void report_entry(ModuleContext& context, AsepEvidence& evidence, std::string_view module,
                  const AsepEntry& entry, const std::string& record, std::vector<RuleHit> own) {
  if (!entry.file && !entry.deleted && entry.installation_index == 0)
    context.state(entry.fact(record));
  state_autostart(context, module, entry, evidence.windows(entry.installation_index), record);
  AsepCase one;
  one.module = module;
  one.entry = &entry;
  one.record = record;
  one.windows = evidence.windows(entry.installation_index);
  one.reference_time = context.reference_time();
  std::optional<FileInfo> file;
  if (entry.target() != nullptr && !entry.is_default() &&
      entry.command->target_existence() == Existence::exists)
    file = evidence.look_at(*entry.target());
  if (file) one.file = &*file;
  if (entry.command && !entry.is_default())
    for (const auto& other : entry.command->others)
      one.other_files.push_back(other.target_path() && other.target_existence() == Existence::exists
                                    ? evidence.look_at(*other.target_path())
                                    : std::nullopt);
  if (auto finding = judge_entry(one, std::move(own))) context.report(*std::move(finding));
}

}  // namespace hozen
