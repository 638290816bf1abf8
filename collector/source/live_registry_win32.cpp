#include <windows.h>

#include <algorithm>
#include <array>

#include "collector/base/native_win32.h"
#include "collector/base/text.h"
#include "collector/source/live_key_win32.h"
#include "collector/source/live_registry.h"
#include "collector/source/registry_facts.h"

namespace hozen {
namespace {

constexpr std::string_view kClassesSuffix = "_Classes";
constexpr std::string_view kDefaultHive = ".DEFAULT";

struct MachineHive {
  HiveRole role;
  std::string_view name;
};
constexpr std::array<MachineHive, 4> kMachineHives{{{HiveRole::system, "SYSTEM"},
                                                    {HiveRole::software, "SOFTWARE"},
                                                    {HiveRole::sam, "SAM"},
                                                    {HiveRole::security, "SECURITY"}}};

Result<std::unique_ptr<RegistryKey>> open_machine_hive(std::string_view name) {
  return open_live_key("\\Registry\\Machine\\" + std::string{name}, "HKLM\\" + std::string{name});
}

Result<std::unique_ptr<RegistryKey>> open_user_hive(std::string_view name) {
  return open_live_key("\\Registry\\User\\" + std::string{name}, "HKU\\" + std::string{name});
}

EvidencePath windows_folder() {
  std::wstring path(MAX_PATH, L'\0');
  const UINT length = GetSystemWindowsDirectoryW(path.data(), static_cast<UINT>(path.size()));
  path.resize(length < path.size() ? length : 0);
  auto parsed = EvidencePath::parse(wtf8_from_wide(path));
  return parsed ? *std::move(parsed) : EvidencePath{"C:"} / "Windows";
}

/// Names below HKU, without links (S-1-5-18 leads to .DEFAULT).
std::vector<std::string> loaded_hives() {
  std::vector<std::string> names;
  if (auto users = open_live_key("\\Registry\\User", "HKU"))
    (void)(*users)->each_subkey([&](RegistryKey& key) {
      if (!key.is_symbolic_link()) names.push_back(key.name());
      return true;
    });
  return names;
}

class LiveRegistry final : public Registry {
 public:
  LiveRegistry();
  View view() const override { return View::api; }
  const std::vector<Installation>& installations() const override { return installations_; }
  const std::vector<UserProfile>& users() const override { return users_; }
  HostFacts host() const override { return host_facts(system_, software_); }
  const Environment& environment(std::size_t installation, const UserProfile* user) const override;
  Result<void> each_hive(
      const std::vector<HiveRole>& roles, const std::function<bool(RegistryHive&)>& visit,
      const std::function<void(const EvidencePath&, HiveRole, const Error&)>& failed) override;

 private:
  /// A hive below HKU.
  struct UserHive {
    HiveRole role;
    std::string name;
    std::size_t user;  ///< index into users_
  };
  void find_user_hives();
  std::size_t user_of(std::string_view hive_name);

  std::vector<Installation> installations_;
  SystemFacts system_{};
  SoftwareFacts software_{};
  Environment machine_{};
  std::vector<UserProfile> users_;
  std::vector<Environment> user_environments_;  ///< as users_
  std::vector<UserHive> user_hives_;
};

LiveRegistry::LiveRegistry() {
  installations_.push_back({windows_folder(), "", {}});
  if (auto system = open_machine_hive("SYSTEM")) system_ = read_system_facts(**system);
  if (auto software = open_machine_hive("SOFTWARE")) software_ = read_software_facts(**software);
  const EvidencePath& windows = installations_.front().windows;
  machine_ = machine_environment(windows, system_, software_);
  users_ = profiles_of(windows, software_, machine_);
  find_user_hives();
  for (const UserProfile& user : users_) {
    UserFacts facts;
    const std::string_view hive =
        user.sid == kLocalSystemSid ? kDefaultHive : std::string_view{user.sid};
    if (user.loaded)
      if (auto key = open_user_hive(hive)) facts = read_user_facts(**key);
    user_environments_.push_back(user_environment(machine_, user, facts));
  }
}

std::size_t LiveRegistry::user_of(std::string_view hive_name) {
  const bool is_default = equals_fold(hive_name, kDefaultHive);
  const std::string_view sid = is_default ? kLocalSystemSid : hive_name;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < users_.size(); ++i) {
    if (users_[i].sid.empty() || !equals_fold(users_[i].sid, sid)) continue;
    // Where Windows made a temporary profile, its hive is the one that is loaded.
    if (!found || users_[i].kind == ProfileKind::temporary) found = i;
  }
  if (found) return *found;
  UserProfile unknown;  // loaded by somebody, not by a logon of a known profile
  if (starts_with_fold(sid, "S-1-")) unknown.sid = sid;
  unknown.name = sid;
  unknown.kind = ProfileKind::orphaned;
  users_.push_back(std::move(unknown));
  return users_.size() - 1;
}

void LiveRegistry::find_user_hives() {
  for (const std::string& name : loaded_hives()) {
    UserHive hive{HiveRole::user, name, 0};
    if (equals_fold(name, kDefaultHive)) hive.role = HiveRole::default_user;
    std::string_view owner = name;
    if (ends_with_fold(name, kClassesSuffix)) {
      hive.role = HiveRole::user_classes;
      owner.remove_suffix(kClassesSuffix.size());
    }
    hive.user = user_of(owner);
    if (hive.role != HiveRole::user_classes) users_[hive.user].loaded = true;
    user_hives_.push_back(std::move(hive));
  }
  // LocalSystem's first, then each user's hive before its classes.
  std::sort(user_hives_.begin(), user_hives_.end(), [](const UserHive& a, const UserHive& b) {
    const bool a_default = a.role == HiveRole::default_user;
    const bool b_default = b.role == HiveRole::default_user;
    if (a_default != b_default) return a_default;
    return compare_fold(a.name, b.name) < 0;
  });
}

const Environment& LiveRegistry::environment(std::size_t, const UserProfile* user) const {
  for (std::size_t i = 0; i < users_.size(); ++i)
    if (&users_[i] == user) return user_environments_[i];
  return machine_;
}

Result<void> LiveRegistry::each_hive(
    const std::vector<HiveRole>& roles, const std::function<bool(RegistryHive&)>& visit,
    const std::function<void(const EvidencePath&, HiveRole, const Error&)>& failed) {
  const auto wanted = [&](HiveRole role) {
    return roles.empty() || std::find(roles.begin(), roles.end(), role) != roles.end();
  };
  const auto show = [&](Result<std::unique_ptr<RegistryKey>> root, HiveRole role,
                        const UserProfile* user) {
    if (!root) {
      failed({}, role, root.error());
      return true;
    }
    RegistryHive hive;
    hive.role = role;
    hive.mount = (*root)->path();
    hive.state = HiveState::live;
    hive.user = user;
    hive.root = root->get();
    if (role == HiveRole::system) {
      hive.current_control_set = system_.select.current;
      hive.default_control_set = system_.select.default_set;
      hive.failed_control_set = system_.select.failed;
      hive.last_known_good = system_.select.last_known_good;
    }
    return visit(hive);
  };
  for (const MachineHive& hive : kMachineHives)
    if (wanted(hive.role) && !show(open_machine_hive(hive.name), hive.role, nullptr)) return {};
  for (const UserHive& hive : user_hives_) {
    // A user who logged off meanwhile is a failure to report, not a reason to stop.
    const bool is_default = hive.role == HiveRole::default_user;
    if (wanted(hive.role) &&
        !show(open_user_hive(is_default ? kDefaultHive : std::string_view{hive.name}), hive.role,
              &users_[hive.user]))
      return {};
  }
  return {};
}

}  // namespace

std::unique_ptr<Registry> make_live_registry() { return std::make_unique<LiveRegistry>(); }

}  // namespace hozen
