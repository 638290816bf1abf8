#include "collector/engine/report/words.h"

#include <algorithm>
#include <utility>

namespace hozen {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return grouped(number) + " " + std::string{noun} + (number == 1 ? "" : "s");
}

std::string shortened(std::string text, std::size_t max_bytes) {
  constexpr std::string_view kEllipsis = "…";
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes > kEllipsis.size() ? max_bytes - kEllipsis.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text += kEllipsis;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::size_t used = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!lines.empty()) {
      const bool fits = used + 1 + word.size() <= width;
      lines += fits ? " " : "\n" + std::string(indent, ' ');
      used = fits ? used + 1 : indent;
    }
    lines += word;
    used += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string severities_text(const BundleSummary& summary) {
  std::string text;
  for (std::size_t i = summary.by_severity.size(); i-- > 0;) {
    if (summary.by_severity[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += grouped(summary.by_severity[i]) + " ";
    text += to_text(static_cast<Severity>(i));
  }
  return text.empty() ? "none" : text;
}

std::string host_text(const BundleSummary& summary) {
  const auto& host = summary.manifest.host;
  if (!host || host->facts.name.empty()) return "unknown (no Windows host name was found)";
  const HostFacts& facts = host->facts;
  std::string details = facts.product;
  const auto add = [&](std::string_view label, const std::string& value) {
    if (value.empty()) return;
    if (!details.empty()) details += ", ";
    details += std::string{label} + value;
  };
  add("build ", facts.build);
  add("domain ", facts.domain);
  add("", facts.role);
  return details.empty() ? facts.name : facts.name + " (" + details + ")";
}

std::string outcome_text(const BundleSummary& summary) {
  switch (summary.manifest.collection.outcome) {
    case RunOutcome::complete:
      return "complete: everything that was asked for is in the bundle";
    case RunOutcome::with_errors:
      return "finished, but some evidence could not be collected or read (listed below)";
    case RunOutcome::interrupted:
      return "interrupted: the bundle holds what was collected until then";
  }
  return {};
}

std::string short_revision(std::string_view revision) {
  constexpr std::size_t kDigits = 12;
  const std::size_t mark = std::min(revision.find('+'), revision.size());
  return std::string{revision.substr(0, std::min(mark, kDigits))} +
         std::string{revision.substr(mark)};
}

std::string time_text(FileTime time) {
  if (!time.is_set()) return "unknown";
  std::string text = time.iso8601().substr(0, 19);
  text[10] = ' ';
  return text + " UTC";
}

}  // namespace hozen
