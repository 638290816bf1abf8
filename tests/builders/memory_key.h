// A registry key held in memory, with subkeys and values set by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/source/registry.h"

namespace hozen::fake {

class MemoryKey final : public RegistryKey {
 public:
  explicit MemoryKey(std::string path) : node_{std::make_shared<Node>()}, path_{std::move(path)} {
    node_->name = path_.substr(path_.rfind('\\') + 1);
  }

  /// The key at `relative_path`, made with everything above it.
  MemoryKey key(std::string_view relative_path);
  MemoryKey& text(std::string_view name, std::string_view value, RegType type = RegType::sz);
  MemoryKey& number(std::string_view name, std::uint32_t value);
  MemoryKey& value(std::string_view name, RegType type, std::vector<std::byte> data);
  MemoryKey& written(FileTime time);
  /// Makes it a link as CurrentControlSet is one: SymbolicLinkValue with this target.
  MemoryKey& link_to(std::string_view target);

  std::string name() const override { return node_->name; }
  std::string path() const override { return path_; }
  FileTime last_written() const override { return node_->written; }
  std::optional<std::uint64_t> offset() const override { return std::nullopt; }
  Result<void> each_subkey(const std::function<bool(RegistryKey&)>& visit) override;
  Result<void> each_value(const std::function<bool(const RegistryValue&)>& visit) override;
  Result<std::unique_ptr<RegistryKey>> open(std::string_view relative_path) override;
  Result<RegistryValue> value(std::string_view name) override;
  bool is_symbolic_link() const override { return node_->link; }

 private:
  struct Node {
    std::string name;
    FileTime written{};
    bool link = false;
    std::vector<std::shared_ptr<Node>> keys;
    std::vector<RegistryValue> values;
  };
  MemoryKey(std::shared_ptr<Node> node, std::string path)
      : node_{std::move(node)}, path_{std::move(path)} {}
  std::shared_ptr<Node> child(std::string_view name) const;

  std::shared_ptr<Node> node_;
  std::string path_;
};

}  // namespace hozen::fake
