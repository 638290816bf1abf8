// Who opened lsass. Masks and call traces: Microsoft, "Process Security and Access Rights"; Sysmon,
// events 8 and 10.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "collector/base/text.h"
#include "collector/module/credential_signs.h"
#include "collector/module/credential_theft.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

/// Programs and records of each that are told: a log can be made to hold any number.
constexpr std::size_t kMaxPrograms = 200, kMaxRecords = 10, kMaxMasks = 8;
constexpr std::uint64_t kDumpAfter = 5 * lateral::kMinute;
constexpr std::uint32_t kRead = 0x10, kWrite = 0x20, kCreateProcess = 0x80;
/// What a program asks for that lists the modules of every process: QUERY_LIMITED_INFORMATION,
/// QUERY_INFORMATION, VM_READ.
constexpr std::uint32_t kListing = 0x1410;

std::uint32_t mask_of(const Fact& fact) {
  Text text = fact.values[fact.event_id == 10 ? "GrantedAccess" : "AccessMask"];
  if (starts_with_fold(text, "0x")) text.remove_prefix(2);
  std::uint32_t mask = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, mask, 16);
  return failed == std::errc{} && stop == end ? mask : 0;
}

int weight_of(std::uint32_t mask) {
  if ((mask & kRead) != 0 && (mask & kWrite) != 0) return 45;
  if ((mask & kRead) == 0) return (mask & kCreateProcess) != 0 ? 15 : 0;
  return (mask & ~std::uint32_t{0x100000}) == kListing ? 15 : 40;
}

/// Everything that one program did to lsass, or to one other process.
struct Access {
  std::string image, target;
  FileTime first{}, last{};
  std::uint64_t opened = 0, threads = 0;
  std::uint32_t mask = 0;
  std::set<std::string> masks{}, users{}, targets{};
  bool has_unknown_code = false, is_audit = false;
  std::string dump_library{}, foreign_library{};
  std::vector<std::string> records{}, thread_records{}, trace_records{};
  Text pid{};
};

/// Windows' own programs that open lsass on every host.
bool is_known_program(Text image) {
  constexpr Text kNames[] = {"csrss.exe",
                             "wininit.exe",
                             "winlogon.exe",
                             "services.exe",
                             "svchost.exe",
                             "smss.exe",
                             "lsm.exe",
                             "lsass.exe",
                             "lsaiso.exe",
                             "wmiprvse.exe",
                             "msiexec.exe",
                             "taskhost.exe",
                             "taskhostw.exe",
                             "taskhostex.exe",
                             "sppsvc.exe",
                             "dllhost.exe",
                             "tiworker.exe",
                             "searchindexer.exe",
                             "trustedinstaller.exe",
                             "mrt.exe",
                             "vssvc.exe",
                             "sgrmbroker.exe",
                             "wbengine.exe",
                             "werfault.exe",
                             "logonui.exe",
                             "werfaultsecure.exe",
                             "spoolsv.exe",
                             "compattelrunner.exe"};
  if (equals_fold(image, "System")) return true;
  const Text name = lateral::file_name(image);
  const bool is_sysmon =
      starts_with_fold(name, "Sysmon") && image.size() < 24 && contains_fold(image, ":\\Windows\\");
  return is_sysmon || (place_of(image) == Place::windows &&
                       std::any_of(std::begin(kNames), std::end(kNames),
                                   [&](Text known) { return equals_fold(known, name); }));
}

/// Programs that run what others wrote.
bool is_interpreter(Text image) {
  constexpr Text kNames[] = {
      "powershell.exe",  "powershell_ise.exe", "pwsh.exe",     "cscript.exe", "wscript.exe",
      "mshta.exe",       "rundll32.exe",       "regsvr32.exe", "cmd.exe",     "msbuild.exe",
      "installutil.exe", "regasm.exe",         "regsvcs.exe",  "cmstp.exe"};
  const Text name = lateral::file_name(image);
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](Text known) { return equals_fold(known, name); });
}

bool is_dumper(Text name) {
  constexpr Text kPatterns[] = {"mimikatz*",    "*dumpert*",   "andrewspecial*", "procdump*",
                                "*nanodump*",   "handlekatz*", "safetykatz*",    "*pwdump*",
                                "wce*.exe",     "gsecdump*",   "lazagne*",       "*minidump*",
                                "pypykatz*",    "ppldump*",    "sharpdump*",     "sqldumper*",
                                "rdrleakdiag*", "mirrordump*", "pplblade*"};
  return names_lsass(name) ||
         std::any_of(std::begin(kPatterns), std::end(kPatterns),
                     [&](Text pattern) { return glob_match_fold(pattern, name); });
}

/// Programs that keep passwords of users.
bool is_password_manager(Text image) {
  constexpr Text kNames[] = {"KeePass.exe", "KeePassXC.exe", "Bitwarden.exe", "1Password.exe"};
  return !lateral::one_of_names(image, kNames).empty();
}

/// The call trace: code in no file, libraries that write dumps, libraries of users.
void read_trace(Access& access, const Fact& fact) {
  Text trace = fact.values["CallTrace"];
  const bool had =
      access.has_unknown_code || !access.dump_library.empty() || !access.foreign_library.empty();
  for (Text rest = trace; !rest.empty();) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    Text frame = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (frame.starts_with("UNKNOWN")) access.has_unknown_code = true;
    frame = frame.substr(0, frame.rfind('+'));
    const Text name = lateral::file_name(frame);
    if (equals_fold(name, "dbghelp.dll") || equals_fold(name, "dbgcore.dll"))
      access.dump_library = std::string{name};
    if (ends_with_fold(name, ".dll") && place_of(frame) == Place::user_folder)
      access.foreign_library = std::string{frame};
  }
  const bool has =
      access.has_unknown_code || !access.dump_library.empty() || !access.foreign_library.empty();
  if (has && !had) access.trace_records.push_back(fact.record);
}

class Accesses {
 public:
  Accesses(const FactBook& book, Told& told) : book_{book}, told_{told} {}

  std::vector<Finding> judge() {
    for (const Fact& fact : book_.facts(FactKind::process_access)) add(fact);
    std::vector<Finding> findings;
    for (const auto& [key, access] : found_)
      if (Finding finding = finding_of(access); score_of(finding) >= kLeast)
        findings.push_back(std::move(finding));
    return findings;
  }

 private:
  static constexpr int kLeast = 15;

  void add(const Fact& fact) {
    const bool is_audit = fact.event_id == 4656 || fact.event_id == 4663;
    const Text image = fact.values[is_audit ? "ProcessName" : "SourceImage"];
    const bool is_lsass = ends_with_fold(fact.subject, "\\lsass.exe");
    const bool is_thread = fact.event_id == 8;
    if (!is_lsass && !(is_thread && is_password_manager(fact.subject))) return;
    const std::uint32_t mask = mask_of(fact);
    if (!is_thread && weight_of(mask) == 0) return;
    if (is_audit && (ends_with_fold(fact.values["SubjectUserName"], "$") ||
                     fact.values["SubjectUserSid"] == "S-1-5-18" || lateral::is_refused(fact)))
      return;
    const Place place = place_of(image);
    if (place == Place::security_product) return;
    const auto key = std::pair{fold_case(image), is_lsass};
    if (!found_.contains(key) && found_.size() >= kMaxPrograms) return;
    Access& access = found_[key];
    if (access.opened + access.threads == 0) {
      access.image = std::string{image};
      access.target = fact.subject;
      access.first = fact.time;
    }
    access.last = fact.time;
    access.is_audit = access.is_audit || is_audit;
    if (const std::string user = account_in(fact); !user.empty()) access.users.insert(user);
    if (is_thread) {
      ++access.threads;
      if (access.thread_records.size() < kMaxRecords) access.thread_records.push_back(fact.record);
    } else {
      ++access.opened;
      if (weight_of(mask) > weight_of(access.mask)) access.mask = mask;
      if (access.masks.size() < kMaxMasks)
        access.masks.insert(
            std::string{fact.values[fact.event_id == 10 ? "GrantedAccess" : "AccessMask"]});
      if (access.records.size() < kMaxRecords) access.records.push_back(fact.record);
      if (fact.event_id == 10) access.targets.insert(std::string{fact.values["TargetProcessId"]});
    }
    if (access.pid.empty()) access.pid = fact.values[is_audit ? "ProcessId" : "SourceProcessId"];
    read_trace(access, fact);
  }

  Finding finding_of(const Access& access) {
    Finding finding;
    const bool is_lsass = ends_with_fold(access.target, "\\lsass.exe");
    finding.rule = is_lsass ? "credential_theft.lsass_access" : "credential_theft.password_manager";
    finding.title = is_lsass
                        ? "A program opened lsass, which holds the credentials of those logged "
                          "on"
                        : "A program started a thread in a program that keeps passwords";
    finding.subject = access.image;
    finding.attack = {is_lsass ? "T1003.001" : "T1555.005"};
    const bool is_known = is_known_program(access.image);
    if (access.opened != 0) add_opened(finding, access, is_known);
    if (access.threads != 0 && !is_known) add_threads(finding, access);
    if (!is_known) add_program(finding, access);
    add_trace(finding, access, is_known);
    if (!is_known) add_start(finding, access);
    add_dumps(finding, access);
    finding.benign = {
        "Antivirus programs, agents that watch hosts and debuggers do so: is the program one of "
        "those that are meant to run here?",
        "Support may ask for a dump of lsass when logons fail."};
    finding.not_checked = {"The signature of the program, and what it did with what it read." +
                           lateral::not_kept(book_, {FactKind::process_access})};
    finding.next = {
        "What the account ran before and after, files written then, and where its "
        "credentials were used afterwards."};
    return finding;
  }

  void add_opened(Finding& finding, const Access& access, bool is_known) {
    std::string text = access.image + " opened lsass " + lateral::counted(access.opened, "time") +
                       " between " + access.first.iso8601() + " and " + access.last.iso8601();
    if (!access.users.empty())
      text += " as " + lateral::listed({access.users.begin(), access.users.end()}, 3);
    text += ", with the rights " + lateral::listed({access.masks.begin(), access.masks.end()}) +
            ((access.mask & kRead) != 0 ? ": enough to read its memory." : ".");
    finding.why.push_back(
        {text, is_known ? 0 : weight_of(access.mask), Family::content, access.records});
    if (access.targets.size() > 1)
      finding.why.push_back({"The numbers of the processes that it opened as lsass differ (" +
                                 lateral::listed({access.targets.begin(), access.targets.end()}) +
                                 "): one of them may be a copy of lsass, made to be read.",
                             0,
                             Family::content,
                             {}});
  }

  void add_threads(Finding& finding, const Access& access) {
    finding.why.push_back({access.image + " started " + lateral::counted(access.threads, "thread") +
                               " in " + access.target + ", the first at " + access.first.iso8601() +
                               ".",
                           55, Family::location, access.thread_records});
    finding.attack.emplace_back("T1055");
  }

  static void add_program(Finding& finding, const Access& access) {
    const Text name = lateral::file_name(access.image);
    const Place place = place_of(access.image);
    if (is_dumper(name))
      finding.why.push_back({"The name " + std::string{name} +
                                 " is that of a tool which writes the "
                                 "memory of processes.",
                             30,
                             Family::name,
                             {}});
    else if (is_interpreter(access.image))
      finding.why.push_back({std::string{name} + " runs scripts or libraries of others, and has no "
                                                 "business with lsass of its own.",
                             30,
                             Family::name,
                             {}});
    else if (place == Place::windows)
      finding.why.push_back({"It lies in a folder of Windows.", -20, Family::location, {}});
    if (place == Place::program_files)
      finding.why.push_back(
          {"It lies below Program Files, as installed programs do.", -25, Family::location, {}});
    const Text folder = agent_folder(access.image);
    if (!folder.empty())
      finding.why.push_back({"It lies in a folder " + std::string{folder} + ", as agents do.",
                             -15,
                             Family::location,
                             {}});
    else if (place == Place::user_folder || place == Place::share)
      finding.why.push_back({place == Place::share ? "It was run from a share."
                                                   : "It lies in a folder that users may write to.",
                             20,
                             Family::location,
                             {}});
  }

  static void add_trace(Finding& finding, const Access& access, bool is_known) {
    if (!access.dump_library.empty() && !is_known)
      finding.why.push_back(
          {"The call came through " + access.dump_library + ", which writes memory dumps.", 25,
           Family::content, access.trace_records});
    if (!access.foreign_library.empty())
      finding.why.push_back({"The call came from " + access.foreign_library +
                                 ", in a folder that users may write to.",
                             35, Family::location, access.trace_records});
    if (!access.has_unknown_code) return;
    // Programs of .NET and some that antivirus programs watch have such calls too.
    finding.why.push_back(
        {"The call came from memory that belongs to no file (UNKNOWN in the call "
         "trace).",
         is_known ? 15 : 25, Family::content, access.trace_records});
    if (is_known) finding.innocent_explanation_unchecked = true;
  }

  /// The command that started it, where that is told.
  void add_start(Finding& finding, const Access& access) {
    const Fact* start = start_of(book_, access.pid, access.image, access.first);
    if (start == nullptr) return;
    told_.insert(start->record);
    std::string text = "It was started at " + start->time.iso8601();
    if (const std::string user = account_in(*start); !user.empty()) text += " by " + user;
    const Text line = start->values["CommandLine"];
    int weight = 0;
    if (!line.empty()) text += ": " + shortened(line);
    for (const Sign& sign : signs_in(line, access.image)) {
      weight = 20;
      text += "; that " + std::string{sign.what};
    }
    const Text original = start->values["OriginalFileName"];
    if (is_dumper(original) && !is_dumper(lateral::file_name(access.image))) {
      text += "; its version resource calls it " + std::string{original};
      weight += 30;
    }
    finding.why.push_back({text + ".", weight, Family::command_line, {start->record}});
  }

  /// Files that the program wrote then and that are dumps by their names.
  void add_dumps(Finding& finding, const Access& access) {
    int weight = 30;
    for (const Fact& fact :
         book_.between(FactKind::file, lateral::earlier(access.first, kDumpAfter),
                       lateral::later(access.last, kDumpAfter))) {
      if (fact.event_id != 11 || !equals_fold(fact.values["Image"], access.image)) continue;
      const auto named = file_named(fact.subject);
      if (!(named && named->is_dump) && !ends_with_fold(fact.subject, ".dmp")) continue;
      if (!told_.insert(fact.record).second) continue;
      finding.why.push_back({"It wrote " + fact.subject + " at " + fact.time.iso8601() + ".",
                             weight,
                             Family::path,
                             {fact.record}});
      weight = 0;
      add_same_file(finding, fact.subject);
    }
  }

  /// The dump is there still: told here, not a second time.
  void add_same_file(Finding& finding, const std::string& path) {
    for (const Fact& fact : book_.facts(FactKind::file)) {
      if (fact.event_id != 0 || !equals_fold(fact.subject, path)) continue;
      if (!told_.insert(fact.record).second) continue;
      const Text content = fact.values["content"];
      finding.why.push_back({content.empty() ? path + " is there still." : std::string{content},
                             10,
                             Family::path,
                             {fact.record}});
    }
  }

  const FactBook& book_;
  Told& told_;
  std::map<std::pair<std::string, bool>, Access> found_;
};

}  // namespace

std::vector<Finding> judge_process_access(const FactBook& book, Told& told) {
  return Accesses{book, told}.judge();
}

std::vector<Finding> judge_copies_of_lsass(const FactBook& book) {
  std::vector<Finding> findings;
  for (const Fact& fact : book.facts(FactKind::process)) {
    if (!ends_with_fold(fact.subject, "\\Windows\\System32\\lsass.exe")) continue;
    const Text parent = fact.values[fact.event_id == 4688 ? "ParentProcessName" : "ParentImage"];
    // Windows before Vista starts it with winlogon.
    if (parent.find('\\') == Text::npos || ends_with_fold(parent, "\\wininit.exe") ||
        ends_with_fold(parent, "\\winlogon.exe") || findings.size() >= kMaxPrograms)
      continue;
    Finding finding;
    finding.rule = "credential_theft.lsass_copy";
    finding.title = "A second lsass was started, as tools do that read its memory";
    finding.subject = fact.subject;
    finding.why.push_back({"At " + fact.time.iso8601() + " " + fact.subject + " was started by " +
                               std::string{parent} + ", not by wininit.exe.",
                           70,
                           Family::content,
                           {fact.record}});
    finding.attack = {"T1003.001"};
    finding.benign = {"None is known."};
    finding.not_checked = {"Which program asked for it: the one named may have been used for it."};
    finding.next = {"Programs that the same account started in the minute before."};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace hozen::credentials
