// Reads the services and drivers of every control set, and the groups of svchost.exe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/asep_evidence.h"
#include "collector/module/service_baseline.h"
#include "collector/module/service_entry.h"

namespace hozen {

/// What SOFTWARE says of one installation.
struct ServiceHost {
  bool read = false;                 ///< its SOFTWARE hive could be read
  std::uint32_t build = 0;           ///< CurrentBuildNumber, 0 when not known
  std::vector<SvchostGroup> groups;  ///< 32-bit ones too
  /// Names of the services of one group of the native svchost.exe; nullptr when it is not there.
  const SvchostGroup* group(std::string_view name) const;
};

/// One control set, all its services read.
struct ServiceSet {
  std::size_t installation = 0;
  std::optional<std::uint32_t> control_set{};
  bool current = true, next = false;
  bool whole = true;       ///< all its services could be listed
  bool hive_whole = true;  ///< its hive holds what Windows had in it
  std::string key;         ///< that holds the services, as mounted
  std::vector<ServiceEntry> services;
  std::vector<std::string> records;  ///< ids, one for each of `services`
};

/// Services of a control set after which the rest is left out; a full Windows has under 2,000.
constexpr std::size_t kMaxServices = 20'000;
/// Values of one key of a service that are looked at.
constexpr std::size_t kMaxServiceValues = 4'096;
/// Triggers and filter instances of one service; data items of one trigger.
constexpr std::size_t kMaxServiceParts = 256, kMaxTriggerItems = 64;
/// Bytes of one text of a record; the rest is in the preserved hive.
constexpr std::size_t kMaxServiceText = 32'768;

class ServiceReader {
 public:
  struct Visitor {
    /// Writes the record and returns its id.
    std::function<std::string(const ServiceEntry&)> service;
    std::function<void(const ServiceSet&)> end_of_set;  ///< not for recovered values
    std::function<void(const SvchostGroup&)> group;
  };

  ServiceReader(ModuleContext& context, const ServiceBaseline& baseline)
      : context_{context}, baseline_{baseline}, evidence_{context} {}

  /// SOFTWARE, then SYSTEM of every installation. Errc::cancelled when the run is stopped.
  Result<void> read(const Visitor& visitor);

  AsepEvidence& evidence() { return evidence_; }
  const ServiceHost& host(std::size_t installation) { return hosts_[installation]; }

 private:
  /// Values of a service's keys by folded name.
  using Values = std::map<std::string, RegistryValue>;
  struct Keys {
    Values own, parameters, performance, security;
  };

  Result<void> each_hive(HiveRole role, const std::function<void(RegistryHive&)>& visit);
  void read_software(RegistryHive& hive);
  void read_groups(RegistryHive& hive, const std::string& path, bool wow64);
  void read_system(RegistryHive& hive, const Visitor& visitor);
  void read_set(RegistryHive& hive, const std::string& path, std::uint32_t number,
                const Visitor& visitor);
  void read_recovered(RegistryHive& hive, const Visitor& visitor);
  ServiceEntry entry_in(const RegistryHive& hive, std::uint32_t control_set) const;
  ServiceEntry read_service(RegistryKey& key, ServiceEntry entry);
  Values read_values(RegistryKey& key, ServiceEntry& entry);
  Values read_subkey(RegistryKey& key, std::string_view name, FileTime* written,
                     ServiceEntry& entry);
  /// Links are not followed; they are kept in `linked`.
  static bool is_link(RegistryKey& key, std::vector<std::string>& linked);
  void read_triggers(RegistryKey& key, ServiceEntry& entry);
  void read_filters(RegistryKey& key, ServiceEntry& entry);
  void fill(ServiceEntry& entry, const Keys& keys);
  void fill_security(ServiceEntry& entry, const Values& security);
  void fill_library(ServiceEntry& entry, const Keys& keys);
  void fill_failure(ServiceEntry& entry, const Values& own);
  void resolve(ServiceEntry& entry);
  void compare_with_baseline(ServiceEntry& entry);
  void preserve(ServiceEntry& entry);
  void preserve(ServiceFile& file, const ServiceEntry& entry, std::string_view what);
  void finish_groups(const Visitor& visitor);
  void note(const Error& error, const std::string& place);
  bool stopped() const { return context_.stop().stop_requested(); }

  ModuleContext& context_;
  const ServiceBaseline& baseline_;
  AsepEvidence evidence_;
  std::map<std::size_t, ServiceHost> hosts_;
  /// Folded names of the services of each installation's current control set.
  std::map<std::size_t, std::set<std::string>> current_names_;
};

}  // namespace hozen
