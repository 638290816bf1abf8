#include "collector/module/local_time.h"

#include <array>
#include <charconv>

#include "collector/module/execution_registry.h"

namespace hozen {
namespace {

void append_padded(std::string& text, std::uint32_t number, std::size_t digits) {
  const std::string plain = std::to_string(number);
  if (plain.size() < digits) text.append(digits - plain.size(), '0');
  text += plain;
}

}  // namespace

std::string LocalTime::text() const {
  std::string text;
  append_padded(text, year, 4);
  const std::array<std::pair<char, std::uint32_t>, 5> parts{
      {{'-', month}, {'-', day}, {' ', hour}, {':', minute}, {':', second}}};
  for (const auto& [before, number] : parts) {
    text += before;
    append_padded(text, number, 2);
  }
  return text;
}

std::vector<std::optional<std::int64_t>> time_biases(ModuleContext& context) {
  std::vector<std::optional<std::int64_t>> biases;
  if (context.registry() == nullptr) return biases;
  biases.resize(context.registry()->installations().size());
  (void)each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      if (!is_current || hive.installation >= biases.size()) return;
      const auto key = set.open("Control\\TimeZoneInformation");
      if (!key) return;
      const auto value = (*key)->value("ActiveTimeBias");
      const auto number = value ? value->number() : std::nullopt;
      if (!number) return;
      // A signed number of 32 bits: east of Greenwich it is negative.
      const auto bias = static_cast<std::int64_t>(static_cast<std::int32_t>(*number));
      constexpr std::int64_t kMost = 1'440;  // a day
      if (bias >= -kMost && bias <= kMost) biases[hive.installation] = bias;
    });
  });
  return biases;
}

std::optional<FileTime> utc_of(const LocalTime& local, std::int64_t bias_minutes) {
  std::string text = local.text();
  text[text.size() - 9] = 'T';
  const auto time = parse_iso8601(text + "Z");
  if (!time) return std::nullopt;
  constexpr auto kMinute = static_cast<std::int64_t>(60 * kTicksPerSecond);
  const auto ticks = static_cast<std::int64_t>(time->ticks) + bias_minutes * kMinute;
  if (ticks <= 0) return std::nullopt;
  return FileTime{static_cast<std::uint64_t>(ticks)};
}

std::uint32_t year_before(const LocalTime& local, FileTime last_change) {
  if (!last_change.is_set()) return 0;
  const std::string change = last_change.iso8601();
  std::uint32_t year = 0;
  const std::string_view digits = std::string_view{change}.substr(0, 4);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), year).ec != std::errc{})
    return 0;
  constexpr std::uint64_t kDay = 24 * (3600 * kTicksPerSecond);
  // 29 February is in every fourth year at most.
  for (std::uint32_t tries = 0; tries < 9 && year > 1601; ++tries, --year) {
    LocalTime dated = local;
    dated.year = year;
    const auto time = utc_of(dated, 0);
    if (time && time->ticks <= last_change.ticks + kDay) return year;
  }
  return 0;
}

}  // namespace hozen
