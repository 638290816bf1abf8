#include "collector/module/service_judge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/asep_advice.h"

namespace hozen {
namespace {

/// Bytes: a text shared by chance is short.
constexpr std::size_t kMinCopiedText = 4;
constexpr std::size_t kMaxSubject = 200;

struct NamedAdvice {
  std::string_view rule;
  Advice advice;
};

constexpr NamedAdvice kAdvice[] = {
    {"swapped_service_dll",
     {"An administrator's patch of the library (several remote desktop sessions on a client), or a "
      "version of Windows that the table does not know.",
      "The preserved library: its signature and hash, and its creation in the file system; what "
      "was "
      "written at the time of the key; the process of the service and its connections."}},
    {"swapped_service_program",
     {"A replacement that an administrator or a virtualisation product made.",
      "The preserved program: its signature and hash; events 7040 and 7045 around the time of the "
      "key."}},
    {"misused_service_program",
     {"None is common: Windows never changes these arguments.",
      "What the arguments lead to (package, address, class and its server); events 7040 and 7045 "
      "around the time of the key; MsiInstaller events for an installer package."}},
    {"not_in_svchost_group",
     {"Software that was removed and left its service behind.",
      "The library of the service, and whether a process of it ever ran."}},
    {"claimed_svchost_slot",
     {"A very old program that provides the service of that name.",
      "The preserved library: its signature and hash; the time of the key."}},
    {"shell_as_service",
     {"A wrapper script that an administrator made a service of.",
      "The command in the record; events 7045 and 7009 at the time of the key: a shell as a "
      "service fails after 30 seconds but has run."}},
    {"service_folder",
     {"A program that was installed as a service from a user's folder.",
      "The preserved program; event 7045 and logons over the network at the time of the key."}},
    {"failure_command",
     {"Vendors restart or report with such a command, as graphics drivers do.",
      "What the command runs; failures of the service (events 7031 and 7034)."}},
    {"unquoted_writable_path",
     {"A vendor that forgot the quotes, which is common.",
      "Whether a file of that name exists, or existed."}},
    {"hidden_by_security",
     {"Protection products keep others from changing their services; they seldom hide them.",
      "The service's program; the time of its Security key; whether the running system lists it."}},
    {"descriptor_unreadable",
     {"Damage to the hive: Windows writes a whole descriptor or none.",
      "The bytes of Security in the preserved hive; who changed the key at its last write; whether "
      "the running system lists the service."}},
    {"weak_service_security",
     {"A vendor that gave too many rights.",
      "Who changed the service last: event 7040 and the time of the key."}},
    {"driver_elsewhere",
     {"Virtual machine, security and forensic tools load drivers from their own folder; memory "
      "acquisition tools from a temporary one.",
      "The preserved driver: its signature and hash; whether it is known as vulnerable."}},
    {"service_dll_elsewhere",
     {"A product that runs its library in svchost.exe.",
      "The preserved library: its signature and hash."}},
    {"second_service_dll",
     {"A product that changed the place of its ServiceDll and left the old value.",
      "The preserved library: its signature and hash; who wrote the service's key when."}},
    {"performance_library_elsewhere",
     {"Products bring libraries for their own counters.",
      "The preserved library: its signature and hash."}},
    {"environment_library",
     {"Products that watch the performance of .NET programs load a profiler this way.",
      "The preserved library: its signature and hash; who wrote the service's key when."}},
    {"unknown_variable",
     {"A product that was removed together with its variable.",
      "The variables of the machine at the time the service last ran; who wrote the service's "
      "key."}},
    {"wow64_svchost",
     {"A 32-bit library that its installer registered without WOW64.",
      "The preserved library: its signature and hash."}},
    {"copied_text",
     {"A part of the same product, or a service of Windows that the table does not know.",
      "What the service runs, compared with the one whose text it has."}},
    {"psexec_service",
     {"Administrators use PsExec; it leaves its service behind when it is interrupted.",
      "Who used it and from where: event 7045, logons over the network at that time, the program's "
      "prefetch file."}},
    {"made_up_service",
     {"None is common: installers give their services names.",
      "Event 7045, logons over the network at the time of the key, the preserved program."}},
    {"hidden_service_name",
     {"Damage to the hive, or copy protection.",
      "The service's program; whether the running system lists it."}},
    {"not_in_service_manager",
     {"A service whose key was written since the last start without telling the service manager, "
      "as "
      "some installers do, or protection software that hides its own.",
      "The time of the key against the last start; the security of the service; whether its "
      "process "
      "or driver is there."}},
    {"service_views_differ",
     {"The registry was changed since the service manager read it, as installers do with a change "
      "for the next start (a driver to be removed, a service switched off by hand or by a policy).",
      "Who wrote the service's key when; event 7040, which a change through the service manager "
      "leaves; what both values lead to; whether the process of the service is of the one or the "
      "other program."}},
    {"interactive_system_service",
     {"Old software that shows messages.", "The program of the service."}},
};

Advice advice_of(std::string_view rule) {
  const auto* at = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                [&](const NamedAdvice& known) { return known.rule == rule; });
  return at != std::end(kAdvice) ? at->advice : advice_for(rule);
}

void add_unique(std::vector<std::string>& list, std::string_view text) {
  if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end())
    list.emplace_back(text);
}

/// The rule that names the finding: the heaviest; that a file is missing only when nothing else
/// holds.
const RuleHit& leading(const std::vector<RuleHit>& hits) {
  const auto rank = [](const RuleHit& hit) {
    return hit.rule == "missing_target" ? 0 : hit.why.weight;
  };
  return *std::max_element(hits.begin(), hits.end(),
                           [&](const RuleHit& a, const RuleHit& b) { return rank(a) < rank(b); });
}

std::string subject_of(const ServiceEntry& entry, const RuleHit& lead) {
  std::string subject = (entry.installation.empty() ? "" : printable(entry.installation) + ": ") +
                        printable(entry.key_path);
  const ServiceFile* file = &entry.image;
  if (!entry.library.text.empty()) file = &entry.library;
  if (lead.rule == "second_service_dll") file = &entry.unused_library;
  if (lead.rule == "failure_command") file = &entry.failure;
  if (lead.rule == "performance_library_elsewhere") file = &entry.performance;
  if (lead.rule == "environment_library") file = &entry.environment_libraries.front();
  const std::string text = file->target() != nullptr ? file->target()->text() : file->text;
  if (!text.empty()) subject += " -> " + printable(text.substr(0, kMaxSubject));
  return subject;
}

/// Services of Windows by their texts, folded.
using Texts = std::map<std::string, const ServiceEntry*>;

const ServiceEntry* owner_of(const Texts& texts, const std::string& text,
                             const ServiceEntry& entry) {
  if (text.size() < kMinCopiedText) return nullptr;
  const auto at = texts.find(fold_case(text));
  if (at == texts.end() || at->second == &entry) return nullptr;
  // Two keys of one product share program and text.
  const ServiceEntry& owner = *at->second;
  const auto same = [](const ServiceFile& a, const ServiceFile& b) {
    return equals_fold(a.text, b.text);
  };
  if (same(owner.image, entry.image) && same(owner.library, entry.library)) return nullptr;
  return &owner;
}

}  // namespace

std::optional<Finding> judge_service(const ServiceCase& one, const std::string& record) {
  const ServiceEntry& entry = *one.entry;
  Finding finding;
  std::vector<RuleHit> hits = assess_service(one, finding.not_checked);
  for (auto& hit : assess_service_files(one, finding.not_checked)) hits.push_back(std::move(hit));
  if (hits.empty()) return {};
  const RuleHit& lead = leading(hits);
  finding.rule = "services." + lead.rule;
  finding.title = (entry.next_control_set ? "At the next start: " : "") + lead.title;
  finding.subject = subject_of(entry, lead);
  bool stands_alone = false;
  for (const auto& hit : hits) {
    finding.why.push_back(hit.why);
    auto& records = finding.why.back().records;
    records.insert(records.begin(), record);
    add_unique(finding.attack, hit.attack);
    stands_alone = stands_alone || (hit.why.weight > 0 && !hit.innocent_unchecked);
  }
  if (entry.next_control_set)
    finding.why.push_back({"The service stands in control set " +
                               std::to_string(entry.control_set.value_or(0)) +
                               ", which Windows starts from next (Select\\Default), not in the "
                               "current one.",
                           0,
                           Family::registry_state,
                           {record}});
  if (entry.start == kStartDisabled)
    finding.why.push_back({"The service is disabled: Windows does not start it as it stands.",
                           0,
                           Family::registry_state,
                           {record}});
  add_unique(finding.attack, "T1543.003");
  finding.innocent_explanation_unchecked = !stands_alone;
  const Advice advice = advice_of(lead.rule);
  finding.benign.emplace_back(advice.benign);
  finding.next.emplace_back(advice.next);
  if (score_of(finding) <= 0) return {};
  return finding;
}

Finding judge_keyless_service(const LiveService& service, const std::string& record) {
  Finding finding;
  finding.rule = "services.service_without_key";
  finding.title = "Service of the running system that the registry does not hold";
  finding.subject = "service " + printable(service.name);
  if (!service.image_path.empty()) finding.subject += " -> " + printable(service.image_path);
  finding.why.push_back({"The service manager lists '" + printable(service.name) + "' (" +
                             std::string{service_state_text(service.state)} +
                             "), but the registry has no key for it.",
                         50,
                         Family::registry_state,
                         {record}});
  finding.attack = {"T1014", "T1543.003"};
  finding.benign.emplace_back(
      "A service that was removed and goes on until the next start; tools that load a driver and "
      "take its key away again (process viewers, memory acquisition).");
  finding.next.emplace_back(
      "The program or driver and its process; keys recovered from free parts of SYSTEM; events "
      "7045 "
      "and 7036.");
  return finding;
}

void report_services(ModuleContext& context, ServiceReader& reader, const ServiceBaseline& baseline,
                     const ServiceManagerView& manager, const ServiceSet& set) {
  if (!set.current && !set.next) return;
  Texts display_names, descriptions;
  for (const auto& service : set.services) {
    if (!baseline.knows(service.name)) continue;
    display_names.emplace(fold_case(service.display_name), &service);
    descriptions.emplace(fold_case(service.description), &service);
  }
  ServiceCase one;
  one.baseline = &baseline;
  one.manager = &manager;
  one.host = &reader.host(set.installation);
  one.windows = reader.evidence().windows(set.installation);
  one.reference_time = context.reference_time();
  one.environment = &reader.evidence().environment(set.installation, nullptr);
  if (const auto host = context.source().live_host()) one.last_boot = host->last_boot;
  for (std::size_t i = 0; i < set.services.size(); ++i) {
    const ServiceEntry& service = set.services[i];
    one.entry = &service;
    const std::string of_template = service.template_name();
    const bool known = baseline.knows(of_template.empty() ? service.name : of_template);
    one.same_display_name = known || !service.is_service()
                                ? nullptr
                                : owner_of(display_names, service.display_name, service);
    one.same_description = known || !service.is_service()
                               ? nullptr
                               : owner_of(descriptions, service.description, service);
    if (auto finding = judge_service(one, set.records[i])) context.report(*std::move(finding));
  }
}

}  // namespace hozen
