#include "tests/builders/memory_key.h"

#include "collector/base/text.h"

namespace hozen::fake {
namespace {

std::vector<std::byte> utf16_data(std::string_view text, bool terminated) {
  std::u16string units = utf16_from_wtf8(text);
  if (terminated) units += u'\0';
  const auto bytes = std::as_bytes(std::span{units});
  return {bytes.begin(), bytes.end()};
}

std::pair<std::string_view, std::string_view> split_first(std::string_view path) {
  const auto slash = path.find('\\');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

std::shared_ptr<MemoryKey::Node> MemoryKey::child(std::string_view name) const {
  for (const auto& node : node_->keys)
    if (equals_fold(node->name, name)) return node;
  return nullptr;
}

MemoryKey MemoryKey::key(std::string_view relative_path) {
  if (relative_path.empty()) return *this;
  const auto [first, rest] = split_first(relative_path);
  auto node = child(first);
  if (!node) {
    node = std::make_shared<Node>();
    node->name = first;
    node_->keys.push_back(node);
  }
  return MemoryKey{node, path_ + "\\" + node->name}.key(rest);
}

MemoryKey& MemoryKey::text(std::string_view name, std::string_view value_text, RegType type) {
  return value(name, type, utf16_data(value_text, type != RegType::link));
}

MemoryKey& MemoryKey::number(std::string_view name, std::uint32_t number_value) {
  const auto bytes = std::as_bytes(std::span{&number_value, 1});
  return value(name, RegType::dword, {bytes.begin(), bytes.end()});
}

MemoryKey& MemoryKey::value(std::string_view name, RegType type, std::vector<std::byte> data) {
  RegistryValue value;
  value.name = name;
  value.type = static_cast<std::uint32_t>(type);
  value.data = std::move(data);
  node_->values.push_back(std::move(value));
  return *this;
}

MemoryKey& MemoryKey::written(FileTime time) {
  node_->written = time;
  return *this;
}

MemoryKey& MemoryKey::link_to(std::string_view target) {
  node_->link = true;
  return text("SymbolicLinkValue", target, RegType::link);
}

Result<void> MemoryKey::each_subkey(const std::function<bool(RegistryKey&)>& visit) {
  for (const auto& node : node_->keys) {
    MemoryKey key{node, path_ + "\\" + node->name};
    if (!visit(key)) break;
  }
  return {};
}

Result<void> MemoryKey::each_value(const std::function<bool(const RegistryValue&)>& visit) {
  for (const RegistryValue& value : node_->values)
    if (!visit(value)) break;
  return {};
}

Result<std::unique_ptr<RegistryKey>> MemoryKey::open(std::string_view relative_path) {
  MemoryKey key = *this;
  while (!relative_path.empty()) {
    const auto [first, rest] = split_first(relative_path);
    auto node = key.child(first);
    if (!node) return Error{Errc::not_found, key.path_ + "\\" + std::string{first}};
    key = MemoryKey{node, key.path_ + "\\" + node->name};
    relative_path = rest;
  }
  return std::unique_ptr<RegistryKey>{std::make_unique<MemoryKey>(std::move(key))};
}

Result<RegistryValue> MemoryKey::value(std::string_view name) {
  for (const RegistryValue& value : node_->values)
    if (equals_fold(value.name, name)) return value;
  return Error{Errc::not_found, path_ + " " + std::string{name}};
}

}  // namespace hozen::fake
