#include "collector/module/execution_registry.h"

#include <algorithm>
#include <charconv>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// The number of "ControlSet001"; 0 for another name.
std::uint32_t control_set_number(std::string_view name) {
  constexpr std::string_view kPrefix = "ControlSet";
  if (!starts_with_fold(name, kPrefix)) return 0;
  const std::string_view digits = name.substr(kPrefix.size());
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return failed == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace

Result<void> each_trace_hive(ModuleContext& context, const std::vector<HiveRole>& roles,
                             const std::function<void(RegistryHive&)>& visit) {
  if (context.registry() == nullptr) return {};
  HOZEN_CHECK(context.registry()->each_hive(
      roles,
      [&](RegistryHive& hive) {
        if (hive.root != nullptr) visit(hive);
        return !context.stop().stop_requested();
      },
      [&](const EvidencePath& file, HiveRole role, const Error& error) {
        if (error.code == Errc::not_found) return;  // an answer, not a problem
        const std::string place = file.empty() ? "" : " " + file.text();
        context.note({error.code, std::string{to_text(role)} + " hive" + place + ": " + error.what,
                      error.offset, error.detail});
      }));
  if (context.stop().stop_requested()) return Error{Errc::cancelled, "registry hives"};
  return {};
}

std::unique_ptr<RegistryKey> key_at(RegistryHive& hive, std::string_view path) {
  auto key = hive.root->open(path);
  return key ? *std::move(key) : nullptr;
}

void each_control_set(RegistryHive& hive,
                      const std::function<void(RegistryKey& set, bool is_current)>& visit) {
  (void)hive.root->each_subkey([&](RegistryKey& key) {
    const std::uint32_t number = control_set_number(key.name());
    if (number != 0) visit(key, number == hive.current_control_set);
    return true;
  });
}

void each_subkey(ModuleContext& context, RegistryKey& key,
                 const std::function<void(RegistryKey&)>& visit) {
  std::size_t count = 0;
  const auto done = key.each_subkey([&](RegistryKey& subkey) {
    if (++count > kMaxTraceValues || context.stop().stop_requested()) return false;
    visit(subkey);
    return true;
  });
  if (!done)
    context.note({done.error().code, key.path() + ": " + done.error().what, done.error().offset,
                  done.error().detail});
  if (count > kMaxTraceValues)
    context.note({Errc::limit, key.path() + ": further keys are left out"});
}

void each_value(ModuleContext& context, RegistryKey& key,
                const std::function<void(const RegistryValue&)>& visit) {
  std::size_t count = 0;
  const auto done = key.each_value([&](const RegistryValue& value) {
    if (++count > kMaxTraceValues || context.stop().stop_requested()) return false;
    visit(value);
    return true;
  });
  if (!done)
    context.note({done.error().code, key.path() + ": " + done.error().what, done.error().offset,
                  done.error().detail});
  if (count > kMaxTraceValues)
    context.note({Errc::limit, key.path() + ": further values are left out"});
}

Envelope key_envelope(const RegistryHive& hive, const RegistryKey& key,
                      const RegistryValue* value) {
  Envelope envelope;
  const bool has_offset = value != nullptr && value->offset;
  envelope.origin = {hive.artifact, key.path(), has_offset ? value->offset : key.offset()};
  envelope.timestamps.emplace_back("key_last_written", key.last_written());
  if (hive.user != nullptr) {
    envelope.user_sid = hive.user->sid;
    envelope.user_name = hive.user->name;
  }
  return envelope;
}

}  // namespace hozen
