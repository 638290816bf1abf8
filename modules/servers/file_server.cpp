// What a server shares, with whom, and who used it in a way that stands out. Shares are read from
// the registry, which keeps those that come back at each start; who used them is counted by the
// module event_logs (share_use) from events that exist only where access to files is audited. That
// somebody read a file over the network is not told by its times. Backups, indexing, antivirus and
// migrations read whole shares too: only what stands out from the account's own days or from all
// others is a finding.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/security_descriptor.h"
#include "collector/module/cells.h"
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"

namespace hozen::modules {
namespace {

using namespace lateral;  // NOLINT(google-build-using-namespace): helpers of rules over facts

constexpr std::size_t kMaxFindings = 30, kMaxTold = 20;
/// Files that no person opens one by one in an hour.
constexpr std::uint64_t kMassReads = 2'000, kMassNames = 1'000;
constexpr std::uint64_t kOwnContrast = 20, kOtherContrast = 10;
constexpr std::size_t kHoursOfHistory = 8, kOtherUsers = 3;

struct ShareRow {
  std::string name, path, remark, descriptor;
  std::optional<std::uint64_t> type, max_users;
  std::vector<std::string> access;
  bool is_open = false, is_readable = true;
};

using S = Field<ShareRow>;
constexpr std::array kShareFields{
    S{{"name", "Name of the share."}, [](const ShareRow& r, Cell& c) { c.text(r.name); }},
    S{{"path", "Folder that is shared."},
      [](const ShareRow& r, Cell& c) { text_or_absent(c, r.path); }},
    S{{"remark", "What was noted about it."},
      [](const ShareRow& r, Cell& c) { text_or_absent(c, r.remark); }},
    S{{"type", "What is shared: 0 files, 1 a printer."},
      [](const ShareRow& r, Cell& c) { number_or_absent(c, r.type); }},
    S{{"max_users", "How many may use it at once; 4294967295 for all."},
      [](const ShareRow& r, Cell& c) { number_or_absent(c, r.max_users); }},
    S{{"access",
       "Who may do what through the share: SID and full, change, read or the rights as a number."},
      [](const ShareRow& r, Cell& c) { c.texts(r.access); }},
    S{{"is_open", "Whether everyone, or who is not logged on, may change files through it."},
      [](const ShareRow& r, Cell& c) { c.boolean(r.is_open); }},
    S{{"security_descriptor", "The rights as Windows prints them (SDDL)."},
      [](const ShareRow& r, Cell& c) {
        text_or_absent(c, r.descriptor, r.is_readable ? Absent::not_present : Absent::unparsable);
      }},
};
constexpr auto kShareColumns = columns_of(kShareFields);
constexpr Kind kShare{"file_share", "One folder or printer that the server shares.", kShareColumns,
                      "Share {name}[ of {path}]"};
constexpr std::array kKinds{kShare};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/"
    "threat-protection/auditing/event-5145",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-srvs/",
    "https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants"};
constexpr std::string_view kAttack[] = {"T1039", "T1135"};

// ---- run

/// Rights as the dialog of Windows gives them to shares.
std::string rights_text(std::uint32_t mask) {
  constexpr std::pair<std::uint32_t, std::string_view> kNamed[] = {
      {0x001F'01FF, "full"}, {0x1000'0000, "full"}, {0x0013'01BF, "change"}, {0x0012'00A9, "read"}};
  for (const auto& [rights, name] : kNamed)
    if (mask == rights) return text_of(name);
  return std::to_string(mask);
}

/// Everyone, who is not logged on, guests.
bool is_anybody(std::string_view sid) {
  return sid == "S-1-1-0" || sid == "S-1-5-7" || sid == "S-1-5-32-546" || sid.ends_with("-501");
}

void read_rights(RegistryKey& key, ShareRow& row) {
  constexpr std::uint32_t kWrite = 0x1000'0002;  // write data, or everything
  const auto value = key.value(row.name);
  if (!value) return;
  const auto descriptor = parse_security_descriptor(Bytes{value->data});
  row.is_readable = descriptor.has_value();
  if (!descriptor) return;
  row.descriptor = descriptor->sddl();
  row.is_open = descriptor->null_dacl;
  if (!descriptor->dacl) return;
  for (const AccessEntry& entry : *descriptor->dacl) {
    if (!entry.allows() && !entry.denies()) continue;
    row.access.push_back(entry.sid + (entry.denies() ? " not " : " ") + rights_text(entry.mask));
    row.is_open |= entry.allows() && is_anybody(entry.sid) && (entry.mask & kWrite) != 0;
  }
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() && !text.empty()
             ? std::optional{number}
             : std::nullopt;
}

/// A share is lines "Path=D:\Data" (Microsoft, SHARE_INFO_502).
ShareRow share_of(const RegistryValue& value) {
  ShareRow row;
  row.name = value.name;
  for (const std::string& line : value.strings()) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view name = std::string_view{line}.substr(0, equals);
    const std::string_view text = std::string_view{line}.substr(equals + 1);
    if (equals_fold(name, "Path")) row.path = text;
    if (equals_fold(name, "Remark")) row.remark = text;
    if (equals_fold(name, "Type")) row.type = number_of(text);
    if (equals_fold(name, "MaxUses")) row.max_users = number_of(text);
  }
  return row;
}

/// What a scanner forgot to delete in the folder itself.
void look_for_probe(ModuleContext& context, std::size_t installation, const ShareRow& share,
                    const std::string& record) {
  if (!context.reads_files() || share.path.empty()) return;
  const Registry& registry = *context.registry();
  const auto folder = EvidencePath::parse(registry.installations()[installation].paths.expand(
      share.path, registry.environment(installation, nullptr)));
  if (!folder) return;
  const auto file = context.source().stat(*folder / "delete.me");
  if (!file || file->is_directory || file->is_link) return;
  context.collect(file->path, "left by a scanner of shares", Priority::high);
  Finding finding;
  finding.rule = "file_server.probe_file";
  finding.title = "A scanner of shares left its file in a shared folder";
  finding.subject = file->path.text();
  finding.why.push_back({file->path.text() + ", made at " + file->si.created.iso8601() +
                             ", has the name of the file by which SoftPerfect Network Scanner sees "
                             "whether it may write to a share.",
                         35,
                         Family::name,
                         {record}});
  finding.attack = {"T1135"};
  finding.benign = {"Administrators use that scanner too."};
  finding.not_checked = {"Who made it: its owner, and the logs of the server."};
  context.report(std::move(finding));
}

Result<void> run(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      if (!is_current) return;
      const auto shares = set.open("Services\\LanmanServer\\Shares");
      if (!shares) return;
      const auto rights = set.open("Services\\LanmanServer\\Shares\\Security");
      each_value(context, **shares, [&](const RegistryValue& value) {
        ShareRow row = share_of(value);
        if (rights) read_rights(**rights, row);
        const std::string record =
            context.emit(kShare, kShareFields, row, key_envelope(hive, **shares, &value));
        look_for_probe(context, hive.installation, row, record);
      });
    });
  });
}

// ---- judge

std::uint64_t count_of(const Fact& fact, std::string_view name) {
  return number_of(fact.values[name]).value_or(0);
}

std::string who_of(const Fact& fact) {
  return text_of(fact.values["account"]) +
         (fact.values["address"].empty() ? "" : " from " + text_of(fact.values["address"]));
}

/// What the busiest hour stands out from.
void judge_reads(const Fact& fact, std::vector<Finding>& findings) {
  const std::uint64_t peak = count_of(fact, "peak"), median = count_of(fact, "median");
  if (peak < kMassReads || count_of(fact, "names") < kMassNames) return;
  // Computers' own accounts, and what comes every day: backups, indexing, antivirus.
  // Backups come again: on every third day that the account reads on, or more often.
  constexpr std::uint64_t kOften = 3;
  const std::uint64_t stretches = count_of(fact, "stretches");
  const bool is_routine = stretches > 1 && stretches * kOften > count_of(fact, "days");
  if (fact.values["account"].ends_with('$') || is_routine) return;
  const bool own = count_of(fact, "hours") > kHoursOfHistory && peak >= kOwnContrast * median;
  const bool others = count_of(fact, "others") >= kOtherUsers &&
                      peak >= kOtherContrast * count_of(fact, "others_peak");
  if (!own && !others) return;
  Finding finding;
  finding.rule = "file_server.mass_read";
  finding.title = "One account read a great many files in an hour";
  finding.subject = who_of(fact);
  const std::string place = text_of(fact.values["place"]);
  finding.why.push_back({who_of(fact) + " read " + text_of(fact.values["peak"]) + " times on " +
                             place + " in the hour " + text_of(fact.values["peak_hour"]) +
                             " (UTC), of " + text_of(fact.values["names"]) +
                             " different files and folders that it used in all.",
                         15,
                         Family::content,
                         {fact.record}});
  if (own)
    finding.why.push_back({"In half of the other hours in which it read there, it did so " +
                               text_of(fact.values["median"]) + " times or less.",
                           15,
                           Family::time,
                           {fact.record}});
  if (others)
    finding.why.push_back({"None of the " + text_of(fact.values["others"]) +
                               " others who used it came to more than " +
                               text_of(fact.values["others_peak"]) + " in an hour.",
                           15,
                           Family::name,
                           {fact.record}});
  finding.attack = {"T1039"};
  finding.benign = {"A migration, a first synchronisation or a search over a whole share."};
  finding.not_checked = {
      "What was done with the files: archives on that computer, and its "
      "connections.",
      "How many bytes were read: the events tell none."};
  finding.next = {"The events 5145 of that hour: which files, and in which order."};
  findings.push_back(std::move(finding));
}

struct Probes {
  std::vector<std::string> places, records;
  std::uint64_t count = 0;
};

void judge_probes(const std::map<std::string, Probes>& all, std::vector<Finding>& findings) {
  for (const auto& [who, probes] : all) {
    Finding finding;
    finding.rule = "file_server.share_probe";
    finding.title = "Somebody tried whether shares can be written to";
    finding.subject = who;
    finding.why.push_back({who + " made or deleted a file delete.me on " + listed(probes.places) +
                               " (" + counted(probes.count, "event") +
                               "): so SoftPerfect Network Scanner sees whether it may write.",
                           35, Family::name, probes.records});
    if (probes.places.size() > 1)
      finding.why.push_back({"That was on " + counted(probes.places.size(), "share") + ".", 10,
                             Family::content, probes.records});
    finding.attack = {"T1135"};
    finding.benign = {"Administrators use that scanner too."};
    finding.next = {"What else came from that address."};
    findings.push_back(std::move(finding));
  }
}

Result<void> judge(ModuleContext& context) {
  std::vector<Finding> findings;
  std::map<std::string, Probes> probes;
  for (const Fact& fact : context.facts().facts(FactKind::share)) {
    if (fact.event_id != 0) continue;
    judge_reads(fact, findings);
    if (count_of(fact, "probes") == 0) continue;
    Probes& of = probes[who_of(fact)];
    of.count += count_of(fact, "probes");
    if (of.places.size() < kMaxTold) of.places.emplace_back(fact.values["place"]);
    if (of.records.size() < kMaxTold) of.records.push_back(fact.record);
  }
  judge_probes(probes, findings);
  if (findings.size() > kMaxFindings) {
    context.note({Errc::limit, "file_server: " + std::to_string(findings.size() - kMaxFindings) +
                                   " findings about further accounts are left out"});
    findings.resize(kMaxFindings);
  }
  const std::string lost = not_kept(context.facts(), {FactKind::share});
  for (Finding& finding : findings) {
    if (!lost.empty()) finding.not_checked.push_back("Whether there are more such events." + lost);
    context.report(std::move(finding));
  }
  return {};
}

}  // namespace

extern const ModuleSpec file_server;
const ModuleSpec file_server{
    "file_server",
    "Shares of a server with their rights, and accounts whose use of them stands out.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
