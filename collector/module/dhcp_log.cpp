#include "collector/module/dhcp_log.h"

#include <array>
#include <charconv>
#include <optional>

#include "collector/base/text.h"
#include "collector/module/text_lines.h"

namespace hozen {
namespace {

constexpr std::size_t kFields = 7;

std::array<std::string_view, kFields> fields_of(std::string_view line) {
  std::array<std::string_view, kFields> fields{};
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(line.find(','), line.size());
    field = trim(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && at == end && !text.empty() ? std::optional{number} : std::nullopt;
}

/// Three numbers with a mark between them.
std::optional<std::array<std::uint32_t, 3>> three_numbers(std::string_view text, char mark) {
  std::array<std::uint32_t, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t end = i + 1 < numbers.size() ? text.find(mark) : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto number = number_of(text.substr(0, end));
    if (!number) return std::nullopt;
    numbers.at(i) = *number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

std::optional<LocalTime> time_of(std::string_view date, std::string_view time) {
  const auto day = three_numbers(date, '/');
  const auto clock = three_numbers(time, ':');
  if (!day || !clock) return std::nullopt;
  constexpr std::uint32_t kCentury = 2000;
  const auto [month, number, year] = *day;
  const bool is_date = month >= 1 && month <= 12 && number >= 1 && number <= 31 && year < 10'000;
  if (!is_date || (*clock)[0] > 23 || (*clock)[1] > 59 || (*clock)[2] > 59) return std::nullopt;
  return LocalTime{
      year < 100 ? kCentury + year : year, month, number, (*clock)[0], (*clock)[1], (*clock)[2]};
}

}  // namespace

DhcpLogEnd each_dhcp_event(std::string_view text,
                           const std::function<bool(const DhcpEvent&)>& visit) {
  DhcpLogEnd end;
  end.has_more = !each_text_line(text, [&](std::string_view line, std::uint32_t number) {
    const auto fields = fields_of(line);
    const auto id = number_of(fields[0]);
    if (!id || fields[1].empty()) return true;
    const auto time = time_of(fields[1], fields[2]);
    if (!time) return ++end.unread_lines, true;
    return visit({*id, *time, fields[3], fields[4], fields[5], fields[6], number});
  });
  return end;
}

}  // namespace hozen
