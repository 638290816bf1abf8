#include "collector/source/offline_registry.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "collector/base/text.h"
#include "collector/source/hive_opener.h"
#include "collector/source/offline_discovery.h"
#include "collector/source/offline_key.h"
#include "collector/source/registry_facts.h"
#include "collector/source/write_times.h"

namespace hozen {
namespace {

class HiveFiles final : public OfflineRegistry {
 public:
  HiveFiles(EvidenceSource& source, FilePreserver preserve, ProblemSink problem)
      : source_{source}, hives_{std::move(preserve), problem}, problem_{std::move(problem)} {}

  void discover();

  View view() const override { return View::raw; }
  const std::vector<Installation>& installations() const override { return installations_; }
  const std::vector<UserProfile>& users() const override { return users_; }
  HostFacts host() const override { return host_; }
  const Environment& environment(std::size_t installation, const UserProfile* user) const override;
  Result<void> each_hive(
      const std::vector<HiveRole>& roles, const std::function<bool(RegistryHive&)>& visit,
      const std::function<void(const EvidencePath&, HiveRole, const Error&)>& failed) override;
  TrustedTime newest_trusted_time(FileTime not_after) const override;
  std::vector<HiveRead> hives_read() const override { return hives_.hives_read(); }
  const std::vector<HiveUnread>& hives_unread() const override { return unread_; }

 private:
  /// What one installation's own hives say.
  struct Machine {
    SystemFacts system;
    SoftwareFacts software;
    EvidencePath own_windows;  // as its registry names the Windows folder
    Environment environment;
  };

  void read_machine(std::size_t installation);
  /// What the files did not tell (a running Windows holds them locked) from its own API.
  void read_running_machine(Machine& machine, bool system, bool software);
  /// True for the Windows that runs us.
  bool is_running(std::size_t installation) const;
  void add_profiles(std::size_t installation);
  void add_unlisted_profiles(std::size_t installation);
  void plan_hives();
  void read_users();
  void note_unread_users(const std::vector<std::optional<Error>>& failures,
                         const std::vector<bool>& known);
  bool is_unread_loss(const HivePlan& plan) const;
  /// Facts of the users whose hives are loaded, where their files did not tell them.
  void read_running_users(std::vector<UserFacts>& facts, const std::vector<bool>& known);
  void add_user(UserProfile profile, std::size_t installation) {
    users_.push_back(std::move(profile));
    user_installation_.push_back(installation);
  }

  /// Opens, hands out the root key, remembers when its keys were written, and closes again. An
  /// error when there was none to hand out; told as a problem unless the file is not there.
  Result<void> read_once(const HivePlan& plan, const std::function<void(RegistryKey&)>& read);
  bool visit_hive(const HivePlan& plan, const OpenHive& open,
                  const std::function<bool(RegistryHive&)>& visit);

  EvidenceSource& source_;
  HiveOpener hives_;
  ProblemSink problem_;
  std::vector<Installation> installations_;
  std::vector<Machine> machines_;
  std::vector<UserProfile> users_;
  std::vector<std::size_t> user_installation_;
  std::vector<Environment> user_environments_;
  std::vector<HivePlan> plans_;
  HostFacts host_;
  std::vector<HiveUnread> unread_;
  std::vector<std::pair<EvidencePath, WriteTimes>> write_times_;
};

void with_own_letters(const OwnPaths& paths, Variables& variables) {
  for (auto& [name, value] : variables) value = paths.letters(value);
}

/// Also where only another variable in it leads to a folder that was moved.
void move_folders(const OwnPaths& paths, Environment& environment) {
  const auto values = environment.folded_values();
  for (const auto& [name, value] : values) {
    const std::string expanded = environment.expand(value);
    std::string moved = paths.folders(expanded);
    if (moved != expanded) environment.set(name, moved);
  }
}

Result<void> HiveFiles::read_once(const HivePlan& plan,
                                  const std::function<void(RegistryKey&)>& read) {
  auto open = hives_.open(plan);
  if (!open) {
    if (open.error().code != Errc::not_found) problem_(open.error());
    return std::move(open).error();
  }
  const regf::Hive& hive = *open->hive;
  WriteTimes times;
  times.add_all(hive);
  write_times_.emplace_back(plan.file, std::move(times));
  Result<void> outcome;
  if (const auto root = hive.root()) {
    OfflineKey key{*root, plan.mount};
    read(key);
  } else {
    const Error none{Errc::malformed, plan.file.text(), std::nullopt, "the hive has no root key"};
    problem_(none);
    outcome = none;
  }
  hives_.tell_problems(plan.file, hive);
  return outcome;
}

bool HiveFiles::is_running(std::size_t installation) const {
  const Registry* running = source_.api_registry();
  if (running == nullptr) return false;
  const std::string windows = installations_[installation].windows.folded();
  const auto& own = running->installations();
  return std::any_of(own.begin(), own.end(), [&](const Installation& candidate) {
    return candidate.windows.folded() == windows;
  });
}

void HiveFiles::read_running_machine(Machine& machine, bool system, bool software) {
  std::vector<HiveRole> roles;
  if (system) roles.push_back(HiveRole::system);
  if (software) roles.push_back(HiveRole::software);
  if (roles.empty()) return;
  const auto read = [&](RegistryHive& hive) {
    if (hive.role == HiveRole::system) machine.system = read_system_facts(*hive.root);
    if (hive.role == HiveRole::software) machine.software = read_software_facts(*hive.root);
    return true;
  };
  const auto failed = [&](const EvidencePath&, HiveRole, const Error& error) { problem_(error); };
  if (auto visited = source_.api_registry()->each_hive(roles, read, failed); !visited)
    problem_(std::move(visited).error());
}

void HiveFiles::read_machine(std::size_t installation) {
  Machine& machine = machines_[installation];
  const EvidencePath& windows = installations_[installation].windows;
  bool has_system = false;
  bool has_software = false;
  const bool running = is_running(installation);
  for (const HivePlan& plan : plan_machine_hives(installation, windows, HivePlan::kNoUser)) {
    const bool is_system = plan.role == HiveRole::system;
    if (!is_system && plan.role != HiveRole::software) continue;
    auto done = read_once(plan, [&](RegistryKey& root) {
      if (is_system) {
        machine.system = read_system_facts(root);
      } else {
        machine.software = read_software_facts(root);
        machine.own_windows = read_own_windows(root, windows);
      }
    });
    (is_system ? has_system : has_software) = done.has_value();
    if (!done && !running) unread_.push_back({plan.file, plan.role, std::move(done).error()});
  }
  if (const std::string& fault = machine.system.select.fault; has_system && !fault.empty())
    problem_(
        Error{Errc::malformed, (windows / "System32\\config\\SYSTEM").text(), std::nullopt, fault});
  if (running) read_running_machine(machine, !has_system, !has_software);
  // On a running system letters are exact.
  OwnPaths& paths = installations_[installation].paths;
  if (!running) paths = find_own_paths(source_, machine.own_windows, windows, problem_);
  with_own_letters(paths, machine.system.variables);
  with_own_letters(paths, machine.software.folders);
  machine.software.default_profile = paths.letters(machine.software.default_profile);
  for (ProfileEntry& profile : machine.software.profiles)
    profile.folder = paths.letters(profile.folder);
  machine.environment = machine_environment(windows, machine.system, machine.software);
  move_folders(paths, machine.environment);
}

void HiveFiles::add_profiles(std::size_t installation) {
  const Installation& where = installations_[installation];
  const Machine& machine = machines_[installation];
  for (UserProfile& profile : profiles_of(where.windows, machine.software, machine.environment)) {
    locate_profile(source_, where, profile, problem_);
    add_user(std::move(profile), installation);
  }
}

void HiveFiles::add_unlisted_profiles(std::size_t installation) {
  for (UserProfile& profile : find_unlisted_profiles(source_, installations_[installation], users_,
                                                     installation == 0, problem_))
    add_user(std::move(profile), installation);
}

void HiveFiles::plan_hives() {
  std::set<std::string> planned;  // hives of the machine
  for (std::size_t installation = 0; installation < installations_.size(); ++installation) {
    std::size_t local_system = HivePlan::kNoUser;
    std::set<std::string> temporary;  // SIDs under which a temporary profile is mounted
    std::vector<std::size_t> own;
    for (std::size_t user = 0; user < users_.size(); ++user) {
      if (user_installation_[user] != installation) continue;
      own.push_back(user);
      if (users_[user].kind == ProfileKind::temporary) temporary.insert(users_[user].sid);
      if (local_system == HivePlan::kNoUser && users_[user].sid == kLocalSystemSid)
        local_system = user;
    }
    const auto add = [&](std::vector<HivePlan> plans) {
      std::move(plans.begin(), plans.end(), std::back_inserter(plans_));
    };
    if (local_system != HivePlan::kNoUser) {
      auto plans =
          plan_machine_hives(installation, installations_[installation].windows, local_system);
      // Where two Windows differ in case only, a hive that one of them lacks is the other's.
      std::erase_if(plans, [&](const HivePlan& plan) {
        return !planned.insert(source_.key(plan.file)).second;
      });
      add(std::move(plans));
    }
    for (const std::size_t user : own) {
      const UserProfile& profile = users_[user];
      const bool set_aside =
          profile.kind != ProfileKind::temporary && temporary.contains(profile.sid);
      add(plan_user_hives(source_, installation, profile, user, set_aside));
    }
  }
}

void HiveFiles::read_running_users(std::vector<UserFacts>& facts, const std::vector<bool>& known) {
  const auto read = [&](RegistryHive& hive) {
    if (hive.user == nullptr || hive.user->sid.empty()) return true;
    for (std::size_t user = 0; user < users_.size(); ++user) {
      // A temporary profile has the SID of the one set aside; its folder is another.
      const bool same = equals_fold(users_[user].sid, hive.user->sid) &&
                        users_[user].folder.folded() == hive.user->folder.folded();
      if (!same || !is_running(user_installation_[user])) continue;
      users_[user].loaded = true;
      if (!known[user]) facts[user] = read_user_facts(*hive.root);
    }
    return true;
  };
  const auto failed = [&](const EvidencePath&, HiveRole, const Error& error) { problem_(error); };
  if (auto visited =
          source_.api_registry()->each_hive({HiveRole::user, HiveRole::default_user}, read, failed);
      !visited)
    problem_(std::move(visited).error());
}

/// An account whose folder was deleted leaves its ProfileList entry behind, and one that never
/// logged on has none: neither lacks a hive.
bool HiveFiles::is_unread_loss(const HivePlan& plan) const {
  const UserProfile& user = users_[plan.user];
  if (user.loaded || is_running(plan.installation)) return false;
  if (plan.role == HiveRole::default_user) return true;
  const auto folder = source_.stat(user.folder);
  return user.kind != ProfileKind::orphaned && folder && folder->is_directory;
}

/// `failures` of plans_, of users of whom no other hive tells.
void HiveFiles::note_unread_users(const std::vector<std::optional<Error>>& failures,
                                  const std::vector<bool>& known) {
  for (std::size_t i = 0; i < plans_.size(); ++i)
    if (failures[i] && !known[plans_[i].user] && is_unread_loss(plans_[i]))
      unread_.push_back({plans_[i].file, plans_[i].role, *failures[i]});
}

/// The environment of each user, from the first hive of his that has one.
void HiveFiles::read_users() {
  std::vector<UserFacts> facts(users_.size());
  std::vector<bool> known(users_.size());
  std::vector<std::optional<Error>> failures(plans_.size());
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const HivePlan& plan = plans_[i];
    const bool is_user = plan.role == HiveRole::user || plan.role == HiveRole::default_user;
    if (!is_user || plan.user == HivePlan::kNoUser || known[plan.user]) continue;
    auto done =
        read_once(plan, [&](RegistryKey& root) { facts[plan.user] = read_user_facts(root); });
    known[plan.user] = done.has_value();
    if (!done) failures[i] = std::move(done).error();
  }
  if (source_.api_registry() != nullptr) read_running_users(facts, known);
  note_unread_users(failures, known);
  for (std::size_t user = 0; user < users_.size(); ++user) {
    const Machine& machine = machines_[user_installation_[user]];
    UserFacts& own = facts[user];
    const OwnPaths& paths = installations_[user_installation_[user]].paths;
    with_own_letters(paths, own.variables);
    own.app_data = paths.letters(own.app_data);
    own.local_app_data = paths.letters(own.local_app_data);
    user_environments_.push_back(user_environment(machine.environment, users_[user], own));
    move_folders(paths, user_environments_.back());
  }
}

void HiveFiles::discover() {
  installations_ = find_installations(source_, problem_);
  const bool has_windows = !installations_.empty();
  if (!has_windows) installations_ = assume_installations(source_, problem_);
  machines_.resize(installations_.size());
  for (std::size_t i = 0; i < installations_.size(); ++i) {
    read_machine(i);
  }
  if (has_windows)
    for (std::size_t i = 0; i < installations_.size(); ++i) add_profiles(i);
  for (std::size_t i = 0; i < installations_.size(); ++i) add_unlisted_profiles(i);
  plan_hives();
  read_users();
  if (!machines_.empty()) host_ = host_facts(machines_[0].system, machines_[0].software);
}

const Environment& HiveFiles::environment(std::size_t installation, const UserProfile* user) const {
  static const Environment empty;
  const std::less<> before;
  const bool ours = user != nullptr && !before(user, users_.data()) &&
                    before(user, users_.data() + users_.size());
  if (ours) return user_environments_[static_cast<std::size_t>(user - users_.data())];
  return installation < machines_.size() ? machines_[installation].environment : empty;
}

bool HiveFiles::visit_hive(const HivePlan& plan, const OpenHive& open,
                           const std::function<bool(RegistryHive&)>& visit) {
  const regf::Hive& file = *open.hive;
  OfflineKey root{*file.root(), plan.mount};
  RegistryHive hive;
  hive.role = plan.role;
  hive.installation = plan.installation;
  hive.mount = plan.mount;
  hive.file = plan.file;
  hive.artifact = open.artifact;
  hive.state = to_hive_state(file.state());
  if (plan.user != HivePlan::kNoUser) hive.user = &users_[plan.user];
  hive.root = &root;
  if (plan.role == HiveRole::system) {
    const SelectNumbers select = read_select(root);
    hive.current_control_set = select.current;
    hive.default_control_set = select.default_set;
    hive.failed_control_set = select.failed;
    hive.last_known_good = select.last_known_good;
  }
  hive.each_deleted_value = [&](const auto& deleted) {
    file.each_deleted([](const regf::DeletedKey&) {},
                      [&](const regf::DeletedValue& value) {
                        const std::string path = value.key_path.empty()
                                                     ? plan.mount
                                                     : plan.mount + '\\' + value.key_path;
                        RegistryValue recovered = to_registry_value(value.value);
                        recovered.deleted = true;
                        deleted(path, value.key_last_written, recovered);
                      });
  };
  const bool go_on = visit(hive);
  hives_.tell_problems(plan.file, file);
  return go_on;
}

Result<void> HiveFiles::each_hive(
    const std::vector<HiveRole>& roles, const std::function<bool(RegistryHive&)>& visit,
    const std::function<void(const EvidencePath&, HiveRole, const Error&)>& failed) {
  for (const HivePlan& plan : plans_) {
    const bool wanted =
        roles.empty() || std::find(roles.begin(), roles.end(), plan.role) != roles.end();
    if (!wanted) continue;
    const auto open = hives_.open(plan);
    if (!open) {
      if (open.error().code != Errc::not_found) failed(plan.file, plan.role, open.error());
    } else if (!open->hive->root()) {
      failed(plan.file, plan.role,
             Error{Errc::malformed, plan.file.text(), std::nullopt, "the hive has no root key"});
      hives_.tell_problems(plan.file, *open->hive);
    } else if (!visit_hive(plan, *open, visit)) {
      return {};
    }
  }
  return {};
}

TrustedTime HiveFiles::newest_trusted_time(FileTime not_after) const {
  TrustedTime trusted;
  for (const auto& [file, times] : write_times_) {
    const auto newest = times.newest(not_after);
    if (!newest || *newest <= trusted.time) continue;
    trusted.time = *newest;
    trusted.how = "newest time at which at least " + std::to_string(WriteTimes::kWitnesses) +
                  " keys of " + file.text() + " had been written";
  }
  return trusted;
}

}  // namespace

std::unique_ptr<OfflineRegistry> make_offline_registry(EvidenceSource& source,
                                                       FilePreserver preserve,
                                                       std::function<void(Error)> problem) {
  auto registry = std::make_unique<HiveFiles>(source, std::move(preserve), std::move(problem));
  registry->discover();
  return registry;
}

}  // namespace hozen
