// Licences of tools of Sysinternals, which their first run stores for the user; and which scripts
// and policies store beforehand for all tools at once.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/psexec_findings.h"

namespace hozen {
namespace {

constexpr std::uint64_t kAtOnce = 5;
constexpr std::size_t kMaxLicenceRecords = 40;
constexpr int kRun = 20, kPsExecWritten = 25, kOtherWritten = 15, kSetOnly = 10;

/// Sysmon's "DWORD (0x00000001)"; nothing for other texts.
std::optional<std::uint64_t> dword_of(std::string_view details) {
  constexpr std::string_view kStart = "DWORD (0x";
  if (!starts_with_fold(details, kStart)) return std::nullopt;
  details.remove_prefix(kStart.size());
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(details.data(), details.data() + details.size(), number, 16);
  return error == std::errc{} ? std::optional{number} : std::nullopt;
}

/// "PsExec" of "HKU\\S-1-5-21-1\\Software\\Sysinternals\\PsExec\\EulaAccepted"; "" for other
/// values.
std::string tool_in(std::string_view value) {
  constexpr std::string_view kName = "\\EulaAccepted", kKey = "\\Software\\Sysinternals";
  if (!ends_with_fold(value, kName)) return {};
  value.remove_suffix(kName.size());
  const std::size_t slash = value.rfind('\\');
  if (slash == std::string_view::npos || !ends_with_fold(value.substr(0, slash), kKey)) return {};
  return std::string{value.substr(slash + 1)};
}

/// Programs that write values for others, as a script of an administrator uses them.
bool is_setter(std::string_view image) {
  constexpr std::string_view kSetters[] = {
      "reg.exe",  "regedit.exe", "regini.exe",  "cmd.exe",     "powershell.exe",
      "pwsh.exe", "wscript.exe", "cscript.exe", "msiexec.exe", "svchost.exe"};
  return !lateral::one_of_names(image, kSetters).empty();
}

/// What is left where it was used from: tells that, not when nor against whom.
void add_entries(const FactBook& book, std::vector<Finding>& findings) {
  std::map<std::pair<std::string, bool>, Finding> by_user;
  std::set<std::string> seen;
  for (const Fact& fact : book.facts(FactKind::eula)) {
    const std::string_view proves = fact.values["proves"];
    if (!equals_fold(fact.subject, "PsExec") || proves == "nothing") continue;
    const std::string user{fact.values["user"].empty() ? fact.values["sid"] : fact.values["user"]};
    if (!seen.insert(user + fact.time.iso8601()).second) continue;
    const bool ran = proves == "execution";
    Finding& finding = by_user[{user, ran}];
    finding.rule = "psexec.licence";
    finding.title =
        ran ? "A user ran PsExec" : "The licence of PsExec is set as accepted for a user";
    finding.subject = user.empty() ? "a user" : user;
    std::string told =
        "The licence of PsExec was accepted, which its first run writes; the key was "
        "last written at " +
        fact.time.iso8601() + ".";
    if (!ran)
      told = "The licence of PsExec stands as accepted; its key was last written at " +
             fact.time.iso8601() + ", within one second of " + std::string{fact.values["at_once"]} +
             " tools, itself among them, or for users to come: so a script or a policy sets them "
             "beforehand. That PsExec was run does not follow.";
    finding.why.push_back(
        {std::move(told), ran ? kRun : kSetOnly, Family::registry_state, {fact.record}});
  }
  for (auto& [key, finding] : by_user) {
    finding.attack = {"T1569.002"};
    finding.benign = {key.second
                          ? "Administrators use PsExec."
                          : "Administrators accept the licences of all tools of Sysinternals "
                            "for their users."};
    finding.not_checked = {
        "Against which hosts and when: only logs, prefetch files and the other hosts tell."};
    findings.push_back(std::move(finding));
  }
}

struct Written {
  const Fact* fact = nullptr;
  std::string tool;
};

Finding finding_of(const Written& written) {
  const Fact& fact = *written.fact;
  const bool psexec = equals_fold(written.tool, "PsExec");
  const bool set_only = is_setter(fact.values["Image"]);
  Finding finding;
  finding.rule = "psexec.tool_of_sysinternals";
  finding.title = set_only ? "The licence of a tool of Sysinternals was set as accepted"
                           : "A tool of Sysinternals was run for the first time by a user";
  finding.subject = written.tool + " at " + fact.time.iso8601();
  const int weight =
      psexec || contains_fold(written.tool, "PsService") ? kPsExecWritten : kOtherWritten;
  finding.why.push_back({"The licence of " + written.tool + " was accepted at " +
                             fact.time.iso8601() + " by " + std::string{fact.values["Image"]} +
                             " (" + fact.subject + ")" +
                             (set_only ? ", which writes such values for others: that the tool "
                                         "was run does not follow."
                                       : "."),
                         set_only ? kSetOnly : weight,
                         Family::registry_state,
                         {fact.record}});
  finding.attack = {psexec ? "T1569.002" : "T1588.002"};
  finding.benign = {"Administrators use these tools."};
  return finding;
}

Finding finding_of_many(const std::vector<Written>& many) {
  std::set<std::string> tools;
  Finding finding;
  Why why{{}, kSetOnly, Family::registry_state, {}};
  for (const Written& one : many) {
    tools.insert(one.tool);
    if (why.records.size() < kMaxLicenceRecords) why.records.push_back(one.fact->record);
  }
  const Fact& first = *many.front().fact;
  finding.rule = "psexec.tool_of_sysinternals";
  finding.title = "Licences of many tools of Sysinternals were set as accepted at once";
  finding.subject = std::to_string(tools.size()) + " tools at " + first.time.iso8601();
  why.fact = "From " + first.time.iso8601() + " to " + many.back().fact->time.iso8601() + " " +
             std::string{first.values["Image"]} + " set the licences of " +
             lateral::listed({tools.begin(), tools.end()}) +
             ": so a script or a policy sets them beforehand. That one was run does not follow.";
  finding.why.push_back(std::move(why));
  finding.attack = {"T1588.002"};
  finding.benign = {"Administrators accept the licences of all tools for their users."};
  return finding;
}

/// Sysmon tells the licence at the moment it is accepted.
void add_written(const FactBook& book, std::vector<Finding>& findings) {
  std::vector<Written> all;
  for (const Fact& fact : book.facts(FactKind::registry)) {
    if (fact.event_id != 13) continue;
    std::string tool = tool_in(fact.subject);
    if (!tool.empty() && dword_of(fact.values["Details"]).value_or(0) != 0)
      all.push_back({&fact, std::move(tool)});
  }
  std::vector<FileTime> times;
  times.reserve(all.size());
  for (const Written& one : all) times.push_back(one.fact->time);
  std::vector<Written> many;
  const auto flush = [&] {
    if (!many.empty()) findings.push_back(finding_of_many(many));
    many.clear();
  };
  for (Written& one : all) {
    const bool at_once = is_set_beforehand(licences_at_once(times, one.fact->time));
    if (!many.empty() && lateral::apart(many.back().fact->time, one.fact->time) > lateral::kSecond)
      flush();
    if (at_once)
      many.push_back(std::move(one));
    else
      findings.push_back(finding_of(one));
  }
  flush();
}

}  // namespace

std::uint64_t licences_at_once(const std::vector<FileTime>& sorted, FileTime time) {
  const auto first =
      std::lower_bound(sorted.begin(), sorted.end(), lateral::earlier(time, lateral::kSecond));
  const auto last =
      std::upper_bound(sorted.begin(), sorted.end(), lateral::later(time, lateral::kSecond));
  return static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(last - first, 0));
}

bool is_set_beforehand(std::uint64_t at_once) { return at_once >= kAtOnce; }

std::vector<Finding> licence_findings(const FactBook& book) {
  std::vector<Finding> findings;
  add_entries(book, findings);
  add_written(book, findings);
  return findings;
}

}  // namespace hozen
