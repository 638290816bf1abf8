#include "collector/formats/task_definition.h"

namespace hozen {

std::string_view to_text(TaskActionKind kind) {
  switch (kind) {
    case TaskActionKind::exec:
      return "exec";
    case TaskActionKind::com_handler:
      return "com_handler";
    case TaskActionKind::email:
      return "email";
    case TaskActionKind::message:
      return "message";
    case TaskActionKind::other:
      break;
  }
  return "other";
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  constexpr std::uint64_t kDay = 86'400;
  constexpr std::pair<char, std::uint64_t> kDate[] = {
      {'Y', 365 * kDay}, {'M', 30 * kDay}, {'W', 7 * kDay}, {'D', kDay}};
  constexpr std::pair<char, std::uint64_t> kTime[] = {{'H', 3600}, {'M', 60}, {'S', 1}};
  constexpr std::uint64_t kMost = 1'000'000'000;  // of any unit: more is no duration
  if (!text.starts_with('P') || text.size() < 3) return {};
  std::uint64_t seconds = 0;
  bool in_time = false;
  for (std::size_t at = 1; at < text.size();) {
    if (text[at] == 'T' && !in_time) {
      in_time = true;
      if (++at == text.size()) return {};
      continue;
    }
    std::uint64_t number = 0;
    const std::size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      if ((number = number * 10 + static_cast<std::uint64_t>(text[at] - '0')) > kMost) return {};
    if (at == begin || at == text.size()) return {};
    if (text[at] == '.' && in_time)  // a fraction of a second says nothing
      while (++at < text.size() && text[at] >= '0' && text[at] <= '9') {
      }
    if (at == text.size()) return {};
    std::uint64_t unit = 0;
    for (const auto& [letter, size] : kDate)
      if (!in_time && letter == text[at]) unit = size;
    for (const auto& [letter, size] : kTime)
      if (in_time && letter == text[at]) unit = size;
    if (unit == 0) return {};
    seconds += number * unit;
    ++at;
  }
  return seconds;
}

}  // namespace hozen
