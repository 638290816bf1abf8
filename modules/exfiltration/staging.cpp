// Files that were put together or sent away: copies by the dozen into folders where nobody works,
// and commands that send files out. An archive that is sent is told with its packing (winrar), not
// here. A command line proves that it was given, not that the transfer worked.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/cells.h"
#include "collector/module/lateral.h"
#include "collector/module/packing.h"
#include "collector/module/packing_story.h"
#include "collector/module/staging_place.h"

namespace hozen::modules {
namespace {

using packing::at;
using packing::Transfer;

/// Commands that one finding names, and findings.
constexpr std::size_t kMaxTold = 20, kMaxFindings = 500;

/// Commands of one tool to one destination.
struct Row {
  std::string tool, destination;
  std::vector<const Transfer*> transfers{};
};

std::vector<std::string> users_of(const Row& row) {
  std::set<std::string> users;
  for (const Transfer* one : row.transfers)
    if (!one->user.empty()) users.insert(one->user);
  return {users.begin(), users.end()};
}
std::vector<std::string> records_of(const Row& row) {
  std::vector<std::string> records;
  for (const Transfer* one : row.transfers)
    if (records.size() < kMaxTold) records.push_back(one->record);
  return records;
}

using F = Field<Row>;
constexpr std::array kFields{
    F{{"tool", "What sends the files."}, [](const Row& r, Cell& c) { c.text(r.tool); }},
    F{{"destination", "Where to, as far as the commands say."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.destination); }},
    F{{"commands", "How many commands there are of it."},
      [](const Row& r, Cell& c) { c.number(r.transfers.size()); }},
    F{{"users", "Accounts that gave them."}, [](const Row& r, Cell& c) { c.texts(users_of(r)); }},
    F{{"records", "Records of the commands, the first of them."},
      [](const Row& r, Cell& c) { c.texts(records_of(r)); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kTransfer{"file_transfer", "Commands that send files to one destination.", kColumns,
                         "{tool} sends files[ to {destination}]"};
constexpr std::array kKinds{kTransfer};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/tactics/TA0010/", "https://rclone.org/commands/",
    "https://learn.microsoft.com/windows-server/administration/windows-commands/bitsadmin-transfer",
    "https://learn.microsoft.com/windows/win32/bits/"
    "background-intelligent-transfer-service-portal"};
constexpr std::string_view kAttack[] = {"T1036.003", "T1048", "T1074.001", "T1105",
                                        "T1197",     "T1567", "T1567.002"};

bool is_local(std::string_view address) {
  const std::string_view host = transfer_host(address);
  return equals_fold(host, "localhost") || host.starts_with("127.") || host == "::1";
}
/// What it says that somebody sends files with it; 0 for what is told elsewhere.
int weight_of(const Transfer& transfer) {
  const std::string_view tool = transfer.command.tool;
  if (is_local(transfer.command.destination)) return 0;
  // Nobody's own shares lie on the internet.
  if (tool.starts_with("copy"))
    return is_bare_public_address(transfer.command.destination) ? 30 : 0;
  if (tool == "certreq") return 45;
  if (tool == "Rclone" || tool == "MEGAcmd") return 35;
  if (tool == "BITS" || tool == "netcat" || tool.starts_with("PowerShell")) return 30;
  return 15;  // administrators' everyday tools
}

/// What web servers hand out, what users share and programs leave, and the logs and dumps of
/// Windows, are sent to others by right.
bool is_telling(const StagingPlace& place, std::string_view file) {
  if (place.kind == StagingKind::temporary) return false;
  const auto name = archive_name(file);
  const bool of_windows = fold_case(below_volume(file)).starts_with("\\WIN");
  const bool is_shared = place.kind == StagingKind::web || place.kind == StagingKind::shared;
  const bool is_top = place.kind == StagingKind::hidden && contains_fold(file, "\\ProgramData\\");
  if (is_shared || is_top || of_windows) return name && !name->is_everyday;
  return true;
}

class Transfers {
 public:
  explicit Transfers(ModuleContext& context) : context_{context} {}

  void tell() {
    const packing::Evidence evidence = packing::gather(context_.facts());
    const std::set<std::string> told = told_packing(context_.facts(), context_.stop()).transfers;
    std::map<std::pair<std::string, std::string>, Row> rows;
    for (const Transfer& one : evidence.transfers) {
      if (weight_of(one) == 0 || told.contains(one.record)) continue;
      Row& row = rows[{one.command.tool, fold_case(transfer_host(one.command.destination))}];
      row.tool = one.command.tool;
      if (row.destination.empty()) row.destination = one.command.destination;
      row.transfers.push_back(&one);
    }
    for (const auto& [key, row] : rows) {
      Envelope envelope;
      FileTime last;
      for (const Transfer* one : row.transfers) last = std::max(last, one->time);
      if (last.is_set()) envelope.timestamps.emplace_back("last_command", last);
      report(row, context_.emit(kTransfer, kFields, row, envelope));
    }
  }

 private:
  void report(const Row& row, const std::string& record) {
    if (++count_ > kMaxFindings) return;
    Finding finding;
    finding.rule = "staging.upload";
    finding.title = "Commands to send files away with " + row.tool;
    finding.subject =
        row.destination.empty() ? row.transfers.front()->command.program : row.destination;
    bool renamed = false;
    for (std::size_t i = 0; i < std::min(row.transfers.size(), kMaxTold); ++i) {
      const Transfer& one = *row.transfers[i];
      renamed = renamed || one.command.is_renamed;
      finding.why.push_back({(one.user.empty() ? "Somebody" : one.user) + " gave this command" +
                                 at(one.time) + " (" + one.source + "): " + one.line + ".",
                             i == 0 ? weight_of(one) : 0,
                             Family::command_line,
                             {one.record, record}});
    }
    add_signs(finding, row, renamed);
    finding.attack = {row.tool == "Rclone" || row.tool == "MEGAcmd" ? "T1567.002" : "T1048"};
    if (row.tool == "BITS") finding.attack.emplace_back("T1197");
    if (renamed) finding.attack.emplace_back("T1036.003");
    finding.families_demanded = 2;
    finding.innocent_explanation_unchecked = score_of(finding) < 40;
    finding.not_checked = {"Whether the transfer worked, and what was in the files."};
    finding.benign = {
        "Administrators, developers and backups send files this way: do they know "
        "the destination?"};
    finding.next = {"The destination; logs of proxies and firewalls of that time.",
                    "What the account did before: where the files came from."};
    context_.report(std::move(finding));
  }

  static void add_signs(Finding& finding, const Row& row, bool renamed) {
    bool archive = false, place = false, packed = false;
    std::set<std::uint64_t> days;
    for (const Transfer* one : row.transfers) {
      if (one->time.is_set()) days.insert(one->time.ticks / packing::kDay);
      for (const std::string& file : one->command.files) {
        packed = packed || (archive_name(file) && staging_place(file));
        if (const auto name = archive_name(file); name && !name->is_everyday && !archive) {
          archive = true;
          finding.why.push_back(
              {"It sends an archive: " + file + ".", 15, Family::name, {one->record}});
        }
        auto where = staging_place(file);
        if (!where) where = staging_place(file + "\\x");  // the folder itself
        if (where && is_telling(*where, file) && !place) {
          place = true;
          finding.why.push_back(
              {"What it sends was in " + std::string{where->what} + ": " + file + ".",
               25,
               Family::location,
               {one->record}});
        }
      }
    }
    const std::string& record = row.transfers.front()->record;
    if (renamed)
      finding.why.push_back({"The program is called otherwise: it was known by its arguments.",
                             35,
                             Family::name,
                             {record}});
    if (is_bare_public_address(row.destination))
      finding.why.push_back({"It goes to an address of the internet without a name.",
                             packed ? 25 : 15,
                             Family::path,
                             {record}});
    constexpr std::size_t kRoutine = 3;
    if (days.size() >= kRoutine)
      finding.why.push_back(
          {"Such commands ran on " + lateral::counted(days.size(), "day") + ": it is a routine.",
           -20,
           Family::time,
           {record}});
  }

  ModuleContext& context_;
  std::size_t count_ = 0;
};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Many copies into one folder, as the change journal tells.
void tell_bursts(ModuleContext& context) {
  std::size_t count = 0;
  for (const Fact& fact : context.facts().facts(FactKind::file_change)) {
    if (fact.values["reason"] != "burst") continue;
    const auto place = staging_place(fact.subject + "\\x");
    constexpr std::uint64_t kDocuments = 5;
    const std::uint64_t documents = number_of(fact.values["documents"]);
    if (!place || documents < kDocuments || ++count > kMaxFindings) continue;
    std::string names{fact.values["names"]};
    for (std::size_t i = names.find('\n'); i != std::string::npos; i = names.find('\n', i + 2))
      names.replace(i, 1, ", ");
    Finding finding;
    finding.rule = "staging.copies";
    finding.title = "Documents were copied into " + std::string{place->what};
    finding.subject = fact.subject;
    finding.why.push_back({std::string{fact.values["count"]} + " files were made in " +
                               fact.subject + " from " + fact.time.iso8601() + " to " +
                               std::string{fact.values["last"]} + ", " + std::to_string(documents) +
                               " of them documents: " + names + ".",
                           place->kind == StagingKind::hidden ? 40 : 20,
                           Family::location,
                           {fact.record}});
    finding.attack = {"T1074.001"};
    finding.not_checked = {
        "Where the files came from, and who copied them: the journal does not "
        "tell.",
        "Earlier copies: the journal reaches back as far as its record "
        "usn_journal says."};
    finding.benign = {"Installers, and users who share files in the public folders."};
    finding.next = {
        "The files, if they are still there; archives made after them; logons of that "
        "time."};
    finding.innocent_explanation_unchecked = place->kind != StagingKind::hidden;
    context.report(std::move(finding));
  }
}

/// Jobs of BITS to addresses without a name. Their direction is not told by these events.
void tell_jobs(ModuleContext& context) {
  constexpr std::uint32_t kStarted = 59;
  std::map<std::string, std::vector<const Fact*>> jobs;  // by host
  for (const Fact& fact : context.facts().facts(FactKind::network)) {
    const std::string_view url = fact.values["url"];
    if (fact.event_id < kStarted || !is_bare_address(url) || is_local(url) ||
        !lateral::is_public_address(transfer_host(url)))
      continue;
    jobs[std::string{transfer_host(url)}].push_back(&fact);
  }
  std::size_t count = 0;
  for (const auto& [host, facts] : jobs) {
    if (++count > kMaxFindings) return;
    Finding finding;
    finding.rule = "staging.bits_job";
    finding.title = "BITS transferred files with an address of the internet without a name";
    finding.subject = host;
    std::set<std::string> texts;
    for (const Fact* fact : facts) {
      std::string text =
          "Job '" + std::string{fact->values["name"]} + "', " + std::string{fact->values["url"]} +
          ", " + std::string{fact->values["bytesTransferred"]} + " bytes" + at(fact->time) + ".";
      if (texts.size() >= kMaxTold || !texts.insert(text).second) continue;
      finding.why.push_back(
          {std::move(text), texts.size() == 1 ? 35 : 0, Family::path, {fact->record}});
    }
    finding.attack = {"T1197"};
    finding.not_checked = {"Whether files were fetched or sent: these events do not tell."};
    finding.benign = {"Distribution of software inside of an organisation that uses no names."};
    finding.next = {"Who made the job (events 3 of the same log), and what the address is."};
    finding.innocent_explanation_unchecked = true;
    context.report(std::move(finding));
  }
}

Result<void> run(ModuleContext&) { return {}; }

Result<void> judge(ModuleContext& context) {
  Transfers{context}.tell();
  tell_bursts(context);
  tell_jobs(context);
  return {};
}

}  // namespace

extern const ModuleSpec staging;
const ModuleSpec staging{"staging",
                         "Files put together in folders where nobody works, and commands that send "
                         "files away.",
                         kKinds,
                         kReferences,
                         kAttack,
                         run,
                         {},
                         false,
                         judge};

}  // namespace hozen::modules
