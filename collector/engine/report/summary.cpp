#include "collector/engine/report/summary.h"

#include <algorithm>
#include <span>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/json_read.h"
#include "collector/engine/report/words.h"

namespace hozen {
namespace {

/// What the run counted under this name; 0 when it did not.
std::uint64_t count_of(const Manifest& manifest, std::string_view name) {
  for (const auto& [counted_name, count] : manifest.counts)
    if (counted_name == name) return count;
  return 0;
}

constexpr std::size_t kMaxFailures = 20;
constexpr std::size_t kMaxProblems = 10;
constexpr std::size_t kMaxUnread = 12;
constexpr std::size_t kUnreadIndent = 6;
constexpr std::size_t kMaxTextBytes = 400;
constexpr std::size_t kMaxLines = 8;  // of one part of a finding
/// Findings of one kind from which on they are told together.
constexpr std::size_t kMinGroup = 3;
// Columns: a console of Windows has 120, a terminal may have 80.
constexpr std::size_t kWidth = 100;
constexpr std::size_t kFindingIndent = 4;
constexpr std::size_t kTextIndent = 17;

std::string shown(std::string_view wtf8) { return shortened(printable(wtf8), kMaxTextBytes); }

std::string upper_case(std::string_view ascii) {
  std::string text{ascii};
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// WTF-8 that may hold lone surrogates as UTF-8: the library refuses anything else.
std::string to_json_text(std::string_view wtf8) {
  std::string quoted_text;
  append_json_string(quoted_text, wtf8);
  const auto parsed = parse_json(quoted_text);
  return parsed.is_string() ? parsed.get<std::string>() : std::string{};
}

std::string overview(const BundleSummary& summary) {
  const Manifest& manifest = summary.manifest;
  std::string text;
  const auto row = [&](std::string label, const std::string& content) {
    label.resize(10, ' ');
    text += label + content + "\n";
  };
  if (!summary.bundle_path.empty())
    row("Bundle", shown(summary.bundle_path) + "  (" + byte_size_text(summary.bundle_bytes) + ")");
  if (summary.seal) row("Seal", to_hex(*summary.seal));
  row("Host", shown(host_text(summary)));
  row("Source", manifest.source.kind + " " + shown(manifest.source.given));
  const auto& host = manifest.host;
  const bool is_windows =
      host && (!host->facts.name.empty() || !host->facts.product.empty() || !host->users.empty());
  if (!is_windows)
    row("", "NO WINDOWS WAS FOUND THERE: is it the right folder, and is the volume mounted?");
  if (!manifest.collection.case_id.empty()) row("Case", shown(manifest.collection.case_id));
  if (!manifest.collection.operator_name.empty())
    row("Operator", shown(manifest.collection.operator_name));
  row("Collected",
      time_text(manifest.collection.started) + " to " + time_text(manifest.collection.finished));
  row("Result", outcome_text(summary));
  if (manifest.recovery) {
    row("Recovered",
        time_text(manifest.recovery->time) + " from " + shown(manifest.recovery->given));
    for (const std::string& step : manifest.recovery->missing)
      row("", "not finished, or not known to be: " + shown(step));
  }
  std::string files = counted(summary.stored_files, "file") + " preserved";
  if (summary.left_out != 0)
    files += ", " + counted(summary.left_out, "file") + " not or not completely";
  if (const std::uint64_t absent = count_of(manifest, "files_missing"); absent != 0)
    files += "; " + counted(absent, "file") + " that could be expected not there (artifacts.jsonl)";
  row("Files", files);
  if (summary.volume_parts != 0)
    row("Volumes", counted(summary.volume_parts, "part") + " of copies, " +
                       byte_size_text(summary.volume_bytes) +
                       " (hozen extract makes raw images of them)");
  row("Findings", severities_text(summary));
  return text;
}

void append_list(std::string& text, std::string label, const std::vector<std::string>& lines) {
  label.insert(0, kFindingIndent, ' ');
  label.resize(kTextIndent, ' ');
  for (std::size_t i = 0; i < std::min(lines.size(), kMaxLines); ++i) {
    text += label + wrapped(shown(lines[i]), kWidth, kTextIndent) + "\n";
    label.assign(kTextIndent, ' ');
  }
  if (lines.size() > kMaxLines)
    text +=
        label + "… and " + std::to_string(lines.size() - kMaxLines) + " more (findings.jsonl)\n";
}

/// What may be the same of several findings.
struct Advice {
  std::vector<std::string> not_checked, benign, next;
};
void append_advice(std::string& text, const Advice& advice) {
  append_list(text, "not checked:", advice.not_checked);
  append_list(text, "innocent if:", advice.benign);
  append_list(text, "look next:", advice.next);
}

std::vector<std::string> without(const std::vector<std::string>& lines,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> left;
  for (const std::string& line : lines)
    if (std::find(others.begin(), others.end(), line) == others.end()) left.push_back(line);
  return left;
}

std::string head_text(const RankedFinding& ranked) {
  return upper_case(to_text(ranked.severity)) + " (" + std::to_string(ranked.score) + " of 100)";
}

/// From its subject on, without what `told` has told of it already.
std::string body_text(const Finding& finding, const Advice& told) {
  std::string text = "    " + shown(finding.subject) + "\n";
  std::vector<std::string> facts;
  for (const auto& why : finding.why) {
    std::string weight = why.weight == 0  ? std::string{}
                         : why.weight > 0 ? " (+" + std::to_string(why.weight) + ")"
                                          : " (" + std::to_string(why.weight) + ")";
    facts.push_back(shortened(printable(why.fact), kMaxTextBytes) + weight);
  }
  append_list(text, "why:", facts);
  append_advice(text, {without(finding.not_checked, told.not_checked),
                       without(finding.benign, told.benign), without(finding.next, told.next)});
  return text;
}

std::string finding_text(const RankedFinding& ranked) {
  return "\n  " + head_text(ranked) + "  " + shown(ranked.finding.title) + "\n" +
         body_text(ranked.finding, {});
}

/// Those at the beginning that are of one kind and one severity.
std::size_t alike(std::span<const RankedFinding> findings) {
  const RankedFinding& first = findings.front();
  const auto other = std::find_if(findings.begin(), findings.end(), [&](const RankedFinding& one) {
    return one.severity != first.severity || one.finding.rule != first.finding.rule ||
           one.finding.title != first.finding.title;
  });
  return static_cast<std::size_t>(other - findings.begin());
}

/// What is said of all of them.
Advice common_advice(std::span<const RankedFinding> findings) {
  const Finding& first = findings.front().finding;
  Advice common{first.not_checked, first.benign, first.next};
  for (const RankedFinding& one : findings) {
    const auto keep = [](std::vector<std::string>& lines, const std::vector<std::string>& of_one) {
      lines = without(lines, without(lines, of_one));
    };
    keep(common.not_checked, one.finding.not_checked);
    keep(common.benign, one.finding.benign);
    keep(common.next, one.finding.next);
  }
  return common;
}

/// Several of one kind: what is said of all of them once, then each with what is its own.
std::string group_text(std::span<const RankedFinding> findings) {
  const Advice common = common_advice(findings);
  std::string text = "\n  " + upper_case(to_text(findings.front().severity)) + ", " +
                     std::to_string(findings.size()) +
                     " times:  " + shown(findings.front().finding.title) + "\n";
  append_advice(text, common);
  std::size_t number = 0;
  for (const RankedFinding& one : findings)
    text += "\n  " + std::to_string(++number) + " of " + std::to_string(findings.size()) + ", " +
            head_text(one) + "\n" + body_text(one.finding, common);
  return text;
}

std::string unread_text(const BundleSummary& summary) {
  const auto& unread = summary.manifest.source.hives_not_read;
  if (unread.empty()) return {};
  std::string text = "\nWHAT COULD NOT BE LOOKED AT\n";
  for (std::size_t i = 0; i < std::min(unread.size(), kMaxUnread); ++i)
    text += "  " + shown(unread[i].path) + ": " + shown(unread[i].reason) + "\n" +
            std::string(kUnreadIndent, ' ') +
            wrapped("not looked at: " + shown(unread[i].not_looked_at), kWidth, kUnreadIndent) +
            "\n";
  if (unread.size() > kMaxUnread)
    text += "  … and " + counted(unread.size() - kMaxUnread, "more hive") + " (manifest.json)\n";
  return text;
}

std::string findings_text(const BundleSummary& summary, std::size_t max_findings) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : summary.by_severity) total += count;
  const auto& recovery = summary.manifest.recovery;
  if (total == 0 && recovery &&
      std::find(recovery->missing.begin(), recovery->missing.end(), "findings") !=
          recovery->missing.end())
    return "\nThe run was interrupted before it wrote what looks suspicious: nothing is known of "
           "that.\n";
  if (total == 0 && summary.manifest.collection.outcome == RunOutcome::interrupted)
    return "\nNothing suspicious had been found when the run was interrupted. That says nothing of "
           "what was not read.\n";
  if (total == 0 && !summary.manifest.source.hives_not_read.empty())
    return "\nNothing suspicious was found in what was read, but hives were missing: see above "
           "what "
           "was not\nlooked at. That is no proof that the host is clean.\n";
  if (total == 0 && (summary.left_out > 0 || summary.problem_count > 0))
    return "\nNothing suspicious was found in what was read. That says nothing of what could not "
           "be "
           "read (listed below), and is no proof that the host is clean.\n";
  if (total == 0)
    return "\nNothing suspicious was found by the rules of this program. That is no proof that the "
           "host is clean.\n";
  std::string text = "\nWHAT LOOKS WRONG, the most important first\n";
  const std::size_t told = std::min(summary.findings.size(), max_findings);
  for (auto left = std::span{summary.findings}.first(told); !left.empty();) {
    const std::size_t count = alike(left);
    text += count < kMinGroup ? finding_text(left.front()) : group_text(left.first(count));
    left = left.subspan(count < kMinGroup ? 1 : count);
  }
  if (told < total)
    text +=
        "\n  … and " + counted(total - told, "more finding") + " in findings.jsonl of the bundle\n";
  return text;
}

std::string failures_text(const BundleSummary& summary) {
  if (summary.left_out == 0 && summary.problem_count == 0) return {};
  std::string text = "\nWHAT COULD NOT BE COLLECTED OR READ\n";
  std::size_t told = 0;
  for (const auto& failure : summary.failures) {
    if (told == kMaxFailures) break;
    text +=
        "  " + failure.outcome + ": " + shown(failure.path) + ": " + shown(failure.reason) + "\n";
    ++told;
  }
  if (summary.left_out > told)
    text += "  … and " + counted(summary.left_out - told, "more file") + " (artifacts.jsonl)\n";
  told = 0;
  for (const auto& problem : summary.problems) {
    if (told == kMaxProblems) break;
    text += "  " + shown(problem.from) + ": " + shown(problem.text) + "\n";
    ++told;
  }
  if (summary.problem_count > told)
    text += "  … and " + counted(summary.problem_count - told, "more problem") +
            " (records/problems.jsonl)\n";
  return text;
}

std::string next_text(const BundleSummary& summary) {
  if (summary.bundle_path.empty()) return {};
  return "\nWHAT TO DO NOW\n"
         "  1. Attach the bundle to the incident ticket, unchanged.\n"
         "  2. Write the seal into the ticket as well: it proves later that the bundle is the one "
         "made now.\n"
         "  3. Leave the host as it is: no cleaning, no restart, until the findings were looked "
         "at.\n";
}

/// As it stands in the bundle, but without its entries: they are rows, not a summary.
Json manifest_json(const BundleSummary& summary) {
  std::string text;
  write_manifest(
      summary.manifest, [](const auto&) {}, [&](std::string_view piece) { text += piece; });
  Json json = parse_json(text);
  json.erase("entries");
  json["counts"]["entries"] = summary.entries;
  json["counts"]["bytes"] = summary.entry_bytes;
  return json;
}

Json finding_json(const RankedFinding& ranked) {
  std::string line;
  append_finding(line, ranked);
  return parse_json(line);
}

}  // namespace

std::string summary_text(const BundleSummary& summary, std::size_t max_findings) {
  return overview(summary) + unread_text(summary) + findings_text(summary, max_findings) +
         failures_text(summary) + next_text(summary);
}

std::string summary_json(const BundleSummary& summary) {
  Json json;
  json["bundle"] = to_json_text(summary.bundle_path);
  json["bundle_bytes"] = summary.bundle_bytes;
  if (summary.seal) json["seal"] = to_hex(*summary.seal);
  json["manifest"] = manifest_json(summary);
  for (std::size_t i = summary.by_severity.size(); i-- > 0;)
    json["findings_by_severity"][std::string{to_text(static_cast<Severity>(i))}] =
        summary.by_severity[i];
  json["findings"] = Json::array();
  for (const auto& ranked : summary.findings) json["findings"].push_back(finding_json(ranked));
  json["left_out"] = summary.left_out;
  json["failures"] = Json::array();
  for (const auto& failure : summary.failures)
    json["failures"].push_back({{"path", to_json_text(failure.path)},
                                {"outcome", failure.outcome},
                                {"reason", to_json_text(failure.reason)}});
  json["problem_count"] = summary.problem_count;
  json["problems"] = Json::array();
  for (const auto& problem : summary.problems)
    json["problems"].push_back(
        {{"from", to_json_text(problem.from)}, {"text", to_json_text(problem.text)}});
  return indented_json(json);
}

}  // namespace hozen
