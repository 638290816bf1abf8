// What the service manager of a running system says against the registry.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/service_rules.h"
#include "collector/module/task_entry.h"

namespace hozen {
namespace {

constexpr std::uint64_t kProcess = service_type::kOwnProcess | service_type::kShareProcess;
constexpr std::uint64_t kOfUsers = service_type::kUserService | service_type::kUserInstance;

std::string quote(std::string_view text) { return "'" + printable(text) + "'"; }

std::string start_text(const std::optional<std::uint64_t>& start) {
  if (!start) return "none";
  const std::string_view word = service_start_text(*start);
  return std::to_string(*start) + (word.empty() ? "" : " (" + std::string{word} + ")");
}

std::string type_text(std::uint64_t type) {
  std::string text = std::to_string(type);
  for (const auto& name : service_type_names(type)) text += ' ' + name;
  return text;
}

/// Which driver it is, or that it is a process: whether a process is shared the service manager
/// decides at the start, and then says both.
std::uint64_t kind_of(std::uint64_t type) {
  return (type & service_type::kDriver) | ((type & kProcess) != 0 ? kProcess : 0);
}

void replace_prefix(std::string& text, std::string_view prefix, std::string_view by) {
  if (starts_with_fold(text, prefix)) text.replace(0, prefix.size(), by);
}

/// Drivers of the kernel itself have no path for the service manager: the default of their name.
std::string default_driver(const ServiceEntry& entry) {
  return "System32\\drivers\\" + entry.name + ".sys";
}

std::string host_name_of(const ServiceCase& one) {
  return one.environment != nullptr ? one.environment->get("COMPUTERNAME").value_or("") : "";
}

void compare_images(const ServiceCase& one, const LiveService& listed,
                    std::vector<ServiceDifference>& differences) {
  const ServiceEntry& entry = *one.entry;
  // Instances may leave it to their template.
  if (entry.type && (*entry.type & kOfUsers) != 0 &&
      (entry.image.text.empty() || listed.image_path.empty()))
    return;
  std::string manager = listed.image_path;
  if (manager.empty() && entry.is_driver()) manager = default_driver(entry);
  const bool driver = entry.is_driver();
  if (comparable_image(manager, driver, one.environment, one.windows) ==
      comparable_image(entry.image.text, driver, one.environment, one.windows))
    return;
  differences.push_back({"image path", quote(listed.image_path), quote(entry.image.text), false});
}

void compare_accounts(const ServiceCase& one, const LiveService& listed,
                      std::vector<ServiceDifference>& differences) {
  const ServiceEntry& entry = *one.entry;
  // A driver has the name of its object there; services of users run as whoever logged on.
  if (entry.is_driver() || (entry.type && (*entry.type & kOfUsers) != 0)) return;
  const std::string host = host_name_of(one);
  if (comparable_account(listed.account, host) == comparable_account(entry.account, host)) return;
  differences.push_back({"account", quote(listed.account), quote(entry.account), false});
}

/// The service manager shows the text that a reference (@file,-number) leads to, and the service's
/// name where there is none.
void compare_names(const ServiceEntry& entry, const LiveService& listed,
                   std::vector<ServiceDifference>& differences) {
  if (entry.display_name.empty() || entry.display_name.starts_with('@') ||
      (entry.type && (*entry.type & kOfUsers) != 0) ||
      trim(entry.display_name) == trim(listed.display_name))
    return;
  differences.push_back(
      {"display name", quote(listed.display_name), quote(entry.display_name), true});
}

void judge_absence(const ServiceCase& one, std::vector<RuleHit>& hits,
                   std::vector<std::string>& not_checked) {
  const ServiceEntry& entry = *one.entry;
  if (!must_be_listed(entry)) return;
  if (!one.manager->whole()) {
    not_checked.push_back("Whether the service manager lists " + quote(entry.name) +
                          ": its list was too long to be taken whole; a service that it leaves "
                          "out would score.");
    return;
  }
  std::string fact = "The key of " + quote(entry.name) +
                     " is that of a service, but the service manager of the running system does "
                     "not list it";
  if (entry.written.is_set()) fact += "; it was last written on " + entry.written.iso8601();
  hits.push_back({"not_in_service_manager",
                  "Service that the running system does not show",
                  {fact + ".", 50, Family::registry_state, {}},
                  "T1014"});
}

void judge_difference(const ServiceCase& one, const LiveService& listed, const std::string& record,
                      std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  const auto differences = service_differences(one, listed);
  if (differences.empty()) return;
  std::string manager, registry;
  bool may_wait = true, only_name = true;
  for (const auto& difference : differences) {
    const auto add = [&](std::string& text, const std::string& value) {
      text += (text.empty() ? "" : ", ") + std::string{difference.what} + " " + value;
    };
    add(manager, difference.manager);
    add(registry, difference.registry);
    may_wait = may_wait && difference.may_wait;
    only_name = only_name && difference.what == "display name";
  }
  std::string fact = "The service manager of the running system has for " + quote(entry.name) +
                     ": " + manager + "; the key says: " + registry + ".";
  if (entry.written.is_set())
    fact += " The key was last written on " + entry.written.iso8601() + ".";
  // Installers leave such a change for the next start; one from before the last has been read.
  const bool may_be_new =
      !one.last_boot.is_set() || !entry.written.is_set() || one.last_boot < entry.written;
  hits.push_back({"service_views_differ",
                  "Service that the service manager knows otherwise than the registry",
                  {std::move(fact), only_name ? 20 : 50, Family::registry_state, {record}},
                  "T1014",
                  may_wait && may_be_new});
}

}  // namespace

std::string comparable_image(std::string_view text, bool driver, const Environment* environment,
                             const EvidencePath& windows) {
  std::string path{text.substr(0, text.find('\0'))};
  if (environment != nullptr) path = environment->expand(path);
  std::erase(path, '"');
  path = std::string{trim(path)};
  replace_prefix(path, "\\??\\", "");
  replace_prefix(path, "\\SystemRoot\\", windows.text() + "\\");
  // The one variable that must not be missed, whatever the registry says of the environment.
  replace_prefix(path, "%SystemRoot%\\", windows.text() + "\\");
  if (driver) replace_prefix(path, "System32\\", windows.text() + "\\System32\\");
  return fold_case(path);
}

std::string comparable_account(std::string_view text, std::string_view host) {
  std::string account{trim(text.substr(0, text.find('\0')))};
  if (account.empty()) account = "LocalSystem";
  replace_prefix(account, ".\\", "");
  if (!host.empty()) replace_prefix(account, std::string{host} + "\\", "");
  const std::string sid = sid_of_account(account);
  return sid.empty() ? fold_case(account) : sid;
}

std::vector<ServiceDifference> service_differences(const ServiceCase& one,
                                                   const LiveService& listed) {
  const ServiceEntry& entry = *one.entry;
  std::vector<ServiceDifference> differences;
  // What a link leads to is not read.
  if (std::find(entry.linked_keys.begin(), entry.linked_keys.end(), entry.key_path) !=
      entry.linked_keys.end())
    return differences;
  if (!listed.unreadable) {
    if (listed.start && entry.start != *listed.start)
      differences.push_back(
          {"start type", start_text(*listed.start), start_text(entry.start), true});
    compare_images(one, listed, differences);
    compare_accounts(one, listed, differences);
  }
  if (entry.type && kind_of(*entry.type) != kind_of(listed.type))
    differences.push_back({"type", type_text(listed.type), type_text(*entry.type), false});
  compare_names(entry, listed, differences);
  return differences;
}

void assess_service_views(const ServiceCase& one, std::vector<RuleHit>& hits,
                          std::vector<std::string>& not_checked) {
  if (one.manager == nullptr || !one.manager->known()) return;
  const LiveService* listed = one.manager->find(one.entry->name);
  if (listed == nullptr) return judge_absence(one, hits, not_checked);
  // Without a record it is another view's, or another control set's, turn.
  const std::string& record = one.manager->record_of(one.entry->name);
  if (!record.empty() && one.entry->current_control_set)
    judge_difference(one, *listed, record, hits);
}

}  // namespace hozen
