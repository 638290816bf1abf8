#include "collector/source/image_letters.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/formats/regf.h"
#include "collector/source/tree_source.h"

namespace hozen {
namespace {

/// SYSTEM hives of servers reach some hundred MB.
constexpr std::uint64_t kMaxHiveBytes = 1u << 30;
constexpr std::array<std::string_view, 2> kWindowsFolders{"Windows", "WINNT"};

Result<std::vector<std::byte>> read_file(FileTree& tree, const EvidencePath& path) {
  HOZEN_TRY(const auto content, tree.open(path));
  return read_all(*content, kMaxHiveBytes);
}

std::optional<MountedDevices> read_hive(FileTree& tree, const EvidencePath& path) {
  auto bytes = read_file(tree, path);
  if (!bytes) return std::nullopt;
  std::vector<regf::Log> logs;
  for (const std::string_view suffix : {".LOG1", ".LOG2", ".LOG"}) {
    auto log = read_file(tree, path.parent() / (std::string{path.name()} + std::string{suffix}));
    if (log) logs.push_back({*std::move(log), std::string{suffix.substr(1)}});
  }
  const auto hive = regf::Hive::open(*std::move(bytes), std::move(logs));
  const auto root = hive ? (*hive)->root() : std::nullopt;
  const auto key = root ? root->subkey("MountedDevices") : std::nullopt;
  if (!key) return std::nullopt;
  std::vector<regf::Value> values;
  key->each_value([&](const regf::Value& value) {
    values.push_back(value);
    return values.size() <= kMaxMountedDevices;
  });
  std::vector<MountedValue> views;
  views.reserve(values.size());
  for (const regf::Value& value : values) views.push_back({value.name, Bytes{value.data}});
  return parse_mounted_devices(views);
}

}  // namespace

std::optional<MountedDevices> read_mounted_devices(FileTree& tree, const std::string& volume) {
  for (const std::string_view folder : kWindowsFolders)
    if (auto found = read_hive(tree, EvidencePath{volume} / folder / R"(System32\config\SYSTEM)"))
      return found;
  return std::nullopt;
}

std::vector<std::string> choose_names(FileTree& tree, const PartitionTable& table,
                                      const std::vector<NamedVolume>& volumes) {
  std::vector<std::string> names;
  const auto is_free = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) == names.end();
  };
  std::optional<MountedDevices> mounted;
  for (const NamedVolume& volume : volumes)
    if (!mounted) mounted = read_mounted_devices(tree, volume.name);
  for (const NamedVolume& volume : volumes) {
    std::string name;
    if (mounted && volume.partition != nullptr)
      for (const char letter : letters_of(*mounted, table, *volume.partition))
        if (const std::string drive{letter, ':'}; name.empty() && is_free(drive)) name = drive;
    names.push_back(std::move(name));
  }
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    if (!names[i].empty()) continue;
    const bool is_system = is_free("C:") && is_system_volume(tree, EvidencePath{volumes[i].name});
    names[i] = is_system ? "C:" : volumes[i].name;
  }
  return names;
}

}  // namespace hozen
