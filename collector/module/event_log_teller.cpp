#include "collector/module/event_log_teller.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Ranges of missing ids that one log tells.
constexpr std::size_t kMaxGaps = 32;
/// Problems of one log that are told one by one.
constexpr std::uint64_t kMaxNotes = 20;

bool is_important(std::string_view log) {
  constexpr std::string_view kLogs[] = {"Security",
                                        "System",
                                        "Application",
                                        "Windows PowerShell",
                                        "Microsoft-Windows-PowerShell/Operational",
                                        "Microsoft-Windows-Sysmon/Operational",
                                        "Microsoft-Windows-TaskScheduler/Operational",
                                        "Microsoft-Windows-Windows Defender/Operational"};
  return std::any_of(std::begin(kLogs), std::end(kLogs),
                     [&](std::string_view known) { return equals_fold(known, log); });
}

/// Windows names the file of a channel after it, with %4 for each slash, and of a full one that it
/// puts aside "Archive-", that name and the time.
bool is_file_of(std::string_view name, std::string_view channel) {
  constexpr std::string_view kSlash = "%4", kArchive = "Archive-";
  const bool is_archive = starts_with_fold(name, kArchive);
  if (is_archive) name.remove_prefix(kArchive.size());
  for (;;) {
    const std::size_t slash = channel.find('/');
    const std::string_view part = channel.substr(0, slash);
    if (part.empty() || !starts_with_fold(name, part)) return false;
    name.remove_prefix(part.size());
    if (slash == std::string_view::npos)
      return is_archive ? name.starts_with("-20") : equals_fold(name, ".evtx");
    if (!name.starts_with(kSlash)) return false;
    name.remove_prefix(kSlash.size());
    channel.remove_prefix(slash + 1);
  }
}

}  // namespace

void EventSequence::tell(EventLogRow& row) {
  std::sort(ids_.begin(), ids_.end());
  if (ids_.empty()) return;
  row.first_id = ids_.front();
  row.last_id = ids_.back();
  for (std::size_t i = 1; i < ids_.size(); ++i) {
    if (ids_[i] <= ids_[i - 1] + 1) continue;
    row.missing_ids += ids_[i] - ids_[i - 1] - 1;
    if (row.gaps.size() < kMaxGaps) row.gaps.push_back({ids_[i - 1] + 1, ids_[i] - 1});
  }
  std::sort(times_.begin(), times_.end());
  constexpr std::uint64_t kMinute = 60 * kTicksPerSecond;
  FileTime latest{};
  for (const auto& [id, time] : times_) {
    if (time.ticks + kMinute < latest.ticks) ++row.times_backwards;
    latest = std::max(latest, time);
    if (!row.first_time.is_set() || time < row.first_time) row.first_time = time;
    row.last_time = std::max(row.last_time, time);
  }
}

EventLogTeller::EventLogTeller(ModuleContext& context, const FileInfo& file, std::uint32_t artifact)
    : context_{context}, artifact_{artifact} {
  row_.path = file.path.text();
}

Envelope EventLogTeller::envelope_of(std::optional<std::uint64_t> offset) const {
  Envelope envelope;
  // On a running system the preserved copy is read at another moment, and is another.
  if (context_.source().kind() != "live") envelope.origin.artifact = artifact_;
  envelope.origin.offset = offset;
  return envelope;
}

std::string EventLogTeller::tell(EventRow& event, FileTime time, std::uint64_t offset) {
  event.log = row_.path;
  Envelope envelope = envelope_of(offset);
  envelope.timestamps.emplace_back("event_time", time);
  ++row_.events_told;
  return context_.emit(kEvent, kEventFields, event, envelope);
}

void EventLogTeller::state(std::optional<Fact> fact, const std::string& record,
                           const FactOrigin& origin) {
  if (!fact) return;
  fact->record = record;
  context_.state(*std::move(fact), origin);
}

std::string EventLogTeller::own_log(std::string_view channel) const {
  const std::size_t folder = row_.path.find_last_of("\\/") + 1;
  return is_file_of(std::string_view{row_.path}.substr(folder), channel)
             ? row_.path.substr(0, folder) + std::string{channel}
             : std::string{};
}

void EventLogTeller::finish() {
  sequence_.tell(row_);
  tell_rest();
  Envelope envelope = envelope_of(std::nullopt);
  envelope.timestamps.emplace_back("first_event", row_.first_time);
  envelope.timestamps.emplace_back("last_event", row_.last_time);
  judge(context_.emit(kEventLog, kEventLogFields, row_, envelope));
  shares_.tell(context_, envelope_of(std::nullopt), row_.path, own_log("Security"));
}

void EventLogTeller::note(const Error& error) {
  if (++row_.problems > kMaxNotes) return;
  Error told = error;
  told.what = row_.path + ": " + told.what;
  context_.note(std::move(told));
}

void EventLogTeller::tell_rest() {
  if (row_.problems > kMaxNotes)
    context_.note({Errc::limit, row_.path + ": " + std::to_string(row_.problems - kMaxNotes) +
                                    " further problems, not listed"});
}

void EventLogTeller::judge(const std::string& log_record) {
  if (row_.missing_ids == 0) return;
  // Damage may be why; but it may also have been made to hide what was taken out.
  const bool is_damaged =
      row_.damaged_chunks.value_or(0) != 0 || row_.damaged_areas != 0 || row_.problems != 0;
  Finding finding;
  finding.rule = "event_logs.missing_records";
  finding.title = "Records are missing inside an event log";
  finding.subject = row_.path;
  finding.why.push_back({std::to_string(row_.missing_ids) + " numbers of records between " +
                             std::to_string(*row_.first_id) + " and " +
                             std::to_string(*row_.last_id) + " are not there, the first are " +
                             std::to_string(row_.gaps.front().first) + " to " +
                             std::to_string(row_.gaps.front().last) +
                             (is_damaged ? ". The log is damaged, which may be why."
                                         : ", and no chunk of the log is damaged."),
                         is_damaged ? 15 : 30,
                         Family::content,
                         {log_record}});
  finding.attack = {"T1070.001"};
  finding.benign = {"A log that was exported with a filter holds only what the filter let pass."};
  finding.next = {
      "Whether what happened around that time is in other logs, or in the slack of "
      "this one (records with another place than live)."};
  context_.report(std::move(finding));
}

void report_cleared_logs(ModuleContext& context) {
  for (const Fact& fact : context.facts().facts(FactKind::log_cleared)) {
    const std::string log = fact.event_id == 1102 ? "Security" : fact.subject;
    const std::string account = std::string{fact.values["SubjectDomainName"]} + "\\" +
                                std::string{fact.values["SubjectUserName"]};
    Finding finding;
    finding.rule = "event_logs.cleared";
    finding.title = "An event log was cleared";
    finding.subject = log;
    finding.why.push_back({"The log " + (log.empty() ? "(not named)" : log) + " of this host was " +
                               "cleared by " + (account == "\\" ? "nobody who is named" : account) +
                               " at " + fact.time.iso8601() + ": what it held before is gone.",
                           is_important(log) ? 45 : 20,
                           Family::content,
                           {fact.record}});
    finding.attack = {"T1070.001"};
    finding.benign = {
        "Administrators clear logs when they set up a machine or test it; some "
        "installers clear their own."};
    finding.not_checked = {
        "Copies of the log: shadow copies, a log collector, files of logs that "
        "were archived beside it."};
    finding.next = {"Who was logged on then (topic logon), and what else happened just before."};
    context.report(std::move(finding));
  }
}

}  // namespace hozen
