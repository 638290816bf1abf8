#include "tests/builders/fake_hives.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::fake {
namespace {

/// In the flags of a key: what the value SymbolicLinkValue of such a key says is where it leads.
constexpr std::uint16_t kSymbolicLink = 0x0010;

/// Takes the first component off `path`.
std::string_view take_component(std::string_view& path) {
  const std::size_t end = std::min(path.find('\\'), path.size());
  const std::string_view component = path.substr(0, end);
  path.remove_prefix(std::min(path.size(), end + 1));
  return component;
}

FileTime newest(const FakeKey& key) {
  FileTime time = key.written;
  for (const auto& subkey : key.subkeys) time = std::max(time, newest(*subkey));
  return time;
}

void describe(builders::RegfBuilder& builder, const FakeKey& key, std::vector<std::string>& names) {
  builder.key_at(names).written_at(key.written);
  for (const FakeValue& value : key.values) {
    if (value.name == "SymbolicLinkValue") builder.key_flags(kSymbolicLink);
    builder.value(value.name, value.data);
    if (value.deleted) builder.deleted_value();
  }
  for (const auto& subkey : key.subkeys) {
    names.push_back(subkey->name);
    describe(builder, *subkey, names);
    names.pop_back();
  }
}

}  // namespace

FakeKey* FakeKey::find(std::string_view name_of_subkey) const {
  for (const auto& subkey : subkeys)
    if (equals_fold(subkey->name, name_of_subkey)) return subkey.get();
  return nullptr;
}

FakeKey& FakeKey::make(std::string_view path, FileTime when) {
  FakeKey* key = this;
  while (!path.empty()) {
    const std::string_view component = take_component(path);
    FakeKey* subkey = key->find(component);
    if (subkey == nullptr) {
      key->subkeys.push_back(std::make_unique<FakeKey>());
      subkey = key->subkeys.back().get();
      subkey->name = component;
      subkey->written = when;
    }
    key = subkey;
  }
  return *key;
}

FakeKey* FakeKey::at(std::string_view path) {
  FakeKey* key = this;
  while (key != nullptr && !path.empty()) key = key->find(take_component(path));
  return key;
}

void FakeKey::set(FakeValue value) {
  const auto same = [&](const FakeValue& other) {
    return !other.deleted && !value.deleted && equals_fold(other.name, value.name);
  };
  const auto found = std::find_if(values.begin(), values.end(), same);
  if (found != values.end())
    *found = std::move(value);
  else
    values.push_back(std::move(value));
}

std::vector<std::byte> build_hive(const FakeKey& root) {
  builders::RegfBuilder builder;
  builder.hive_written_at(newest(root));
  std::vector<std::string> names;
  describe(builder, root, names);
  return builder.bytes();
}

}  // namespace hozen::fake
