// What one view of the registry holds at one place: stated by modules, compared with the other view
// by the engine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/source/registry.h"

namespace hozen {

/// The same place has the same kind, key and name in both views; case does not count.
struct ViewFact {
  std::string_view kind;  ///< of the record, or the place's own; a constant
  std::string key;        ///< registry key as mounted
  std::string name;       ///< of the value in it, "" for the key itself
  FileTime written{};     ///< last write of the key
  std::string record;     ///< id of the record that shows it
  /// Columns by name, in the same order in both views; a constant as name.
  std::vector<std::pair<std::string_view, std::string>> values;
  bool partial = false;  ///< not all of them could be read: only that it is there counts
};

/// A hive that tells what it held when it was read: of another, absence and contents say nothing.
constexpr bool is_whole(HiveState state) {
  return state == HiveState::clean || state == HiveState::replayed || state == HiveState::live;
}

}  // namespace hozen
