#include "collector/source/offline_key.h"

#include <algorithm>

namespace hozen {

RegistryValue to_registry_value(regf::Value value) {
  RegistryValue result;
  result.name = std::move(value.name);
  result.type = value.type;
  result.data = std::move(value.data);
  result.data_incomplete = value.incomplete;
  result.deleted = value.deleted;
  result.offset = value.file_offset;
  return result;
}

Result<void> OfflineKey::each_subkey(const std::function<bool(RegistryKey&)>& visit) {
  key_.each_subkey([&](const regf::Key& subkey) {
    OfflineKey child{subkey, path_ + '\\' + subkey.name()};
    return visit(child);
  });
  return {};
}

Result<void> OfflineKey::each_value(const std::function<bool(const RegistryValue&)>& visit) {
  RegistryValue value;
  key_.visit_values([&](const regf::ValueView& view) {
    value.name.clear();
    view.append_name(value.name);
    value.type = view.type;
    value.data.assign(view.data.span().begin(), view.data.span().end());
    value.data_incomplete = view.incomplete;
    value.offset = view.file_offset;
    return visit(value);
  });
  return {};
}

Result<std::unique_ptr<RegistryKey>> OfflineKey::open(std::string_view relative_path) {
  regf::Key key = key_;
  std::string path = path_;
  std::string_view rest = relative_path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\\'), rest.size());
    const std::string_view component = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (component.empty()) continue;
    const std::optional<regf::Key> subkey = key.subkey(component);
    if (!subkey)
      return Error{Errc::not_found, path_ + '\\' + std::string{relative_path}, std::nullopt,
                   "no such key"};
    key = *subkey;
    path += '\\';
    key.append_name(path);
  }
  return std::unique_ptr<RegistryKey>{std::make_unique<OfflineKey>(key, std::move(path))};
}

Result<RegistryValue> OfflineKey::value(std::string_view name) {
  std::optional<regf::Value> value = key_.value(name);
  if (!value)
    return Error{Errc::not_found, path_ + " value \"" + std::string{name} + '"', std::nullopt,
                 "no such value"};
  return to_registry_value(*std::move(value));
}

}  // namespace hozen
