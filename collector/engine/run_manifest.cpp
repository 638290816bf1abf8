#include "collector/engine/run_manifest.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <utility>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/base/version.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxHostName = 63;
constexpr std::size_t kHashBlockBytes = 64u << 10;

/// A random version 4 UUID (RFC 4122): tells two collections of the same second apart.
std::string new_collection_id() {
  std::random_device random;
  std::array<std::byte, 16> id{};
  for (auto& value : id) value = static_cast<std::byte>(random() & 0xFF);
  id[6] = (id[6] & std::byte{0x0F}) | std::byte{0x40};
  id[8] = (id[8] & std::byte{0x3F}) | std::byte{0x80};
  std::string text = to_hex(id);
  for (const std::size_t at : {20u, 16u, 12u, 8u}) text.insert(at, 1, '-');
  return text;
}

std::optional<Sha256Digest> digest_of_file(const std::string& path) {
  const auto file = open_native_file(path);
  if (!file) return std::nullopt;
  std::vector<std::byte> block(kHashBlockBytes);
  Sha256 hash;
  for (std::uint64_t offset = 0;;) {
    const auto count = (*file)->read_some(offset, block);
    if (!count) return std::nullopt;
    if (*count == 0) return hash.finish();
    hash.update(std::span{block}.first(*count));
    offset += *count;
  }
}

/// What a run on the system itself leaves there, whoever runs it.
std::vector<std::string> notes_for(const EvidenceSource& source) {
  if (source.kind() != "live") return {};
  return {
      "Windows records that the program ran: prefetch, Amcache, ShimCache and event logs may name "
      "its image.",
      "Files were opened for reading only, sharing everything; NTFS may note the time of access "
      "where that is switched on.",
      "The registry was read through handles that cannot write; nothing was loaded into it."};
}

/// What only this hive can tell.
std::string_view told_by(HiveRole role) {
  switch (role) {
    case HiveRole::system:
      return "services, drivers, extensions of boot, logon and printing (HKLM\\SYSTEM), the host's "
             "name and variables";
    case HiveRole::software:
      return "what starts for every user (Run keys, Winlogon, all else of HKLM\\SOFTWARE), the "
             "registry's side of tasks, svchost groups, the list of profiles";
    case HiveRole::default_user:
      return "what starts for LocalSystem (HKU\\.DEFAULT)";
    case HiveRole::user:
      return "what starts for this user (Run keys and all else of HKCU)";
    case HiveRole::user_classes:
      return "this user's classes";
    case HiveRole::sam:
    case HiveRole::security:
    case HiveRole::components:
      return "this part of HKLM";
  }
  return "";
}

std::string reason_of(const HiveUnread& hive) {
  if (hive.why.code == Errc::not_found) return "it is not in the source";
  std::string why = hive.why.text();
  const std::string path = hive.file.text() + ": ";
  if (why.starts_with(path)) why.erase(0, path.size());
  return "it could not be read: " + why;
}

}  // namespace

ManifestTool manifest_tool(const std::vector<std::string>& command_line) {
  ManifestTool tool{"hozen", std::string{version()}, std::string{git_revision()}, {}, command_line};
  if (const ProcessFacts process = this_process(); !process.image.empty())
    tool.executable_sha256 = digest_of_file(process.image);
  return tool;
}

Manifest manifest_at_start(const EvidenceSource& source, const CollectOptions& options,
                           FileTime started) {
  Manifest manifest;
  const ProcessFacts process = this_process();
  manifest.tool = manifest_tool(options.command_line);
  manifest.collection.id = new_collection_id();
  manifest.collection.case_id = options.case_id;
  manifest.collection.operator_name = options.operator_name;
  for (const auto& file : options.profile.files)
    manifest.collection.profiles.push_back({file.name, file.sha256});
  manifest.collection.lists = options.list_files;
  manifest.collection.started = started;
  manifest.source.kind = source.kind();
  manifest.source.given = source.describe();
  manifest.source.volumes = source.volumes();
  manifest.clock.started = started;
  manifest.privileges = {options.privileges.elevated, options.privileges.enabled,
                         options.privileges.refused};
  manifest.footprint.image = process.image;
  manifest.footprint.pid = process.pid;
  manifest.footprint.process_started = process.started;
  manifest.footprint.account = process.user;
  manifest.footprint.notes = notes_for(source);
  return manifest;
}

ManifestHost manifest_host(const std::optional<HostFacts>& live, const Registry& registry) {
  ManifestHost host;
  host.facts = live ? *live : registry.host();
  for (const auto& user : registry.users())
    host.users.push_back({user.sid, user.name, user.folder.empty() ? "" : user.folder.text()});
  return host;
}

std::vector<ManifestUnread> manifest_unread(const OfflineRegistry& raw, bool has_windows,
                                            const std::string& given) {
  std::vector<ManifestUnread> unread;
  for (const HiveUnread& hive : raw.hives_unread())
    unread.push_back({std::string{to_text(hive.role)}, hive.file.text(), reason_of(hive),
                      std::string{told_by(hive.role)}});
  if (!has_windows)
    unread.push_back({"", given, "no Windows was found there",
                      "any registry: what starts by itself, services, scheduled tasks"});
  return unread;
}

RunPlan plan_of(const Profile& profile) {
  RunPlan plan;
  for (const auto& module : profile.modules) plan.modules.push_back(module.name);
  for (const auto& target : profile.targets) plan.targets.push_back(target.pattern.text);
  return plan;
}

bool needs_windows(const Profile& profile) {
  constexpr std::string_view kCopies = "volume_copy";
  const std::pair<std::string, std::string> only_with_windows{"volumes", "system"};
  const auto needs = [&](const ProfileModule& module) {
    const auto& options = module.options;
    return module.name != kCopies ||
           std::find(options.begin(), options.end(), only_with_windows) != options.end();
  };
  return !profile.targets.empty() ||
         std::any_of(profile.modules.begin(), profile.modules.end(), needs);
}

std::string bundle_name(const std::string& host, FileTime started) {
  std::string name;
  for (const char c : host.substr(0, kMaxHostName)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    name += plain ? c : '_';
  }
  if (name.empty()) name = "UNKNOWN";
  name += '-';
  // 2026-03-01T12:00:00.0000000Z
  for (const char c : started.iso8601().substr(0, 19))
    if (c != '-' && c != ':') name += c;
  return name + "Z.zip";
}

}  // namespace hozen
