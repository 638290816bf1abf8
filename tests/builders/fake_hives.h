// The registry of a fake machine as trees of keys, one a hive.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "tests/builders/regf_builder.h"

namespace hozen::fake {

struct FakeValue {
  std::string name;
  builders::RegData data;
  bool deleted = false;
};

struct FakeKey {
  std::string name;
  FileTime written{};
  std::vector<FakeValue> values;
  std::vector<std::unique_ptr<FakeKey>> subkeys;

  FakeKey* find(std::string_view name_of_subkey) const;
  /// The key at `path`, made with all above it; new ones were written at `written`.
  FakeKey& make(std::string_view path, FileTime written);
  /// nullptr when it is not there.
  FakeKey* at(std::string_view path);
  void set(FakeValue value);
};

/// The hive's image; the hive itself was written when its newest key was.
std::vector<std::byte> build_hive(const FakeKey& root);

}  // namespace hozen::fake
