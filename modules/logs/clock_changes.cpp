// Changes of the clock: Security 4616 and System 1 of Microsoft-Windows-Kernel-General, which tell
// the time before and after. Whoever sets a clock back or forward gives false times to what he does
// next, in logs and files alike. The time service, tools of virtual machines, wake-ups and Windows'
// setup set clocks too: those changes are records, and no findings. A change is told where it is a
// minute or more; what is corrected every hour by parts of a second says nothing. That no event
// tells of one proves nothing: whoever sets the clock before Windows starts leaves none here.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/base/time_text.h"
#include "collector/module/cells.h"
#include "collector/module/lateral.h"
#include "collector/module/module.h"

namespace hozen::modules {
namespace {

using namespace lateral;  // NOLINT(google-build-using-namespace): helpers of rules over facts

/// Of a person: whoever sets a clock by hand is off by that much.
constexpr std::uint64_t kJudged = 5 * kMinute;
/// A clock was put back when what is left of both changes together is no more than this.
constexpr std::uint64_t kPutBack = 5 * kMinute;
/// Longer than that nobody keeps a false clock to hide something.
constexpr std::uint64_t kLongestFalse = 7 * (24 * kHour);
constexpr std::size_t kMaxTold = 30, kMaxChanges = 20'000;

enum class By : std::uint8_t {
  unknown,
  time_service,
  virtual_machine,
  hardware_clock,
  setup,
  program
};
std::string_view to_text(By by) {
  constexpr std::array<std::string_view, 6> kTexts{
      "unknown", "time_service", "virtual_machine", "hardware_clock", "setup", "program"};
  return kTexts.at(static_cast<std::size_t>(by));
}

struct Change {
  FileTime before{}, after{}, told{};
  std::string account, sid, program;
  By by = By::unknown;
  std::vector<std::string> records{};

  bool is_forward() const { return after > before; }
  std::uint64_t ticks() const { return apart(before, after); }
  std::int64_t seconds() const {
    const auto whole = static_cast<std::int64_t>(ticks() / kTicksPerSecond);
    return is_forward() ? whole : -whole;
  }
};

using C = Field<Change>;
constexpr std::array kFields{
    C{{"old_time", "What the clock said before."},
      [](const Change& r, Cell& c) { c.time(r.before); }},
    C{{"new_time", "What it was set to."}, [](const Change& r, Cell& c) { c.time(r.after); }},
    C{{"moved_seconds", "By how many seconds it went forward, below zero back."},
      [](const Change& r, Cell& c) { c.signed_number(r.seconds()); }},
    C{{"changed_by",
       "What changed it: time_service, virtual_machine (its tools), hardware_clock (at start or "
       "wake-up), setup, program (any other, so a user or what he runs), or unknown."},
      [](const Change& r, Cell& c) { c.text(to_text(r.by)); }},
    C{{"account", "Account that changed it."},
      [](const Change& r, Cell& c) { text_or_absent(c, r.account); }},
    C{{"account_sid", "SID of that account."},
      [](const Change& r, Cell& c) { text_or_absent(c, r.sid); }},
    C{{"program", "Program that changed it."},
      [](const Change& r, Cell& c) { text_or_absent(c, r.program); }},
    C{{"records", "Events that tell it."}, [](const Change& r, Cell& c) { c.texts(r.records); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr std::string_view kTimes[] = {"old_time", "new_time"};
constexpr Kind kChange{
    "clock_change", "One change of the clock by a minute or more, from all events that tell it.",
    kColumns, "Clock set from {old_time} to {new_time}[ by {account}][ with {program}]", kTimes};
constexpr std::array kKinds{kChange};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/"
    "threat-protection/auditing/event-4616",
    "https://attack.mitre.org/techniques/T1070/006/"};
constexpr std::string_view kAttack[] = {"T1070.006"};

/// Below a folder of that name on any volume: "C:\Windows\x", "\Device\HarddiskVolume3\Windows\x".
bool is_below(std::string_view path, std::string_view folder) {
  const std::size_t root = path.starts_with('\\') ? path.find('\\', 1) : std::size_t{0};
  const std::size_t first = root == 0
                                ? path.find('\\')
                                : path.find('\\', root == std::string_view::npos ? root : root + 1);
  return first != std::string_view::npos && starts_with_fold(path.substr(first), folder);
}

/// The kernel takes the time of the machine's own clock at start (Reason 2). Windows 7 names no
/// program, only whose it was.
By without_program(const Fact& fact) {
  const std::string_view process = fact.values["ProcessId"], reason = fact.values["Reason"];
  if (reason == "2" || process == "0x4") return By::hardware_clock;
  return fact.values["UserSid"].starts_with("S-1-5-21-") ? By::program : By::unknown;
}

By changed_by(const Fact& fact) {
  constexpr std::string_view kTools[] = {"vmtoolsd.exe",      "VBoxService.exe",
                                         "qemu-ga.exe",       "prl_tools_service.exe",
                                         "XenGuestAgent.exe", "GCEWindowsAgent.exe"};
  constexpr std::string_view kSetup[] = {"msoobe.exe", "windeploy.exe", "oobeldr.exe",
                                         "setuphost.exe", "sysprep.exe"};
  const std::string_view program = fact.values["ProcessName"];
  const bool in_system = is_below(program, "\\Windows\\System32\\");
  if (program.empty()) return without_program(fact);
  if (in_system && equals_fold(file_name(program), "svchost.exe")) return By::time_service;
  const bool in_programs = in_system || is_below(program, "\\Program Files\\") ||
                           is_below(program, "\\Program Files (x86)\\");
  if (in_programs && !one_of_names(program, kTools).empty()) return By::virtual_machine;
  if (is_below(program, "\\Windows\\") && !one_of_names(program, kSetup).empty()) return By::setup;
  return By::program;
}

/// "3 h 20 min", "5 min 3 s", "2 d 4 h".
std::string span_text(std::uint64_t ticks) {
  const std::uint64_t seconds = ticks / kTicksPerSecond;
  struct Unit {
    std::uint64_t seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}}};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && seconds < kUnits.at(unit).seconds) ++unit;
  std::string text =
      std::to_string(seconds / kUnits.at(unit).seconds) + text_of(kUnits.at(unit).name);
  const std::uint64_t rest = seconds % kUnits.at(unit).seconds;
  if (unit + 1 == kUnits.size() || rest < kUnits.at(unit + 1).seconds) return text;
  const Unit& smaller = kUnits.at(unit + 1);
  return text + " " + std::to_string(rest / smaller.seconds) + text_of(smaller.name);
}

class Clock {
 public:
  explicit Clock(ModuleContext& context) : context_{context} {}

  void judge() {
    for (const Fact& fact : context_.facts().facts(FactKind::clock)) take(fact);
    std::vector<Change> changes = in_order();
    for (Change& change : changes) emit(change);
    report(changes);
    if (const auto lost = context_.facts().dropped(FactKind::clock) + left_out_; lost != 0)
      context_.note({Errc::limit, "clock_changes: " + std::to_string(lost) +
                                      " events of changes of the clock are left out"});
  }

 private:
  /// Two logs tell one change with the same times.
  void take(const Fact& fact) {
    const bool audit = fact.event_id == 4616;
    const auto before = parse_rendered_time(fact.values[audit ? "PreviousTime" : "OldTime"]);
    const auto after = parse_rendered_time(fact.values["NewTime"]);
    if (!before || !after) return;
    const auto place = std::pair{before->ticks, after->ticks};
    if (changes_.size() >= kMaxChanges && !changes_.contains(place)) {
      ++left_out_;
      return;
    }
    Change& change = changes_[place];
    if (change.records.empty()) {
      change.before = *before;
      change.after = *after;
      change.told = fact.time;
    }
    if (change.records.size() < kMaxTold) change.records.push_back(fact.record);
    const By by = changed_by(fact);
    if (change.program.empty() || audit) change.program = text_of(fact.values["ProcessName"]);
    if (change.by == By::unknown || change.by == By::program) change.by = by;
    if (audit) {
      change.account = account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
      change.sid = text_of(fact.values["SubjectUserSid"]);
    } else if (change.sid.empty()) {
      change.sid = text_of(fact.values["UserSid"]);
    }
  }

  /// As the clock went: a change begins where the clock stood, and that orders them, not what it
  /// was set to.
  std::vector<Change> in_order() {
    std::vector<Change> changes;
    changes.reserve(changes_.size());
    for (auto& [place, change] : changes_) changes.push_back(std::move(change));
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
      return std::tie(a.before, a.after) < std::tie(b.before, b.after);
    });
    return changes;
  }

  void emit(Change& change) {
    Envelope envelope;
    envelope.timestamps.emplace_back("clock_changed", change.told);
    change.records.push_back(context_.emit(kChange, kFields, change, envelope));
  }

  static bool is_judged(const Change& change) {
    return change.by == By::program && change.ticks() >= kJudged;
  }
  static std::string whose(const Change& change) {
    return change.account.empty() ? change.sid : change.account;
  }

  /// The change that undoes this one: it begins where the false time had come to, and leads back by
  /// as much. nullptr when none does.
  static const Change* undone_by(const Change& set, const std::vector<Change>& changes) {
    auto other =
        std::lower_bound(changes.begin(), changes.end(), set.after,
                         [](const Change& change, FileTime time) { return change.before < time; });
    for (; other != changes.end() && apart(other->before, set.after) <= kLongestFalse; ++other) {
      const std::uint64_t rest =
          std::max(set.ticks(), other->ticks()) - std::min(set.ticks(), other->ticks());
      if (other->is_forward() != set.is_forward() && rest <= kPutBack) return &*other;
    }
    return nullptr;
  }

  static std::string sentence(const Change& change) {
    std::string text = "The clock was set " + span_text(change.ticks()) +
                       (change.is_forward() ? " forward, from " : " back, from ") +
                       change.before.iso8601() + " to " + change.after.iso8601();
    if (!whose(change).empty()) text += ", by " + whose(change);
    if (!change.program.empty()) text += ", with " + change.program;
    return text + ".";
  }

  void tell(Finding& finding, const Change& change, const std::vector<Change>& changes) {
    const Change* undone = undone_by(change, changes);
    const bool first = finding.why.empty();
    finding.why.push_back({sentence(change), first ? 25 : 0, Family::time, change.records});
    if (undone == nullptr) return;
    const bool by_hand = undone->by == By::program;
    const int weight = by_hand ? 25 : 10;
    finding.why.push_back(
        {"It was put right at " + undone->before.iso8601() + " of the false time" +
             (by_hand ? ", by " + (whose(*undone).empty() ? "a program" : whose(*undone))
                      : ", by " + text_of(to_text(undone->by))) +
             ": what says that it happened between " + change.after.iso8601() + " and " +
             undone->before.iso8601() + " happened " + span_text(change.ticks()) +
             (change.is_forward() ? " earlier" : " later") + " than that.",
         std::max(weight - put_right_, 0), Family::content, undone->records});
    put_right_ = std::max(put_right_, weight);
  }

  /// One finding an account, and program: a machine whose battery is dead is set every morning.
  void report(const std::vector<Change>& changes) {
    std::map<std::pair<std::string, std::string>, std::vector<const Change*>> groups;
    std::set<const Change*> undoing;
    for (const Change& change : changes)
      if (is_judged(change))
        if (const Change* undone = undone_by(change, changes);
            undone != nullptr && !undoing.contains(&change))
          undoing.insert(undone);
    for (const Change& change : changes)
      if (is_judged(change) && !undoing.contains(&change))
        groups[{whose(change), fold_case(change.program)}].push_back(&change);
    for (const auto& [key, group] : groups) report_group(group, changes);
  }

  void report_group(const std::vector<const Change*>& group, const std::vector<Change>& changes) {
    put_right_ = 0;
    Finding finding;
    finding.rule = "clock_changes.set";
    finding.title = "A user or program set the clock";
    const Change& first = *group.front();
    finding.subject = (whose(first).empty() ? "an account that is not told" : whose(first)) +
                      (first.program.empty() ? "" : " with " + first.program);
    for (const Change* change : group) {
      if (finding.why.size() + 2 > kMaxTold) break;
      tell(finding, *change, changes);
    }
    if (group.size() > 1)
      finding.why.push_back({counted(group.size(), "change") + " of this kind are told.",
                             0,
                             Family::time,
                             {group.back()->records.back()}});
    finding.attack = {"T1070.006"};
    finding.benign = {
        "A clock that was wrong is put right by hand: is the new time that of other hosts then?",
        "Testers, and machines whose battery is dead, have their clocks set."};
    finding.not_checked = {"Which of the two times was right: other hosts' logs tell."};
    finding.next = {
        "If the time before was right: read all times of this host from the change on as moved by "
        "that much until it was put right. If the new one was: those before the change. Records of "
        "logs stand in the order in which they were written, whatever their times say.",
        "What was done in between: files made, programs started, logs cleared."};
    context_.report(std::move(finding));
  }

  ModuleContext& context_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Change> changes_;
  std::uint64_t left_out_ = 0;
  int put_right_ = 0;  // what was counted for it in this finding
};

Result<void> run(ModuleContext& /*context*/) { return {}; }  // the module event_logs reads the logs

Result<void> judge(ModuleContext& context) {
  Clock{context}.judge();
  return {};
}

}  // namespace

extern const ModuleSpec clock_changes;
const ModuleSpec clock_changes{
    "clock_changes",
    "Changes of the clock that logs tell: by whom, by how much, and whether it was put back.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
