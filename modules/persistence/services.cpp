// Services and drivers: what Windows itself starts, before anybody logs on and mostly as SYSTEM,
// of every control set. An entry proves that the service is configured so and when its keys were
// last written; not when it was installed, nor that it ever ran. Services of Windows are compared
// with what belongs to them, so that a library or program put in place of theirs is found; on a
// running system the service manager is asked too, and what only one of the two shows is found.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/autostart_fact.h"
#include "collector/module/service_judge.h"
#include "collector/module/service_reader.h"

namespace hozen::modules {
namespace {

constexpr InboxService kBaseline[] = {
#include "modules/persistence/service_baseline.inc"
};

/// What Wine has in their place: programs of its own in System32.
constexpr InboxService kWineBaseline[] = {
    {"PlugPlay", R"(System32\plugplay.exe)", "", "", 0, kNewestBuild},
    {"RpcSs", R"(System32\rpcss.exe)", "", "", 0, kNewestBuild},
    {"TermService", R"(System32\termsv.exe)", "", "", 0, kNewestBuild},
    {"Winmgmt", R"(System32\winmgmt.exe)", "", "", 0, kNewestBuild},
    {"wuauserv", R"(System32\wuauserv.exe)", "", "", 0, kNewestBuild},
};

constexpr auto kServiceColumns = columns_of(kServiceFields);
constexpr Kind kService{"service", "One service or driver of a control set.", kServiceColumns,
                        "Service {name}[, {image_path}][, library {service_dll}]"};
constexpr auto kGroupColumns = columns_of(kSvchostGroupFields);
constexpr Kind kGroup{"svchost_group", "One group of services that share a svchost.exe.",
                      kGroupColumns, "Group of svchost.exe {name}[: {services}]"};
constexpr auto kLiveServiceColumns = columns_of(kLiveServiceFields);
constexpr Kind kLiveService{
    "live_service", "One service or driver as the service manager of a running system lists it.",
    kLiveServiceColumns, "Service {name}[, {image_path}][, {state}]"};
constexpr std::array kKinds{kService, kGroup, kLiveService};

constexpr std::string_view kServicesTree =
    "https://learn.microsoft.com/windows-hardware/drivers/install/hklm-system-currentcontrolset-"
    "services-registry-tree";
constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/services/service-configuration-programs",
    "https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_failure_actionsw",
    "https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_trigger",
    kServicesTree,
    "https://github.com/libyal/winreg-kb",
    "https://github.com/SigmaHQ/sigma"};

constexpr std::string_view kAttack[] = {
    "T1003.001", "T1014",     "T1027.010", "T1036.004", "T1036.005", "T1036.007", "T1036.008",
    "T1047",     "T1059.001", "T1059.005", "T1070.006", "T1098",     "T1105",     "T1112",
    "T1127.001", "T1136.001", "T1136.002", "T1140",     "T1197",     "T1202",     "T1218",
    "T1218.001", "T1218.002", "T1218.003", "T1218.004", "T1218.005", "T1218.007", "T1218.008",
    "T1218.009", "T1218.010", "T1218.011", "T1543.003", "T1564",     "T1564.001", "T1564.004",
    "T1569.002", "T1574.001", "T1574.007", "T1574.009", "T1574.011", "T1574.012"};

/// Only the running system is believed: what a registry says of it an intruder can write.
bool is_wine(EvidenceSource& source) {
  const auto host = source.live_host();
  return host && host->emulator.starts_with("Wine");
}

/// Wine's drivers run in services that it makes up as they are needed, without keys.
bool is_wine_driver(const LiveService& service, const EvidencePath& windows) {
  const auto image = EvidencePath::parse(service.image_path);
  return image && starts_with_fold(service.name, "winedevice") &&
         image->folded() == (windows / "System32" / "winedevice.exe").folded();
}

/// What the service manager of a running system lists, compared with the registry.
class ManagerReader {
 public:
  ManagerReader(ModuleContext& context, ServiceManagerView& view, bool wine)
      : context_{context}, view_{view}, wine_{wine}, state_{context.source().live_state()} {}

  /// The running system's own control set: nothing before has been compared with.
  void read(const ServiceSet& set) {
    if (done_ || set.installation != 0 || !set.current) return;
    std::set<std::string> names;
    for (const auto& service : set.services) names.insert(fold_case(service.name));
    emit(&names, set.whole && !names.empty());
  }
  /// Where the registry could not be read.
  void finish() {
    if (!done_) emit(nullptr, false);
  }

 private:
  void emit(const std::set<std::string>* names, bool whole) {
    done_ = true;
    if (state_ == nullptr || !context_.reads_files()) return;
    if (state_->services_failed) context_.note(*state_->services_failed);
    if (!state_->services_whole)
      context_.note(Error{Errc::limit, "services of the service manager"});
    for (const auto& service : state_->services) {
      LiveServiceRow row{&service, {}};
      if (names != nullptr) row.in_registry = names->contains(fold_case(service.name));
      std::string record = context_.emit(kLiveService, kLiveServiceFields, row, {});
      if (!row.in_registry.value_or(true) && whole && !is_of_wine(service))
        context_.report(judge_keyless_service(service, record));
      view_.set_record(service.name, std::move(record));
    }
  }
  bool is_of_wine(const LiveService& service) const {
    return wine_ && is_wine_driver(service, context_.registry()->installations()[0].windows);
  }

  ModuleContext& context_;
  ServiceManagerView& view_;
  bool wine_ = false;
  const LiveState* state_ = nullptr;
  bool done_ = false;
};

/// For rules that join them with other evidence: the same service of several control sets once, as
/// the one that Windows runs from has it.
class Joinable {
 public:
  void add(const ServiceEntry& entry, const std::string& record) {
    const Key key{entry.installation_index, fold_case(entry.name), fold_case(entry.image.text),
                  entry.start, entry.deleted};
    const auto [place, is_new] = services_.try_emplace(key);
    Service& service = place->second;
    const bool leads = is_new || (entry.current_control_set && !service.is_current);
    if (!is_new) service.also.push_back(leads ? service.where : where(entry, record));
    if (!leads) return;
    service.fact = fact_for_rules(entry, record);
    service.where = where(entry, record);
    service.is_current = entry.current_control_set;
  }

  void state(ModuleContext& context) {
    for (auto& [key, service] : services_) {
      std::string also;
      for (const std::string& where : service.also) also += (also.empty() ? "" : ", ") + where;
      service.fact.values.add("also", also);
      context.state(std::move(service.fact));
    }
    services_.clear();
  }

 private:
  struct Service {
    Fact fact;
    std::string where;              ///< its key and record
    std::vector<std::string> also;  ///< as `where`, of the others
    bool is_current = false;
  };

  static std::string where(const ServiceEntry& entry, const std::string& record) {
    return entry.key_path + " (record " + record +
           (entry.written.is_set() ? ", last written at " + entry.written.iso8601() : "") + ")";
  }

  static Fact fact_for_rules(const ServiceEntry& entry, const std::string& record) {
    Fact fact;
    fact.kind = FactKind::service_entry;
    fact.time = entry.written;
    fact.record = record;
    fact.subject = entry.name;
    fact.values.add("ImagePath", entry.image.text);
    fact.values.add("DisplayName", entry.display_name);
    fact.values.add("key", entry.key_path);
    std::string environment;
    for (const std::string& variable : entry.environment) environment += variable + '\n';
    fact.values.add("Environment", environment);
    if (entry.start) fact.values.add("Start", std::to_string(*entry.start));
    if (entry.deleted) fact.values.add("what", "deleted");
    return fact;
  }

  /// Installation, name, program, Start, whether it was deleted.
  using Key = std::tuple<std::size_t, std::string, std::string, std::optional<std::uint64_t>, bool>;
  std::map<Key, Service> services_;
};

Result<void> run(ModuleContext& context) {
  const bool wine = is_wine(context.source());
  ServiceBaseline baseline{kBaseline};
  if (wine) baseline.add(kWineBaseline);
  ServiceManagerView manager{context.source().live_state()};
  ManagerReader listed{context, manager, wine};
  ServiceReader reader{context, baseline};
  ServiceReader::Visitor visitor;
  Joinable for_rules;
  visitor.service = [&](const ServiceEntry& entry) {
    std::string record = context.emit(kService, kServiceFields, entry, entry.envelope());
    if (entry.installation_index == 0 && !entry.deleted)
      context.state(fact_of(entry, kService.name, record));
    for_rules.add(entry, record);
    state_autostart(context, entry, reader.evidence().windows(entry.installation_index), record);
    return record;
  };
  visitor.end_of_set = [&](const ServiceSet& set) {
    if (set.installation == 0 && set.whole && set.hive_whole)
      context.stated_all(kService.name, set.key);
    listed.read(set);
    report_services(context, reader, baseline, manager, set);
  };
  visitor.group = [&](const SvchostGroup& group) {
    Envelope envelope;
    envelope.origin = {group.artifact, group.key_path, group.offset};
    envelope.timestamps.emplace_back("key_last_written", group.written);
    context.emit(kGroup, kSvchostGroupFields, group, envelope);
  };
  auto read = reader.read(visitor);
  for_rules.state(context);  // also of a run that was stopped
  if (!read) return read;
  listed.finish();
  return {};
}

}  // namespace

extern const ModuleSpec services;
const ModuleSpec services{"services",
                          "Services and drivers of every control set, what they run, "
                          "load and trigger on, and the groups of svchost.exe.",
                          kKinds,
                          kReferences,
                          kAttack,
                          run};

}  // namespace hozen::modules
