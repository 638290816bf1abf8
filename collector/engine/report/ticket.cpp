#include "collector/engine/report/ticket.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/report/words.h"

namespace hozen {
namespace {

/// Bytes, so fewer characters in any script (bundle.md: under 4,000 characters).
constexpr std::size_t kMaxTicketBytes = 3900;
/// Kept for what follows the findings: what failed, and what to do.
constexpr std::size_t kReservedBytes = 1300;
constexpr std::size_t kMaxFailures = 5;
constexpr std::size_t kMaxUnread = 3;
constexpr std::size_t kMaxFacts = 4;
constexpr std::size_t kMaxValueBytes = 160;

/// Longest run of backticks: a code span needs one more around it.
std::size_t longest_run(std::string_view text, char wanted) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string value(std::string_view wtf8) {
  return markdown_text(shortened(printable(wtf8), kMaxValueBytes));
}

std::string code(std::string_view wtf8) {
  return markdown_code(shortened(printable(wtf8), kMaxValueBytes));
}

std::string file_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string header(const BundleSummary& summary) {
  const Manifest& manifest = summary.manifest;
  const ManifestCollection& collection = manifest.collection;
  std::string text = "## Evidence bundle of " + value(host_text(summary)) + "\n\n";
  const auto row = [&](std::string_view name, const std::string& content) {
    text += "- " + std::string{name} + ": " + content + "\n";
  };
  if (!summary.bundle_path.empty())
    row("Bundle",
        code(file_name(summary.bundle_path)) + ", " + byte_size_text(summary.bundle_bytes));
  row("Seal",
      summary.seal
          ? markdown_code(to_hex(*summary.seal))
          : "SHA-256 of `manifest.json` in the bundle; printed at the end of the collection");
  if (!collection.case_id.empty()) row("Case", value(collection.case_id));
  std::string by;
  if (!collection.operator_name.empty()) by = " by " + value(collection.operator_name);
  row("Collected", time_text(collection.started) + " to " + time_text(collection.finished) + by);
  row("Source", manifest.source.kind + " " + code(manifest.source.given));
  row("Result", outcome_text(summary));
  if (summary.volume_parts != 0)
    row("Volumes", "copies, " + byte_size_text(summary.volume_bytes) +
                       " (`hozen extract` makes raw images of them)");
  row("Content", counted(summary.stored_files, "file") + ", findings: " + severities_text(summary));
  row("Tool", "hozen " + value(manifest.tool.version) + " (" +
                  value(short_revision(manifest.tool.revision)) + ")");
  return text;
}

std::string finding_text(const RankedFinding& ranked) {
  const Finding& finding = ranked.finding;
  std::string text = "\n- **" + std::string{to_text(ranked.severity)} + " " +
                     std::to_string(ranked.score) + "**: " + value(finding.title) + "\n  " +
                     code(finding.subject) + "\n";
  std::size_t facts = 0;
  for (const auto& why : finding.why) {
    if (++facts > kMaxFacts) break;
    text += "  - " + value(why.fact) + "\n";
  }
  if (!finding.attack.empty()) {
    std::string ids;
    for (const auto& id : finding.attack) ids += (ids.empty() ? "" : ", ") + value(id);
    text += "  - ATT&amp;CK: " + ids + "\n";
  }
  return text;
}

std::string findings_text(const BundleSummary& summary, std::size_t room) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : summary.by_severity) total += count;
  const bool has_gaps = summary.left_out > 0 || summary.problem_count > 0 ||
                        !summary.manifest.source.hives_not_read.empty() ||
                        summary.manifest.collection.outcome == RunOutcome::interrupted;
  if (total == 0 && has_gaps)
    return "\n### What looks wrong\n\nNo rule found anything suspicious in what was read. That "
           "says "
           "nothing of what could not be read.\n";
  if (total == 0) return "\n### What looks wrong\n\nNo rule found anything suspicious.\n";
  std::string text = "\n### What looks wrong\n";
  std::uint64_t told = 0;
  for (const auto& ranked : summary.findings) {
    const std::string more = finding_text(ranked);
    if (text.size() + more.size() > room) break;
    text += more;
    ++told;
  }
  if (told < total)
    text += "\n" + counted(total - told, "further finding") + " in `findings.jsonl`.\n";
  return text;
}

std::string unread_text(const BundleSummary& summary) {
  const auto& unread = summary.manifest.source.hives_not_read;
  if (unread.empty()) return {};
  std::string text = "\n### What could not be looked at\n\n";
  for (std::size_t i = 0; i < std::min(unread.size(), kMaxUnread); ++i)
    text += "- " + markdown_code(shortened(printable(unread[i].path), 90)) + ": " +
            markdown_text(shortened(printable(unread[i].reason), 60)) +
            "; not looked at: " + value(unread[i].not_looked_at) + "\n";
  if (unread.size() > kMaxUnread)
    text += "- " + counted(unread.size() - kMaxUnread, "further hive") +
            ": `hives_not_read` of `manifest.json`\n";
  return text;
}

std::string failures_text(const BundleSummary& summary) {
  if (summary.left_out == 0 && summary.problem_count == 0) return {};
  std::string text = "\n### What could not be had\n\n";
  std::size_t told = 0;
  for (const auto& failure : summary.failures) {
    if (told == kMaxFailures) break;
    const std::string line = "- " + failure.outcome + ": " +
                             markdown_code(shortened(printable(failure.path), 90)) + " " +
                             markdown_text(shortened(printable(failure.reason), 60)) + "\n";
    text += line;
    ++told;
  }
  if (summary.left_out > told)
    text += "- " + counted(summary.left_out - told, "further file") + " in `artifacts.jsonl`\n";
  if (summary.problem_count > 0)
    text += "- " + counted(summary.problem_count, "problem") +
            " while reading the evidence in `records/problems.jsonl`\n";
  return text;
}

}  // namespace

std::string markdown_text(std::string_view wtf8) {
  constexpr std::string_view kActive = "\\`*_[]{}~|#!@";
  const std::string plain = printable(wtf8);
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    const std::string_view rest = std::string_view{plain}.substr(i);
    if (c == '<') {
      text += "&lt;";
    } else if (c == '>') {
      text += "&gt;";
    } else if (c == '&') {
      text += "&amp;";
    } else if (kActive.find(c) != std::string_view::npos || rest.starts_with("://")) {
      text += '\\';
      text += c;
    } else if (starts_with_fold(rest, "www.")) {
      text += rest.substr(0, 3);
      text += "\\.";
      i += 3;
    } else {
      text += c;
    }
  }
  return text;
}

std::string markdown_code(std::string_view wtf8) {
  const std::string plain = printable(wtf8);
  const std::string fence(longest_run(plain, '`') + 1, '`');
  const bool padded =
      plain.empty() || plain.front() == '`' || plain.back() == '`' || plain.front() == ' ';
  const std::string pad = padded ? " " : "";
  return fence + pad + plain + pad + fence;
}

std::string ticket_text(const BundleSummary& summary) {
  std::string text = header(summary);
  const std::string unread = unread_text(summary);
  const std::string failures = failures_text(summary);
  const std::string next =
      "\n### Next\n\n"
      "- Attach the bundle unchanged. Check it with `hozen verify --seal SEAL BUNDLE`.\n"
      "- Do not clean, restart or reinstall the host before the findings were looked at.\n"
      "- `hozen report BUNDLE` tells all findings with their reasons and innocent explanations.\n";
  const std::size_t rest =
      std::max(kReservedBytes, unread.size() + failures.size() + next.size() + 100);
  const std::size_t room = kMaxTicketBytes - std::min(kMaxTicketBytes, text.size() + rest);
  text += unread + findings_text(summary, room);
  return text + failures + next;
}

}  // namespace hozen
