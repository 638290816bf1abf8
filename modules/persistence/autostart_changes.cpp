// Autostarts as logs tell of them: values that Sysmon saw being written at an autostart location,
// services that were installed, tasks that were made. A log also tells what is no longer there, who
// wrote it, and when each value was written, which the registry keeps for whole keys only. It
// proves that it was set then; whether it is in force still is in the other modules' records. That
// a log tells nothing proves nothing: few hosts have Sysmon, and events 4698 are off by default.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/asep_judge.h"
#include "collector/module/asep_reader.h"
#include "collector/module/asep_rules.h"
#include "collector/module/cells.h"
#include "collector/module/fact.h"
#include "collector/module/remote_tools.h"
#include "collector/module/service_rules.h"
#include "collector/module/sysmon_registry.h"

namespace hozen::modules {
namespace {

using H = AsepHive;
using K = AsepKind;
using M = AsepModule;
constexpr AsepLocation kLocations[] = {
#include "modules/persistence/locations.inc"
};

struct Row {
  std::string_view what, location;
  std::string place, text, image, by, account, told_by;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"what", "What was changed: value, service, task or account."},
      [](const Row& r, Cell& c) { c.text(r.what); }},
    F{{"location", "Autostart location of a value, as in the records of autostarts."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.location, Absent::not_applicable); }},
    F{{"place", "Key with value as Sysmon names it, or the name of the service or task."},
      [](const Row& r, Cell& c) { c.text(r.place); }},
    F{{"command_line", "What was written: the program of a service or task, the text of a value."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.text); }},
    F{{"image", "File that it leads to."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.image); }},
    F{{"written_by", "Program that wrote it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.by); }},
    F{{"account", "Account that wrote it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.account); }},
    F{{"told_by", "Record of the event."}, [](const Row& r, Cell& c) { c.text(r.told_by); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kChange{"autostart_change",
                       "One autostart entry, service or task that a log tells was set up.",
                       kColumns, "{what} set up: {place}[ = {command_line}][ by {written_by}]"};
constexpr std::array kKinds{kChange};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/sysinternals/downloads/sysmon",
    "https://learn.microsoft.com/windows/security/threat-protection/auditing/event-4697",
    "https://learn.microsoft.com/windows/security/threat-protection/auditing/event-4698"};
constexpr std::string_view kAttack[] = {"T1053.005", "T1112", "T1136.001",
                                        "T1543.003", "T1564", "T1564.002"};

/// The shared rule for a file that is not there.
constexpr std::string_view kMissing = "missing_target";

std::vector<const AsepLocation*> all_locations() {
  std::vector<const AsepLocation*> all;
  for (const AsepLocation& location : kLocations)
    if (location.hive != H::file) all.push_back(&location);
  return all;
}

class Changes {
 public:
  explicit Changes(ModuleContext& context)
      : context_{context},
        locations_{all_locations()},
        reader_{context, kLocations, M::autostarts} {
    constexpr std::pair<HiveRole, std::string_view> kMounts[] = {
        {HiveRole::software, "HKLM\\SOFTWARE"},
        {HiveRole::system, "HKLM\\SYSTEM"},
        {HiveRole::user, kSysmonUserMount},
        {HiveRole::user_classes, kSysmonClassesMount},
        {HiveRole::sam, "HKLM\\SAM"}};
    const std::vector<ControlSetName> sets{{"CurrentControlSet", 0}};
    for (const auto& [role, mount] : kMounts)
      matchers_.emplace(role, AsepMatcher{locations_, role, mount, sets});
  }

  void judge() {
    for (const Fact& fact : context_.facts().facts(FactKind::registry)) {
      if (fact.event_id == 13) judge_value(fact);
      if (fact.event_id == 12) judge_deleted(fact);
    }
    for (const Fact& fact : context_.facts().facts(FactKind::service)) judge_service(fact);
    for (const Fact& fact : context_.facts().facts(FactKind::task)) judge_task(fact);
    for (const Fact& fact : context_.facts().facts(FactKind::process)) judge_process(fact);
  }

 private:
  void judge_value(const Fact& fact) {
    const auto path = sysmon_key(fact.subject);
    if (!path) return;
    const auto matcher = matchers_.find(path->role);
    const auto match = matcher->second.match(path->key, path->value);
    if (!match || match->location->kind == K::machine_server ||
        match->location->module == M::services)
      return judge_other_value(fact, *path);
    const auto value = sysmon_value(path->value, single_percents(fact.values["Details"]));
    AsepEntry entry;
    entry.location = match->location;
    entry.key_path = path->key;
    entry.key_written = fact.time;
    entry.wow64 = match->wow64;
    entry.value = value ? *value : RegistryValue{path->value, 3, {}};
    RegistryHive hive;
    hive.role = path->role;
    const AsepDatum datum{match->location, path->key, &*entry.value, nullptr, &hive, {}};
    for (const AsepElement& element : elements_of(datum, {})) {
      if (value) reader_.resolve(entry, element);
      tell_value(fact, entry);
      if (entry.value) entry.value->data.clear();
    }
  }

  void tell_value(const Fact& fact, const AsepEntry& entry) {
    Row row = row_of("value", fact);
    row.location = entry.location->id;
    row.text = entry.text;
    if (entry.target() != nullptr) row.image = entry.target()->text();
    if (!is_new(row, fact)) return;
    const std::string record = emit(row, fact);
    AsepCase one;
    one.module = "autostart_changes";
    one.entry = &entry;
    one.record = record;
    one.windows = reader_.evidence().windows(0);
    one.reference_time = fact.time;
    auto finding = judge_entry(one, own_hits(fact, entry));
    if (finding && !finding->rule.ends_with(kMissing))
      context_.report(finished(*std::move(finding), fact, row));
  }

  std::vector<RuleHit> own_hits(const Fact& fact, const AsepEntry& entry) {
    std::vector<RuleHit> hits = location_hits(entry, nullptr, reader_.evidence().installation(0));
    if (entry.is_default()) return hits;
    add_writer(fact, hits);
    // A value whose name begins with NUL: Sysmon shows nothing, and the default one otherwise.
    if (fact.subject.ends_with('\\'))
      hits.push_back({"hidden_name",
                      "An autostart entry was written under a name that programs cannot show",
                      {"The name of the value begins with a NUL, so that Windows' own tools show "
                       "nothing of it.",
                       60,
                       Family::name,
                       {}},
                      "T1564",
                      false});
    return hits;
  }

  /// Whoever sets up software is an installer or Windows; what else wrote it is telling.
  void add_writer(const Fact& fact, std::vector<RuleHit>& hits) {
    const std::string_view image = fact.values["Image"];
    const auto path = EvidencePath::parse(image);
    if (!path) return;
    constexpr std::string_view kTools[] = {
        "reg.exe",   "powershell.exe", "pwsh.exe",     "cmd.exe",      "wscript.exe", "cscript.exe",
        "mshta.exe", "rundll32.exe",   "regsvr32.exe", "wmiprvse.exe", "regedit.exe", "python.exe"};
    const bool tool = std::any_of(std::begin(kTools), std::end(kTools), [&](std::string_view one) {
      return equals_fold(one, path->name());
    });
    const auto because = writable_because(*path, reader_.evidence().windows(0));
    if (!tool && !because) return;
    hits.push_back({"written_by",
                    "An autostart entry was written by a program that is no installer",
                    {std::string{image} + " wrote it" +
                         (because ? " (" + *because + ")" : std::string{}) + ".",
                     because ? 30 : 25,
                     Family::path,
                     {}},
                    "T1112",
                    false});
  }

  /// ImagePath and ServiceDll of services: other modules read them as a service's.
  void judge_other_value(const Fact& fact, const SysmonKey& path) {
    if (judge_account(fact, path) || path.role != HiveRole::system ||
        !contains_fold(path.key, "\\Services\\"))
      return;
    const bool image = equals_fold(path.value, "ImagePath");
    if (!image && !equals_fold(path.value, "ServiceDll")) return;
    Row row = row_of("service", fact);
    row.text = single_percents(fact.values["Details"]);
    tell_command(fact, row, "T1543.003", true);
  }
  /// Accounts that Windows shows nowhere.
  bool judge_account(const Fact& fact, const SysmonKey& path) {
    constexpr std::string_view kNames = "\\Account\\Users\\Names\\";
    const bool hidden_name =
        path.role == HiveRole::sam && contains_fold(path.key, kNames) && path.key.ends_with('$');
    const bool hidden_entry = ends_with_fold(path.key, "\\Winlogon\\SpecialAccounts\\UserList") &&
                              fact.values["Details"] == "DWORD (0x00000000)";
    if (!hidden_name && !hidden_entry) return false;
    const std::string name = hidden_name ? path.key.substr(path.key.rfind('\\') + 1) : path.value;
    tell_act(
        fact, row_of("account", fact),
        {"account_hidden", "A hidden account was made",
         hidden_name ? "The local account '" + name +
                           "' was made: a name that ends in $ is left out of lists of accounts."
                     : "The account '" + name + "' was taken off the screen where users log on.",
         hidden_name ? 50 : 40, hidden_name ? "T1136.001" : "T1564.002"});
    return true;
  }

  void judge_service(const Fact& fact) {
    Row row = row_of("service", fact);
    row.text = std::string{fact.values[fact.event_id == 4697 ? "ServiceFileName" : "ImagePath"]};
    tell_command(fact, row, "T1543.003", true);
  }
  void judge_task(const Fact& fact) {
    const std::string_view command = fact.values["Command"];
    if (fact.event_id != 4698 && fact.event_id != 4702) return;
    Row row = row_of("task", fact);
    row.text = std::string{command};
    if (const auto arguments = fact.values["Arguments"]; !arguments.empty())
      row.text += " " + std::string{arguments};
    tell_command(fact, row, "T1053.005", false);
  }

  void tell_command(const Fact& fact, Row& row, std::string_view attack, bool service) {
    if (row.text.empty()) return;
    ResolverContext context = reader_.evidence().resolver(0, nullptr, false, false);
    context.driver = service;
    const ResolvedCommand command = resolve_command_line(row.text, context);
    if (command.target_path()) row.image = command.target_path()->text();
    if (!is_new(row, fact)) return;
    const std::string record = emit(row, fact);
    RuleInput input;
    input.command = &command;
    input.windows = reader_.evidence().windows(0);
    input.reference_time = input.written = fact.time;
    Assessment assessed = assess_command(input);
    if (service) add_driver(command, assessed.hits);
    Finding finding;
    bool alone = false;
    for (RuleHit& hit : assessed.hits) {
      // That it is new, or gone since, says nothing of what a log tells.
      if (hit.why.family == Family::time || hit.rule == kMissing) continue;
      if (finding.rule.empty()) {
        finding.rule = "autostart_changes." + hit.rule;
        finding.title = hit.title;
      }
      alone = alone || !hit.innocent_unchecked;
      hit.why.records = {record};
      finding.why.push_back(std::move(hit.why));
      if (!hit.attack.empty()) finding.attack.push_back(hit.attack);
    }
    if (finding.why.empty() || score_of(finding) <= 0) return;
    finding.innocent_explanation_unchecked = !alone;
    finding.not_checked = std::move(assessed.not_checked);
    if (std::find(finding.attack.begin(), finding.attack.end(), attack) == finding.attack.end())
      finding.attack.emplace_back(attack);
    finding.benign = {"Software that sets itself up there."};
    finding.next = {"What wrote it, and whether the file is there still: its age and origin."};
    context_.report(finished(std::move(finding), fact, row));
  }

  /// A driver from a folder of users says more than the folder.
  void add_driver(const ResolvedCommand& command, std::vector<RuleHit>& hits) {
    const auto& target = command.target_path();
    if (!target || !ends_with_fold(target->name(), ".sys")) return;
    auto hit = driver_elsewhere(*target, reader_.evidence().windows(0));
    if (!hit || hit->innocent_unchecked) return;
    std::erase_if(hits, [](const RuleHit& other) { return other.rule == "writable_location"; });
    hits.insert(hits.begin(), *std::move(hit));
  }

  /// Without its security descriptor a task is in no list of Windows.
  void judge_deleted(const Fact& fact) {
    if (fact.values["EventType"] == "DeleteValue" &&
        contains_fold(fact.subject, "\\Schedule\\TaskCache\\Tree\\") &&
        ends_with_fold(fact.subject, "\\SD"))
      tell_act(fact, row_of("task", fact),
               {"task_hidden", "A scheduled task was hidden",
                "The security descriptor of the task's entry was deleted: Windows shows such a "
                "task nowhere and still runs it.",
                65, "T1564"});
  }

  /// schtasks /create, where no event tells of the task itself.
  void judge_process(const Fact& fact) {
    if (image_stem(fact.subject) != "SCHTASKS") return;
    const std::vector<std::string> words = command_words(fact.values["CommandLine"]);
    const auto is_word = [](std::string_view word) {
      return [word](const std::string& one) { return equals_fold(one, word); };
    };
    if (std::none_of(words.begin(), words.end(), is_word("/create"))) return;
    const auto behind = [&](std::string_view option) {
      const auto at = std::find_if(words.begin(), words.end(), is_word(option));
      return at == words.end() || at + 1 == words.end() ? std::string{} : *(at + 1);
    };
    Row row = row_of("task", fact);
    row.place = behind("/tn").empty() ? "schtasks" : "\\" + behind("/tn");
    row.by = std::string{fact.values["ParentImage"]};
    row.text = behind("/tr");
    if (const std::string xml = behind("/xml"); row.text.empty()) {
      const auto path = EvidencePath::parse(xml);
      const auto because =
          path ? writable_because(*path, reader_.evidence().windows(0)) : std::nullopt;
      if (because)
        tell_act(fact, row,
                 {"task_from_file", "A scheduled task was made from a file of a user",
                  "schtasks made the task from " + xml + " (" + *because + ").", 40, "T1053.005"});
      return;
    }
    tell_command(fact, row, "T1053.005", false);
  }

  struct Act {
    std::string_view rule;
    std::string title, fact;
    int weight = 0;
    std::string_view attack;
  };
  void tell_act(const Fact& fact, const Row& row, const Act& act) {
    if (!is_new(row, fact)) return;
    Finding finding;
    finding.rule = "autostart_changes." + std::string{act.rule};
    finding.title = act.title;
    finding.why.push_back({act.fact, act.weight, Family::registry_state, {emit(row, fact)}});
    finding.attack = {std::string{act.attack}};
    if (row.what == "task" && act.attack != "T1053.005") finding.attack.emplace_back("T1053.005");
    finding.benign = {"Software of the vendor of the machine, rarely."};
    finding.next = {"What is there of it now: records of scheduled_tasks, accounts of SAM."};
    context_.report(finished(std::move(finding), fact, row));
  }

  static Row row_of(std::string_view what, const Fact& fact) {
    Row row;
    row.what = what;
    row.place = fact.subject;
    row.by = std::string{fact.values["Image"]};
    row.account = std::string{fact.values["User"]};
    if (row.account.empty()) row.account = std::string{fact.values["SubjectUserName"]};
    row.told_by = fact.record;
    return row;
  }
  std::string emit(const Row& row, const Fact& fact) {
    Envelope envelope;
    envelope.timestamps.emplace_back("written", fact.time);
    return context_.emit(kChange, kFields, row, envelope);
  }
  /// Of a value that is written again and again the first time counts.
  bool is_new(const Row& row, const Fact& fact) {
    constexpr std::size_t kMost = 100'000;
    return seen_.size() < kMost &&
           seen_.insert(fold_case(row.place) + '\n' + row.text + '\n' + row.by).second &&
           fact.time.is_set();
  }
  static Finding finished(Finding finding, const Fact& fact, const Row& row) {
    finding.subject = row.place + " at " + fact.time.iso8601();
    if (!finding.why.empty()) finding.why.front().records.push_back(fact.record);
    return finding;
  }

  ModuleContext& context_;
  std::vector<const AsepLocation*> locations_;
  AsepReader reader_;
  std::map<HiveRole, AsepMatcher> matchers_;
  std::set<std::string> seen_;
};

Result<void> run(ModuleContext&) { return {}; }

Result<void> judge(ModuleContext& context) {
  Changes{context}.judge();
  return {};
}

}  // namespace

extern const ModuleSpec autostart_changes;
const ModuleSpec autostart_changes{"autostart_changes",
                                   "Autostart entries, services and tasks that logs tell were set "
                                   "up, and by whom.",
                                   kKinds,
                                   kReferences,
                                   kAttack,
                                   run,
                                   {},
                                   false,
                                   judge};

}  // namespace hozen::modules
