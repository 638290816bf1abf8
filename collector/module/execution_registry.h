// Registry keys in which Windows keeps traces of execution: what the modules that read them share.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/module.h"

namespace hozen {

/// Opens each hive of `roles` that has a root; one that cannot be read is noted. Nothing where the
/// source has no registry. Errc::cancelled when the run is stopped.
Result<void> each_trace_hive(ModuleContext& context, const std::vector<HiveRole>& roles,
                             const std::function<void(RegistryHive&)>& visit);

/// The key at `path` below the hive's root, nullptr where there is none.
std::unique_ptr<RegistryKey> key_at(RegistryHive& hive, std::string_view path);

/// ControlSet001, ControlSet002, … of a SYSTEM hive, with whether Windows runs from it.
void each_control_set(RegistryHive& hive,
                      const std::function<void(RegistryKey& set, bool is_current)>& visit);

/// Subkeys and values; false from `visit` ends it. What cannot be listed is noted.
void each_subkey(ModuleContext& context, RegistryKey& key,
                 const std::function<void(RegistryKey&)>& visit);
void each_value(ModuleContext& context, RegistryKey& key,
                const std::function<void(const RegistryValue&)>& visit);

/// Origin (the value's place, else the key's), `key_last_written`, and the hive's account.
Envelope key_envelope(const RegistryHive& hive, const RegistryKey& key,
                      const RegistryValue* value = nullptr);

/// Values of one kind of key after which the rest is left out, and noted.
constexpr std::size_t kMaxTraceValues = 100'000;

}  // namespace hozen
