// PsExec and tools like it: services that run something for another host. Joins what all modules
// found: services installed, pipes, programs, prefetch files, logons, shares, key files, licences
// that users accepted. A use is one time that something was run; each has a record with its story,
// and a finding. What stands in a use's record was written by Windows; that two of its signs belong
// together is concluded from their times, names and process numbers, and each is named. PsExec
// deletes its service and file afterwards: that neither is there says nothing.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/pe_version.h"
#include "collector/module/cells.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/psexec_findings.h"
#include "collector/module/remote_rows.h"

namespace hozen::modules {
namespace {

constexpr auto kEulaColumns = columns_of(kSysinternalsEulaFields);
constexpr Kind kEula{
    "sysinternals_eula",
    "A tool of Sysinternals and whether its licence was accepted for a user: that is "
    "written at the first run, also with -accepteula, or beforehand.",
    kEulaColumns, "Licence of {tool} of Sysinternals: EulaAccepted {accepted}"};

constexpr auto kFileColumns = columns_of(kRemoteToolFileFields);
constexpr Kind kFile{"remote_execution_file",
                     "A file that PsExec or a tool like it leaves on the host where it runs.",
                     kFileColumns, "{path}[ from {source_host}]"};

constexpr auto kUseColumns = columns_of(kRemoteUseFields);
constexpr Kind kUse{"remote_execution",
                    "One use of PsExec or a tool like it on this host, put together from other "
                    "records.",
                    kUseColumns,
                    "{tool} used: service {service}[ from {source_host}][ by {account}][: "
                    "{commands}]"};

constexpr auto kStartColumns = columns_of(kRemoteStartFields);
constexpr Kind kStart{"remote_execution_start",
                      "One start of PsExec or PAExec on this host, to run something on another.",
                      kStartColumns, "{image} started against {target}[: {command}]"};
constexpr std::array kKinds{kEula, kFile, kUse, kStart};

constexpr std::string_view kReferences[] = {
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/details/PsExec.htm",
    "https://learn.microsoft.com/sysinternals/downloads/psexec",
    "https://github.com/fortra/impacket/blob/master/impacket/examples/serviceinstall.py",
    "https://github.com/poweradminllc/PAExec"};
constexpr std::string_view kAttack[] = {"T1569.002", "T1021.002", "T1570",    "T1134.001",
                                        "T1588.002", "T1036.003", "T1543.003"};

// ---- run

/// Times of the keys of tools whose licence stands as accepted, in order.
std::vector<FileTime> accepted_at(ModuleContext& context, RegistryKey& key) {
  constexpr std::size_t kMaxTimes = 10'000;
  std::vector<FileTime> times;
  each_subkey(context, key, [&](RegistryKey& tool) {
    const auto value = tool.value("EulaAccepted");
    if (value && value->number().value_or(0) != 0 && times.size() < kMaxTimes)
      times.push_back(tool.last_written());
  });
  std::sort(times.begin(), times.end());
  return times;
}

void read_licences(ModuleContext& context, RegistryHive& hive, HiveRole role) {
  auto key = key_at(hive, "Software\\Sysinternals");
  if (!key) return;
  const std::vector<FileTime> times = accepted_at(context, *key);
  each_subkey(context, *key, [&](RegistryKey& tool) {
    const auto value = tool.value("EulaAccepted");
    if (!value) return;
    SysinternalsEula row{tool.name(), value->number()};
    row.at_once = licences_at_once(times, tool.last_written());
    row.proves = row.accepted.value_or(0) == 0                                      ? "nothing"
                 : role == HiveRole::default_user || is_set_beforehand(row.at_once) ? "licence"
                                                                                    : "execution";
    Envelope envelope = key_envelope(hive, tool, &*value);
    Fact fact;
    fact.kind = FactKind::eula;
    fact.time = tool.last_written();
    fact.record = context.emit(kEula, kSysinternalsEulaFields, row, envelope);
    fact.subject = row.tool;
    fact.values.add("user", envelope.user_name);
    fact.values.add("sid", envelope.user_sid);
    fact.values.add("proves", row.proves);
    fact.values.add("at_once", std::to_string(row.at_once));
    context.state(std::move(fact));
  });
}

/// What a program says of itself.
struct Version {
  std::string original_name, description;
};
Version version_of(ModuleContext& context, const FileInfo& file) {
  Version version;
  if (!ends_with_fold(file.path.name(), ".exe")) return version;
  const auto bytes = context.source().open(file.path);
  if (!bytes) return version;  // told where it is collected
  auto image = pe::Image::open(**bytes);
  if (!image) return version;
  std::vector<Error> problems;
  const auto info = pe::read_version_info(*image, problems);
  if (!info) return version;
  version.original_name = std::string{info->find("OriginalFilename")};
  version.description = std::string{info->find("FileDescription")};
  return version;
}

void read_file(ModuleContext& context, const FileInfo& file, const Version& version) {
  RemoteToolFile row{file.path.text(), {}, version.original_name, file.size};
  if (const auto host = host_of_key_file(file.path.name())) row.source_host = *host;
  const auto artifact = context.collect(
      file.path, "left by PsExec or a tool like it, which run programs for another host",
      Priority::crown_jewels);
  Envelope envelope;
  envelope.origin.artifact = artifact.row;
  envelope.timestamps.emplace_back("file_created", file.si.created);
  envelope.timestamps.emplace_back("file_modified", file.si.modified);
  Fact fact;
  fact.kind = FactKind::file;
  fact.time = file.si.created;
  fact.subject = row.path;
  fact.values.add("what", "created and is there still");
  fact.values.add("OriginalFileName", version.original_name);
  fact.values.add("Description", version.description);
  fact.record = context.emit(kFile, kRemoteToolFileFields, row, envelope);
  context.state(std::move(fact));
}

void read_files(ModuleContext& context) {
  constexpr std::string_view kPatterns[] = {
      "%SystemRoot%\\PSEXESVC*.exe",         "%SystemRoot%\\PSEXEC-*.key",
      "%SystemRoot%\\PAExec*.exe",           "%SystemRoot%\\PAExec_Move*.dat",
      "%SystemRoot%\\System32\\RemCom*.exe", "%SystemRoot%\\RemCom*.exe",
      "%SystemRoot%\\csexec*.exe",           "%SystemRoot%\\winexesvc*.exe",
      "%SystemRoot%\\xcmdsvc*.exe",          "%SystemRoot%\\System32\\xcmdsvc*.exe"};
  for (const std::string_view pattern : kPatterns)
    each_trace_name(context, pattern, [&](const FileInfo& file, const UserProfile*, std::size_t) {
      read_file(context, file, version_of(context, file));
      return true;
    });
  // PsExec's service goes by any name, into the folder of Windows itself.
  each_trace_name(context, "%SystemRoot%\\*.exe",
                  [&](const FileInfo& file, const UserProfile*, std::size_t) {
                    if (starts_with_fold(file.path.name(), "PSEXESVC")) return true;
                    const Version version = version_of(context, file);
                    if (psexec_part(version.original_name, version.description) != PsExecPart::none)
                      read_file(context, file, version);
                    return true;
                  });
}

/// PsExec's programs under other names: known whatever happened.
void judge_files(ModuleContext& context) {
  for (const Fact& fact : context.facts().facts(FactKind::file)) {
    const PsExecPart part =
        psexec_part(fact.values["OriginalFileName"], fact.values["Description"]);
    const std::string stem = image_stem(fact.subject);
    if (part == PsExecPart::none || stem.starts_with("PSEXE")) continue;
    Finding finding;
    finding.rule = "psexec.renamed_file";
    finding.title = "PsExec lies under another name";
    finding.subject = fact.subject;
    finding.why.push_back(
        {fact.subject + " is PsExec's " + (part == PsExecPart::service ? "service" : "client") +
             " by its version resource (" + std::string{fact.values["OriginalFileName"]} + ").",
         60,
         Family::content,
         {fact.record}});
    finding.attack = {"T1036.003", "T1569.002"};
    finding.not_checked = {"Its signature: Microsoft's would make sure that it is PsExec."};
    finding.next = {"Services, prefetch files and pipes of that name."};
    context.report(std::move(finding));
  }
}

Result<void> run(ModuleContext& context) {
  read_files(context);
  for (const HiveRole role : {HiveRole::user, HiveRole::default_user})
    if (auto read = each_trace_hive(
            context, {role}, [&](RegistryHive& hive) { read_licences(context, hive, role); });
        !read)
      return read;
  return {};
}

// ---- judge

void judge_starts(ModuleContext& context) {
  for (const RemoteStart& start : find_remote_starts(context.facts())) {
    Envelope envelope;
    envelope.timestamps.emplace_back("started", start.time);
    const std::string record = context.emit(kStart, kRemoteStartFields, start, envelope);
    context.report(finding_of_start(start, record));
  }
}

/// A service that is still set up: its connection broke, or it was meant to stay.
void judge_entries(ModuleContext& context) {
  std::set<std::string> seen;
  for (const Fact& fact : context.facts().facts(FactKind::service_entry)) {
    const auto service =
        remote_service(fact.subject, fact.values["ImagePath"], service_start(fact.values["Start"]));
    // Commands and random names in services are judged by the module services.
    if (!service || !service->command.empty() || service->is_random) continue;
    const std::string key{fact.values["key"]}, also{fact.values["also"]};
    if (!seen.insert(fold_case(key)).second) continue;
    Finding finding;
    finding.rule = "psexec.service_entry";
    finding.title = "The service of a tool that runs programs for other hosts is set up";
    finding.subject = key;
    finding.why.push_back(
        {"The service '" + fact.subject + "' with the program " +
             std::string{fact.values["ImagePath"]} + " is " +
             (fact.values["what"] == "deleted" ? "left in free cells of the hive" : "set up") +
             "; its key was last written at " + fact.time.iso8601() + "." +
             (also.empty() ? "" : " It stands in other control sets too: " + also + ".") +
             " It is taken for " + std::string{service->tool->name} + ", because " +
             service->because + ".",
         service->tool->is_dual_use ? 40 : 60,
         Family::registry_state,
         {fact.record}});
    finding.attack = {"T1569.002", "T1543.003"};
    finding.benign = {
        "PsExec leaves its service where its connection broke, in the hands of an "
        "administrator too."};
    context.report(std::move(finding));
  }
}

Result<void> judge(ModuleContext& context) {
  const std::vector<RemoteUse> uses = find_remote_uses(context.facts());
  for (const RemoteUse& use : uses) {
    Envelope envelope;
    envelope.timestamps.emplace_back("started", use.started);
    envelope.timestamps.emplace_back("last_sign", use.ended);
    const std::string record = context.emit(kUse, kRemoteUseFields, use, envelope);
    context.report(finding_of_use(use, record));
    if (context.stop().stop_requested()) return Error{Errc::cancelled, "judging remote uses"};
  }
  for (const RemoteLeftover& left : find_remote_leftovers(context.facts(), uses))
    context.report(finding_of_leftover(left));
  for (const RemoteAttempt& attempt : find_remote_attempts(context.facts()))
    context.report(finding_of_attempt(attempt));
  judge_starts(context);
  for (Finding& finding : licence_findings(context.facts())) context.report(std::move(finding));
  judge_files(context);
  judge_entries(context);
  return {};
}

}  // namespace

extern const ModuleSpec psexec;
const ModuleSpec psexec{"psexec",
                        "PsExec and tools like it: each use on this host with its story, and what "
                        "they leave where they are used from.",
                        kKinds,
                        kReferences,
                        kAttack,
                        run,
                        {},
                        false,
                        judge};

}  // namespace hozen::modules
