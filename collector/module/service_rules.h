// What is suspicious about a service by its registry keys: rules over one entry, and over the
// entries of one control set.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/rules.h"
#include "collector/module/service_reader.h"
#include "collector/module/service_views.h"

namespace hozen {

/// What the rules look at beside the entry itself.
struct ServiceCase {
  const ServiceEntry* entry = nullptr;
  const ServiceBaseline* baseline = nullptr;
  const ServiceHost* host = nullptr;
  const ServiceManagerView* manager = nullptr;  ///< nullptr: no running system
  EvidencePath windows{};
  FileTime reference_time{};
  const Environment* environment = nullptr;  ///< of the machine
  FileTime last_boot{};                      ///< of the running system
  /// Another service with the same text, nullptr when there is none.
  const ServiceEntry* same_display_name = nullptr;
  const ServiceEntry* same_description = nullptr;
};

/// Rules on the whole entry: files that belong to a service of Windows, svchost groups, security,
/// names, failure command. `not_checked` hears of rules that could not be applied.
std::vector<RuleHit> assess_service(const ServiceCase& one, std::vector<std::string>& not_checked);

/// Rules of the program, the library, the failure command and the performance library: the shared
/// ones, and those that hold for services only.
std::vector<RuleHit> assess_service_files(const ServiceCase& one,
                                          std::vector<std::string>& not_checked);

/// The service manager of the running system: what it does not list, and what it has otherwise than
/// the key.
void assess_service_views(const ServiceCase& one, std::vector<RuleHit>& hits,
                          std::vector<std::string>& not_checked);

/// One thing that the service manager and the key of a service say differently.
struct ServiceDifference {
  std::string_view what;
  std::string manager, registry;  ///< for a fact
  bool may_wait = false;          ///< programs change it in the registry alone, for the next start
};
/// Start type, program, account, type and display name as the two have them, each in a form that is
/// the same for spellings that mean the same.
std::vector<ServiceDifference> service_differences(const ServiceCase& one,
                                                   const LiveService& listed);
/// Variables expanded, without quotes and the prefixes of the kernel, folded; a driver's path below
/// System32 whole.
std::string comparable_image(std::string_view text, bool driver, const Environment* environment,
                             const EvidencePath& windows);
/// The SID for accounts of Windows; others folded, without the name of this host. None is
/// LocalSystem.
std::string comparable_account(std::string_view text, std::string_view host);

/// Rule driver_elsewhere: drivers lie in System32\drivers or in the driver store. One in a folder
/// that users can write to counts by itself; nothing for those in Windows' folders.
std::optional<RuleHit> driver_elsewhere(const EvidencePath& target, const EvidencePath& windows);
/// Names of svchost groups that Windows lists without having the service: malware claims them.
bool is_free_slot_name(std::string_view name);
/// `%SystemRoot%\XXXXXXXX.exe` and a name of 4, 8 or 16 letters, as tools make up for a service
/// that runs one program from afar.
bool has_made_up_name(const ServiceEntry& entry, const EvidencePath& windows);

}  // namespace hozen
