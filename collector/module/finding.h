// A finding: something an examiner should look at, and everything it rests on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

enum class Severity : std::uint8_t { info, low, medium, high, critical };
std::string_view to_text(Severity severity);

/// Independent sides from which facts can speak: a rule may demand several.
enum class Family : std::uint8_t {
  location,
  name,
  command_line,
  path,
  time,
  content,
  signature,
  indicator,
  registry_state
};
std::string_view to_text(Family family);

struct Why {
  std::string fact;  ///< what was seen, a full sentence with the values
  int weight = 0;    ///< points, may be negative
  Family family = Family::location;
  std::vector<std::string> records;  ///< ids of the records that show it
};

/// Severity and score follow bundle.md: see severity_of.
struct Finding {
  std::string rule;  ///< "<module>.<rule>", stable across releases
  std::string title, subject;
  std::vector<Why> why;
  std::vector<std::string> attack;  ///< MITRE ATT&CK technique ids
  std::vector<std::string> not_checked, benign, next;
  int families_demanded =
      1;  ///< fewer independent families of positive facts lower the severity one step
  bool innocent_explanation_unchecked = false;  ///< then the severity stays at low
  bool exact_indicator =
      false;  ///< an indicator matched exactly: critical is allowed without three families
};

/// Escapes, as printable() does, what texts of the evidence bring into the finding's texts, and
/// leaves out passwords of command lines (passwords.h): findings are passed on.
void make_printable(Finding& finding);
/// Makes a finding of this host one of another computer, whose events were found on it.
void name_host(Finding& finding, std::string_view computer);
/// Sum of the weights, clamped to 0..100.
int score_of(const Finding& finding);
/// The ceiling of the score (below 15 info, 15-39 low, 40-69 medium, 70-89 high, 90 and more
/// critical), lowered by the rule's own demands.
Severity severity_of(const Finding& finding);

}  // namespace hozen
