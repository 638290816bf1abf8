#include "collector/module/process_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/system_names.h"

namespace hozen {
namespace {

using Text = std::string_view;

Text file_name(Text path) { return path.substr(path.rfind('\\') + 1); }

std::string quote(Text text) { return "'" + std::string{text} + "'"; }

std::string title_of(const LiveProcess& process) {
  return (process.path.empty() ? process.name : process.path) + " (process " +
         std::to_string(process.pid) + ")";
}

std::string since(const LiveProcess& process) {
  return process.started.is_set() ? ", which runs since " + process.started.iso8601() : "";
}

bool is_below_windows(const EvidencePath& file, const EvidencePath& windows) {
  return !windows.empty() && file.is_below(windows);
}

/// In a folder that looks like a whole Windows: containers and sandboxes keep theirs so.
bool is_in_another_windows(const EvidencePath& file) {
  return contains_fold(file.text(), "\\Windows\\System32\\") ||
         contains_fold(file.text(), "\\Windows\\SysWOW64\\") ||
         contains_fold(file.text(), "\\Windows\\WinSxS\\");
}

void add_place(Finding& finding, const EvidencePath& file, const EvidencePath& windows, int weight,
               const std::string& record) {
  if (windows.empty()) return;
  if (const auto reason = writable_because(file, windows))
    finding.why.push_back({quote(file.text()) + " lies where users may write: " + *reason + ".",
                           weight,
                           Family::location,
                           {record}});
}

/// What the signature adds: points for none and for a broken one, less for a good one.
void add_signature(Finding& finding, const EvidencePath& file, SignatureBook& signatures,
                   const std::string& record) {
  const FileSignature& signature = signatures.of(file);
  const auto add = [&](std::string text, int weight) {
    finding.why.push_back(
        {quote(file.text()) + std::move(text), weight, Family::signature, {record}});
  };
  if (is_sound(signature.status))
    add(" is signed by " + signature.signer + ".", -20);
  else if (signature.status == SignatureStatus::not_signed)
    add(" is not signed.", 10);
  else if (signature.status == SignatureStatus::digest_mismatch)
    add(" was changed after it was signed.", 25);
  else if (signature.status == SignatureStatus::not_checked)
    finding.not_checked.push_back("Its signature: the file could not be read.");
  else
    add(" has a signature that is not good (" +
            (signature.why.empty() ? std::string{to_text(signature.status)} : signature.why) + ").",
        5);
}

// ---- processes

/// Programs of Windows that few others start.
struct Parents {
  Text name;
  std::array<Text, 6> parents;
};
/// svchost.exe: besides services.exe what antivirus and servicing of Windows start it for.
constexpr Parents kParents[] = {
    {"svchost.exe",
     {"services.exe", "MsMpEng.exe", "MRT.exe", "TiWorker.exe", "svchost.exe", "rpcnet.exe"}},
    {"services.exe", {"wininit.exe", "winlogon.exe"}},
    {"taskhostw.exe", {"svchost.exe", "taskeng.exe"}},
    {"taskhost.exe", {"svchost.exe", "services.exe", "taskeng.exe"}},
};

Finding hidden(const ProcessCase& one) {
  const LiveProcess& process = *one.process;
  const bool by_snapshot = process.missing_in == "snapshot";
  Finding finding;
  finding.rule = "processes.hidden";
  finding.title = "A process that one of the system's lists does not show";
  finding.why.push_back(
      {title_of(process) + since(process) +
           (by_snapshot ? " is in the list of NtQuerySystemInformation and not in Toolhelp's."
                        : " runs and is not in the list of NtQuerySystemInformation, which was "
                          "asked twice."),
       60,
       Family::content,
       {one.record}});
  finding.attack = {"T1014"};
  finding.not_checked = {
      "Whether a driver or a hook in this program's own process hides it: memory of the kernel "
      "cannot be read."};
  finding.benign = {"A process that began or ended in the moment of the questions."};
  finding.next = {"Memory of the whole host, read with another tool, before anything is stopped."};
  return finding;
}

std::optional<Finding> gone(const ProcessCase& one) {
  const LiveProcess& process = *one.process;
  if (!process.is_deleted) return std::nullopt;
  Finding finding;
  finding.rule = "processes.deleted_program";
  finding.title = "A program runs whose file is not there any more";
  finding.why.push_back({"There is no file " + quote(process.path) + " any more; it is process " +
                             std::to_string(process.pid) + since(process) + ".",
                         25,
                         Family::content,
                         {one.record}});
  if (const auto file = EvidencePath::parse(process.path))
    add_place(finding, *file, one.windows, 10, one.record);
  finding.attack = {"T1070.004"};
  finding.innocent_explanation_unchecked = true;
  finding.benign = {"Updates and installers put another file in its place or go away themselves."};
  finding.next = {
      "The process's memory, while it runs: its file cannot be had any more, but for what the "
      "volume has of deleted files."};
  return finding;
}

std::optional<Finding> misnamed(const ProcessCase& one, SignatureBook& signatures) {
  const auto file = EvidencePath::parse(one.process->path);
  if (!file || one.windows.empty()) return std::nullopt;
  // Emulators have programs of these names in folders of their own below Windows'.
  if (one.is_emulated && is_below_windows(*file, one.windows)) return std::nullopt;
  const bool elsewhere = is_system_name_elsewhere(*file, one.windows);
  const auto imitated = imitated_system_name(file->name());
  if (!elsewhere && !imitated) return std::nullopt;
  Finding finding;
  finding.rule = "processes.system_name";
  finding.title = elsewhere ? "A process with a name of Windows runs from another folder"
                            : "A process has a name that imitates one of Windows";
  finding.why.push_back({title_of(*one.process) + since(*one.process) +
                             (elsewhere ? " has the name of a program of Windows, which Windows "
                                          "does not keep there."
                                        : " looks like " + quote(*imitated) + "."),
                         elsewhere ? 40 : 35,
                         Family::name,
                         {one.record}});
  add_place(finding, *file, one.windows, 15, one.record);
  add_signature(finding, *file, signatures, one.record);
  finding.attack = {"T1036.005"};
  finding.innocent_explanation_unchecked = is_in_another_windows(*file);
  finding.benign = {
      "Copies of Windows' programs in sandboxes, containers and tools that bring "
      "their own."};
  finding.next = {"Its command line, its connections, and what started it."};
  return finding;
}

std::optional<Finding> odd_parent(const ProcessCase& one) {
  const LiveProcess& process = *one.process;
  const auto file = EvidencePath::parse(process.path);
  if (one.is_emulated || !file || !is_below_windows(*file, one.windows)) return std::nullopt;
  const auto* known =
      std::find_if(std::begin(kParents), std::end(kParents),
                   [&](const Parents& each) { return equals_fold(each.name, file->name()); });
  if (known == std::end(kParents)) return std::nullopt;
  Finding finding;
  if (one.parent != nullptr && !one.parent->path.empty()) {
    const Text name = file_name(one.parent->path);
    const bool usual = std::any_of(known->parents.begin(), known->parents.end(), [&](Text each) {
      return !each.empty() && equals_fold(each, name);
    });
    if (!usual)
      finding.why.push_back({title_of(process) + " was started by " + title_of(*one.parent) +
                                 ", not by " + std::string{known->parents[0]} + ".",
                             40,
                             Family::path,
                             {one.record, one.parent_record}});
  }
  const Text line = trim(process.command_line);
  if (equals_fold(known->name, "svchost.exe") && !line.empty() && !contains_fold(line, " -k") &&
      !contains_fold(line, " /k"))
    finding.why.push_back({"Its command line names no group of services: " + std::string{line},
                           30,
                           Family::command_line,
                           {one.record}});
  if (finding.why.empty()) return std::nullopt;
  finding.rule = "processes.parent";
  finding.title = "A program of Windows was not started as Windows starts it";
  finding.attack = {"T1055.012", "T1036"};
  finding.not_checked = {"Whether its code in memory is that of its file."};
  finding.benign = {
      "Tools that start it for somebody (sandboxes, antivirus programs), and developers."};
  finding.next = {"What it is connected to, and its memory compared with its file."};
  return finding;
}

// ---- modules

bool has_short_name(Text path) { return path.find('~') != Text::npos; }

std::optional<Finding> unlinked(const ModuleCase& one, const EvidencePath& file,
                                SignatureBook& signatures) {
  const LiveModule& module = *one.module;
  // Mapped for its texts and icons, or by .NET, its imports are as they are in the file.
  if (!one.lists_whole || !module.is_mapped || module.in_loader_list ||
      !module.has_bound_imports.value_or(false) || is_below_windows(file, one.windows))
    return std::nullopt;
  Finding finding;
  finding.rule = "processes.unlinked_module";
  finding.title = "A library was taken out of the list of the loader";
  finding.why.push_back({quote(module.path) + " is mapped in " + title_of(*one.process) +
                             ", is not in the list of its loader, and its imports lead to "
                             "functions: it was loaded to run.",
                         25,
                         Family::content,
                         {one.record}});
  add_place(finding, file, one.windows, 15, one.record);
  if (!module.is_deleted) add_signature(finding, file, signatures, one.record);
  finding.attack = {"T1055.001"};
  finding.families_demanded = 2;
  finding.not_checked = {"Whether its code in memory is that of its file."};
  finding.benign = {
      "Copy protection and antivirus programs that hide their own libraries, or load them without "
      "the loader of Windows."};
  finding.next = {"Who put the file there and when, and what else the process has in memory."};
  return finding;
}

std::optional<Finding> gone_module(const ModuleCase& one, const EvidencePath& file) {
  // The program itself is told as a process.
  if (!one.module->is_deleted || one.is_main) return std::nullopt;
  Finding finding;
  finding.rule = "processes.deleted_module";
  finding.title = "A library is loaded whose file is not there any more";
  finding.why.push_back(
      {"There is no file " + quote(one.module->path) + " any more; it is loaded in " +
           title_of(*one.process) +
           (one.processes > 1 ? " and " + std::to_string(one.processes - 1) + " more" : "") + ".",
       20,
       Family::content,
       {one.record}});
  add_place(finding, file, one.windows, 15, one.record);
  finding.attack = {"T1070.004"};
  finding.innocent_explanation_unchecked = true;
  finding.benign = {"Updates and installers put another file in its place."};
  finding.next = {"The process's memory, while it runs."};
  return finding;
}

std::optional<Finding> other_file(const ModuleCase& one, const EvidencePath& file) {
  const LiveModule& module = *one.module;
  if (!module.is_mapped || module.loader_path.empty() || one.windows.empty()) return std::nullopt;
  const auto claimed = EvidencePath::parse(module.loader_path);
  if (!claimed) return std::nullopt;
  const bool as_windows = stands_for_windows(module, one.windows);
  const bool renamed = !equals_fold(claimed->name(), file.name()) &&
                       !has_short_name(module.loader_path) && !has_short_name(module.path);
  if (!as_windows && !renamed) return std::nullopt;
  Finding finding;
  finding.rule = "processes.other_file";
  finding.title = as_windows ? "An image passes for one of Windows in the list of the loader"
                             : "An image has another name than in the list of the loader";
  finding.why.push_back({"What the loader of " + title_of(*one.process) + " lists as " +
                             quote(module.loader_path) + " is mapped from " + quote(module.path) +
                             ".",
                         as_windows ? 60 : 15,
                         Family::path,
                         {one.record}});
  if (as_windows) add_place(finding, file, one.windows, 15, one.record);
  finding.attack = {"T1036.005"};
  finding.innocent_explanation_unchecked = !as_windows || is_in_another_windows(file);
  finding.benign = {as_windows ? "Containers and sandboxes, whose Windows lies in a folder of this "
                                 "one; links that lead from Windows' folder to another one."
                               : "Updates rename files that are in use."};
  finding.next = {"The file, and when it was put there."};
  return finding;
}

}  // namespace

bool stands_for_windows(const LiveModule& module, const EvidencePath& windows) {
  const auto claimed = EvidencePath::parse(module.loader_path);
  const auto file = EvidencePath::parse(module.path);
  return claimed && file && is_below_windows(*claimed, windows) &&
         !is_below_windows(*file, windows);
}

const LiveProcess* parent_of(const LiveProcess& process, const ProcessesByPid& all) {
  if (process.parent_pid == 0 || process.parent_pid == process.pid) return nullptr;
  const auto found = all.find(process.parent_pid);
  // Numbers come again.
  if (found == all.end() || !process.started.is_set() || found->second->started > process.started)
    return nullptr;
  return found->second;
}

std::vector<Finding> judge_process(const ProcessCase& one, SignatureBook& signatures) {
  std::vector<Finding> findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (!finding) return;
    finding->subject = title_of(*one.process);
    findings.push_back(*std::move(finding));
  };
  if (!one.process->missing_in.empty()) add(hidden(one));
  add(gone(one));
  add(misnamed(one, signatures));
  add(odd_parent(one));
  return findings;
}

std::vector<Finding> judge_module(const ModuleCase& one, SignatureBook& signatures) {
  std::vector<Finding> findings;
  const auto file = EvidencePath::parse(one.module->path);
  if (!file) return findings;
  for (auto& finding :
       {unlinked(one, *file, signatures), gone_module(one, *file), other_file(one, *file)}) {
    if (!finding) continue;
    findings.push_back(*finding);
    findings.back().subject = one.module->path;
  }
  return findings;
}

}  // namespace hozen
