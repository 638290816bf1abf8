#include "collector/source/image_letters.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/formats/regf.h"
#include "collector/source/tree_source.h"

namespace hozen {
namespace {

/// SYSTEM hives have 10 to 40 MB, those of large servers some more; a log is smaller than its hive.
constexpr std::uint64_t kMaxHiveBytes = 256u << 20, kMaxLogBytes = 64u << 20;
constexpr std::array<std::string_view, 2> kWindowsFolders{"Windows", "WINNT"};

/// Its size is what the file says: looked at before memory is taken for it.
Result<std::vector<std::byte>> read_file(FileTree& tree, const EvidencePath& path,
                                         std::uint64_t cap_bytes) {
  HOZEN_TRY(const auto content, tree.open(path));
  if (content->size() > cap_bytes)
    return Error{Errc::limit, path.text(), std::nullopt, "larger than such a file can honestly be"};
  return read_all(*content, cap_bytes);
}

Result<std::vector<std::byte>> read_hive_file(FileTree& tree, const EvidencePath& path) {
  HOZEN_TRY(const auto content, tree.open(path));
  std::vector<std::byte> head(regf::kBaseBlockBytes);
  HOZEN_CHECK(content->read(0, head));
  if (const auto base = regf::read_base_block(Bytes{head}); !base) return base.error();
  return read_file(tree, path, kMaxHiveBytes);
}

std::vector<regf::Log> read_logs(FileTree& tree, const EvidencePath& hive) {
  std::vector<regf::Log> logs;
  for (const std::string_view suffix : {".LOG1", ".LOG2", ".LOG"}) {
    std::string name{hive.name()};
    name += suffix;
    auto log = read_file(tree, hive.parent() / name, kMaxLogBytes);
    if (log) logs.push_back({*std::move(log), std::string{suffix.substr(1)}});
  }
  return logs;
}

Result<MountedDevices> read_hive(FileTree& tree, const EvidencePath& path) {
  HOZEN_TRY(auto bytes, read_hive_file(tree, path));
  const auto base = regf::read_base_block(Bytes{bytes});
  std::vector<regf::Log> logs;
  if (!base || base->is_dirty()) logs = read_logs(tree, path);
  HOZEN_TRY(const auto hive, regf::Hive::open(std::move(bytes), std::move(logs)));
  const auto root = hive->root();
  const auto key = root ? root->subkey("MountedDevices") : std::nullopt;
  if (!key) return Error{Errc::malformed, path.text(), std::nullopt, "it has no MountedDevices"};
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

Result<MountedDevices> read_mounted_devices(FileTree& tree, const std::string& volume) {
  std::optional<Error> failed;
  for (const std::string_view folder : kWindowsFolders) {
    auto found = read_hive(tree, EvidencePath{volume} / folder / R"(System32\config\SYSTEM)");
    if (found) return found;
    if (!failed || failed->code == Errc::not_found) failed = std::move(found).error();
  }
  return *std::move(failed);
}

std::vector<std::string> choose_names(FileTree& tree, const PartitionTable& table,
                                      const std::vector<NamedVolume>& volumes,
                                      std::vector<Error>& remarks) {
  std::vector<std::string> names;
  const auto is_free = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) == names.end();
  };
  std::optional<MountedDevices> mounted;
  std::optional<Error> unread;
  for (const NamedVolume& volume : volumes) {
    if (mounted) break;
    auto read = read_mounted_devices(tree, volume.name);
    if (read)
      mounted = *std::move(read);
    else if (read.error().code != Errc::not_found)
      unread = std::move(read).error();
  }
  if (!mounted && unread && table.kind != PartitionTableKind::none) {
    unread->detail =
        "drive letters are guessed, the hive that tells them cannot be read: " + unread->detail;
    remarks.push_back(*std::move(unread));
  }
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
