#include "collector/module/finding.h"

#include <algorithm>
#include <set>

#include "collector/base/text.h"
#include "collector/module/passwords.h"

namespace hozen {
namespace {

// Lowest scores of the severities (bundle.md, "findings").
constexpr int kLowScore = 15;
constexpr int kMediumScore = 40;
constexpr int kHighScore = 70;
constexpr int kCriticalScore = 90;
/// Independent families that critical needs when no indicator matched exactly.
constexpr int kCriticalFamilies = 3;

int positive_families(const Finding& finding) {
  std::set<Family> families;
  for (const auto& why : finding.why)
    if (why.weight > 0) families.insert(why.family);
  return static_cast<int>(families.size());
}

Severity ceiling_of(int score) {
  if (score >= kCriticalScore) return Severity::critical;
  if (score >= kHighScore) return Severity::high;
  if (score >= kMediumScore) return Severity::medium;
  return score >= kLowScore ? Severity::low : Severity::info;
}

Severity one_step_below(Severity severity) {
  return severity == Severity::info ? severity
                                    : static_cast<Severity>(static_cast<int>(severity) - 1);
}

}  // namespace

std::string_view to_text(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "info";
}

std::string_view to_text(Family family) {
  switch (family) {
    case Family::location:
      return "location";
    case Family::name:
      return "name";
    case Family::command_line:
      return "command_line";
    case Family::path:
      return "path";
    case Family::time:
      return "time";
    case Family::content:
      return "content";
    case Family::signature:
      return "signature";
    case Family::indicator:
      return "indicator";
    case Family::registry_state:
      return "registry_state";
  }
  return "location";
}

void name_host(Finding& finding, std::string_view computer) {
  constexpr std::string_view kThisHost = "this host";
  const std::string name = "the computer " + std::string{computer};
  const auto rename = [&](std::string& text) {
    for (std::size_t at = text.find(kThisHost); at != std::string::npos;
         at = text.find(kThisHost, at + name.size()))
      text.replace(at, kThisHost.size(), name);
  };
  rename(finding.title);
  for (Why& why : finding.why) rename(why.fact);
  for (auto* texts : {&finding.not_checked, &finding.benign, &finding.next})
    for (std::string& text : *texts) rename(text);
  finding.subject += " (on " + std::string{computer} + ")";
  finding.not_checked.push_back("The computer " + std::string{computer} +
                                " itself: its events were found in logs that lie on the host that "
                                "was examined, forwarded to it or copied.");
}

void make_printable(Finding& finding) {
  const auto make = [](std::string& text) { text = printable(without_passwords(text)); };
  make(finding.title);
  make(finding.subject);
  for (auto& why : finding.why) make(why.fact);
  for (auto* list : {&finding.not_checked, &finding.benign, &finding.next})
    for (auto& text : *list) make(text);
}

int score_of(const Finding& finding) {
  int sum = 0;
  for (const auto& why : finding.why) sum += why.weight;
  return std::clamp(sum, 0, 100);
}

Severity severity_of(const Finding& finding) {
  const int families = positive_families(finding);
  Severity severity = ceiling_of(score_of(finding));
  if (severity == Severity::critical && !finding.exact_indicator && families < kCriticalFamilies)
    severity = Severity::high;
  if (families < finding.families_demanded) severity = one_step_below(severity);
  if (finding.innocent_explanation_unchecked) severity = std::min(severity, Severity::low);
  return severity;
}

}  // namespace hozen
