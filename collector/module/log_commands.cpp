#include "collector/module/log_commands.h"

#include <algorithm>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using command_line::Word;

/// Accounts and commands of each that are told: a log can be made to hold any number.
constexpr std::size_t kMaxAccounts = 200, kMaxTold = 30;
constexpr std::size_t kMaxCommandText = 300;
constexpr int kTelling = 50, kOther = 20, kJournal = 40;

/// The words of a command line without quotes and brackets around them.
class Words {
 public:
  explicit Words(std::string_view text) {
    for (const Word& word : command_line::words_of(text))
      words_.push_back(command_line::bare(text.substr(word.begin, word.end - word.begin)));
  }
  /// Where one of these tools is named, with or without folder and ending.
  std::size_t tool(command_line::Names names, std::size_t from = 0) const {
    for (std::size_t i = from; i < words_.size(); ++i)
      if (command_line::is_one_of(command_line::tool_of(words_[i]), names)) return i;
    return std::string_view::npos;
  }
  std::string_view operator[](std::size_t i) const {
    return i < words_.size() ? words_[i] : std::string_view{};
  }
  const std::vector<std::string_view>& all() const { return words_; }
  bool any(command_line::Names names, std::size_t from) const {
    return std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(std::min(from, words_.size())),
                       words_.end(),
                       [&](std::string_view word) { return command_line::is_one_of(word, names); });
  }

 private:
  std::vector<std::string_view> words_;
};

int weight_of(std::string_view log) {
  constexpr std::string_view kMost[] = {"Security",
                                        "System",
                                        "Microsoft-Windows-Sysmon/Operational",
                                        "Microsoft-Windows-PowerShell/Operational",
                                        "Windows PowerShell",
                                        "Microsoft-Windows-TaskScheduler/Operational",
                                        "Microsoft-Windows-WMI-Activity/Operational"};
  return command_line::is_one_of(log, kMost) ? kTelling : kOther;
}

LogCommand clearing(std::string_view log) {
  // A variable of a loop: every log.
  if (log.empty() || log.find_first_of("%$*") != std::string_view::npos)
    return {"clears logs", kTelling};
  return {"clears the log " + std::string{log}, weight_of(log)};
}

LogCommand by_wevtutil(const Words& words) {
  constexpr std::string_view kTool[] = {"wevtutil"}, kClear[] = {"cl", "clear-log"},
                             kSet[] = {"sl", "set-log"},
                             kOff[] = {"/e:false", "/enabled:false", "/e:0", "/enabled:0"};
  for (std::size_t at = words.tool(kTool); at != std::string_view::npos;
       at = words.tool(kTool, at + 1)) {
    if (command_line::is_one_of(words[at + 1], kClear)) return clearing(words[at + 2]);
    if (command_line::is_one_of(words[at + 1], kSet) && words.any(kOff, at + 2))
      return {"switches the log " + std::string{words[at + 2]} + " off", weight_of(words[at + 2])};
  }
  return {};
}

LogCommand by_powershell(std::string_view text, const Words& words) {
  constexpr std::string_view kClear[] = {"clear-eventlog"}, kRemove[] = {"remove-eventlog"},
                             kNames[] = {"-logname", "-log", "-l"};
  for (const auto& [names, what] : {std::pair{command_line::Names{kClear}, "clears"},
                                    {command_line::Names{kRemove}, "removes"}}) {
    const std::size_t at = words.tool(names);
    if (at == std::string_view::npos) continue;
    std::string_view log = words[at + 1];
    if (command_line::is_one_of(log, kNames)) log = words[at + 2];
    LogCommand found = clearing(log);
    if (what == std::string_view{"removes"}) found.what.replace(0, 6, what);
    return found;
  }
  if (contains_fold(text, ".ClearLog(")) return {"clears a log", kTelling};
  constexpr std::string_view kWmic[] = {"wmic"};
  if (words.tool(kWmic) != std::string_view::npos && contains_fold(text, "cleareventlog"))
    return {"clears a log", kTelling};
  return {};
}

LogCommand by_other(std::string_view text, const Words& words) {
  constexpr std::string_view kAuditpol[] = {"auditpol"}, kClear[] = {"/clear"},
                             kFsutil[] = {"fsutil"}, kUsn[] = {"usn"},
                             kDelete[] = {"deletejournal"},
                             kErase[] = {"del", "erase", "remove-item", "rm", "ri", "rd", "rmdir"};
  if (const std::size_t at = words.tool(kAuditpol);
      at != std::string_view::npos && words.any(kClear, at + 1))
    return {"removes the audit policy: Security is told hardly anything any more", kTelling};
  if (const std::size_t at = words.tool(kFsutil); at != std::string_view::npos &&
                                                  command_line::is_one_of(words[at + 1], kUsn) &&
                                                  command_line::is_one_of(words[at + 2], kDelete))
    return {"deletes the change journal of a volume", kJournal};
  if (contains_fold(text, "\\winevt\\Logs") && words.tool(kErase) != std::string_view::npos)
    return {"deletes files of event logs", kTelling};
  return {};
}

std::string account_in(const Fact& fact) {
  const std::string_view user = fact.values["User"];
  return user.empty()
             ? lateral::account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"])
             : std::string{user};
}

std::string shortened(std::string_view text) {
  if (text.size() <= kMaxCommandText) return std::string{text};
  std::size_t end = kMaxCommandText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string{text.substr(0, end)} + "…";
}

Finding begun(const std::string& account) {
  Finding finding;
  finding.rule = "event_logs.cleared_by_command";
  finding.title = "A command cleared logs or switched logging off";
  finding.subject = account.empty() ? "an account that is not named" : account;
  finding.attack = {"T1070.001", "T1562.002"};
  finding.benign = {
      "Administrators clear logs when they set up a machine or test it; is the account one of "
      "theirs?"};
  finding.not_checked = {"Whether the command did what it says: it may have been refused."};
  finding.next = {"What the same account ran before it, and what started the command.",
                  "Copies of the log: shadow copies, a log collector, records in slack."};
  return finding;
}

/// `quotes`: how many quotes are around it already.
LogCommand command_in(std::string_view text, int quotes) {
  constexpr int kMostQuotes = 3;
  const Words words{text};
  LogCommand found = by_wevtutil(words);
  if (found.what.empty()) found = by_powershell(text, words);
  if (found.what.empty()) found = by_other(text, words);
  if (quotes == kMostQuotes) return found;
  for (const std::string_view word : words.all()) {
    if (!found.what.empty()) break;
    if (word.size() < text.size() && word.find(' ') != std::string_view::npos)
      found = command_in(word, quotes + 1);
  }
  return found;
}

}  // namespace

LogCommand log_command(std::string_view command_line) { return command_in(command_line, 0); }

std::vector<Finding> judge_log_commands(const FactBook& book) {
  std::map<std::string, Finding> findings;  // by folded account
  for (const Fact& fact : book.facts(FactKind::process)) {
    const std::string_view line = fact.values["CommandLine"];
    const LogCommand command = log_command(line);
    if (command.what.empty()) continue;
    const std::string account = account_in(fact), key = fold_case(account);
    if (!findings.contains(key) && findings.size() >= kMaxAccounts) continue;
    Finding& finding = findings.try_emplace(key, begun(account)).first->second;
    int counted = 0;
    for (const Why& why : finding.why) counted += why.weight;
    if (finding.why.size() < kMaxTold)
      finding.why.push_back(
          {"At " + fact.time.iso8601() + " a command " + command.what + ": " + shortened(line),
           std::max(command.weight - counted, 0),
           Family::content,
           {fact.record}});
  }
  std::vector<Finding> all;
  all.reserve(findings.size());
  for (auto& [account, finding] : findings) all.push_back(std::move(finding));
  return all;
}

}  // namespace hozen
