// A key of a hive file as the registry shows it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collector/formats/regf.h"
#include "collector/source/registry.h"

namespace hozen {

/// Valid while the hive of `key` lives. `path`: as mounted.
class OfflineKey final : public RegistryKey {
 public:
  OfflineKey(regf::Key key, std::string path) : key_{key}, path_{std::move(path)} {}

  std::string name() const override { return key_.name(); }
  std::string path() const override { return path_; }
  FileTime last_written() const override { return key_.last_written(); }
  std::optional<std::uint64_t> offset() const override { return key_.file_offset(); }
  Result<void> each_subkey(const std::function<bool(RegistryKey&)>& visit) override;
  Result<void> each_value(const std::function<bool(const RegistryValue&)>& visit) override;
  Result<std::unique_ptr<RegistryKey>> open(std::string_view relative_path) override;
  Result<RegistryValue> value(std::string_view name) override;
  bool is_symbolic_link() const override { return key_.is_symbolic_link(); }

 private:
  regf::Key key_;
  std::string path_;
};

RegistryValue to_registry_value(regf::Value value);

}  // namespace hozen
