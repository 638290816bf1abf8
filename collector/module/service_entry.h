// One service or driver as its registry keys describe it: what it runs and loads, when, as whom,
// and what Windows does when it fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/formats/security_descriptor.h"
#include "collector/formats/service_values.h"
#include "collector/module/module.h"
#include "collector/source/command_line.h"

namespace hozen {

/// Bits of `Type` (winnt.h SERVICE_*).
namespace service_type {
constexpr std::uint32_t kDriver = 0x0F;  ///< kernel, file system, adapter, recognizer
constexpr std::uint32_t kOwnProcess = 0x10, kShareProcess = 0x20;
constexpr std::uint32_t kUserService = 0x40, kUserInstance = 0x80, kInteractive = 0x100;
}  // namespace service_type

constexpr std::uint32_t kStartOnDemand = 3, kStartDisabled = 4;

/// A file that a service runs or loads.
struct ServiceFile {
  std::string text;  ///< as stored, before expansion; "" when the service names none
  std::optional<ResolvedCommand> command{};
  std::optional<ArtifactId> artifact{};  ///< preserved copy of the target
  std::optional<FileInfo> info{};        ///< of the target, where it exists

  const EvidencePath* target() const {
    return command && command->target_path() ? &*command->target_path() : nullptr;
  }
};

struct ServiceTrigger {
  std::uint32_t type = 0, action = 0;
  std::optional<Guid> subtype{};
  std::vector<std::string> data{};
};

/// Where a file system filter stands in the stack.
struct FilterInstance {
  std::string name, altitude;
  std::optional<std::uint64_t> flags{};
};

/// How far the baseline of in-box services knows a service.
enum class InboxState : std::uint8_t {
  unknown,  ///< no service that the table holds, or one that does not name the library it has there
  usual,    ///< everything it names is what Windows has there
  differs   ///< its program or library is another
};
std::string_view to_text(InboxState state);

struct ServiceEntry {
  std::string name, key_path;
  std::size_t installation_index = 0;
  std::string installation;  ///< Windows folder, for all installations but the first
  std::optional<std::uint32_t> artifact{};
  std::optional<std::uint64_t> offset{};  ///< of the key's nk cell
  FileTime written{}, parameters_written{}, security_written{}, performance_written{};
  std::optional<std::uint32_t> control_set{};
  bool current_control_set = true, next_control_set = false;
  bool incomplete = false;  ///< some of its values could not be read
  bool deleted = false;     ///< put together from values of free cells
  /// Its key, or keys below, that are symbolic links: what they lead to is not read.
  std::vector<std::string> linked_keys;

  std::string display_name, description, account, group;
  std::optional<std::uint64_t> type{}, start{}, error_control{}, tag{}, delayed_start{};
  std::optional<std::uint64_t> launch_protected{}, sid_type{}, wow64{};
  std::vector<std::string> depends_on, privileges, environment;

  ServiceFile image, library, failure, performance;
  /// Libraries that variables of `environment` have .NET load into the process.
  std::vector<ServiceFile> environment_libraries;
  bool image_is_default = false;  ///< a driver without ImagePath: the file that Windows takes then
  std::string library_key;        ///< key that holds ServiceDll
  /// ServiceDll of the service's own key where Parameters has one too: Windows takes the latter.
  ServiceFile unused_library;
  std::string service_main;
  std::string svchost_group;  ///< behind -k
  std::optional<FailureActions> failure_actions{};
  std::string reboot_message;
  std::vector<ServiceTrigger> triggers;
  std::vector<FilterInstance> filters;
  std::optional<SecurityDescriptor> security{};
  bool security_unreadable = false;  ///< its value holds something else
  /// Text values that go on behind a NUL: name of the value, what follows.
  std::vector<std::pair<std::string, std::string>> hidden_data;

  InboxState inbox = InboxState::unknown;
  std::vector<std::string> expected;  ///< what belongs there, when it differs

  bool is_driver() const { return type && (*type & service_type::kDriver) != 0; }
  /// Type, ImagePath or the like is there: not one of the keys that only hold parameters.
  bool is_service() const { return type.has_value() || !image.text.empty(); }
  /// `unused_library` is there and not the file that the service loads.
  bool has_other_library() const;
  /// Name of the template of a user's instance ("CDPUserSvc" of "CDPUserSvc_1d05b"), else "".
  std::string template_name() const;
  Envelope envelope() const;
};

/// Names of the bits of `Type`, in the order of the bits: "share_process", "interactive".
std::vector<std::string> service_type_names(std::uint64_t type);
/// "boot", "system", "auto", "demand", "disabled"; "" for another number.
std::string_view service_start_text(std::uint64_t start);

/// A group of services that share a svchost.exe.
struct SvchostGroup {
  std::string name;
  std::vector<std::string> services;
  std::string key_path;
  FileTime written{};
  std::optional<std::uint32_t> artifact{};
  std::optional<std::uint64_t> offset{};  ///< of the vk cell
  bool wow64 = false;
  std::string installation;
  /// Names in it for which the current control set has no service key; nothing when SYSTEM was not
  /// read.
  std::optional<std::vector<std::string>> without_service{};
};

namespace service_fields {

using F = Field<ServiceEntry>;

void write_text(Cell& cell, const std::string& text);
void write_number(Cell& cell, const std::optional<std::uint64_t>& number);
void write_command(Cell& cell, const ServiceFile& file, std::string ResolvedCommand::*part);
void write_target(Cell& cell, const ServiceFile& file);
void write_existence(Cell& cell, const ServiceFile& file);
void write_artifact(Cell& cell, const ServiceFile& file);
void write_environment_libraries(const ServiceEntry& entry, Cell& cell);
void write_hosts(Cell& cell, const ServiceFile& file);
void write_flags(const ServiceEntry& entry, Cell& cell);
void write_failure_actions(const ServiceEntry& entry, Cell& cell);
void write_triggers(const ServiceEntry& entry, Cell& cell);
void write_filters(const ServiceEntry& entry, Cell& cell);
void write_hidden(const ServiceEntry& entry, Cell& cell);
void write_user_service(const ServiceEntry& entry, Cell& cell);

}  // namespace service_fields

inline constexpr std::array kServiceFields{
    service_fields::F{{"name", "Name of the service's key."},
                      [](const ServiceEntry& e, Cell& c) { c.text(e.name); }},
    service_fields::F{{"key_path", "Registry key of the service."},
                      [](const ServiceEntry& e, Cell& c) { c.text(e.key_path); }},
    service_fields::F{{"control_set", "Number of the control set that holds the service."},
                      [](const ServiceEntry& e, Cell& c) {
                        e.control_set.value_or(0) != 0 ? c.number(*e.control_set)
                                                       : c.absent(Absent::not_applicable);
                      }},
    service_fields::F{
        {"current_control_set", "Whether that control set is the one Windows starts from."},
        [](const ServiceEntry& e, Cell& c) { c.boolean(e.current_control_set); }},
    service_fields::F{
        {"deleted",
         "Whether the service was put together from values in free parts of the hive; then only "
         "what those values say is filled in."},
        [](const ServiceEntry& e, Cell& c) { c.boolean(e.deleted); }},
    service_fields::F{
        {"installation",
         "Windows folder of the service's installation where the source holds several and this is "
         "not the first."},
        [](const ServiceEntry& e, Cell& c) {
          e.installation.empty() ? c.absent(Absent::not_applicable) : c.text(e.installation);
        }},
    service_fields::F{
        {"display_name", "Name shown to users; @file,-number stands for a text in that file."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.display_name); }},
    service_fields::F{
        {"description", "Description, stored like the display name."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.description); }},
    service_fields::F{
        {"type", "Kind of service as Windows numbers it (SERVICE_*), a sum of bits."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.type); }},
    service_fields::F{
        {"type_names", "Names of the bits of type."},
        [](const ServiceEntry& e, Cell& c) { c.texts(service_type_names(e.type.value_or(0))); }},
    service_fields::F{
        {"start",
         "When it starts: 0 boot, 1 system, 2 automatically, 3 on demand, 4 never (disabled)."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.start); }},
    service_fields::F{{"start_name", "The same in a word: boot, system, auto, demand or disabled."},
                      [](const ServiceEntry& e, Cell& c) {
                        service_fields::write_text(
                            c, std::string{service_start_text(e.start.value_or(~0ull))});
                      }},
    service_fields::F{
        {"delayed_start", "Value DelayedAutostart: 1 for a start after the others."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.delayed_start); }},
    service_fields::F{
        {"error_control",
         "What a failed start means: 0 ignored, 1 logged, 2 and 3 last known good configuration."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.error_control); }},
    service_fields::F{
        {"account", "Account of a service, driver object of a driver (value ObjectName)."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.account); }},
    service_fields::F{
        {"group", "Load order group."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.group); }},
    service_fields::F{
        {"tag", "Place within the load order group."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.tag); }},
    service_fields::F{
        {"depends_on", "Services that start before it; a group of services begins with +."},
        [](const ServiceEntry& e, Cell& c) { c.texts(e.depends_on); }},
    service_fields::F{
        {"launch_protected",
         "Protection of its process: 1 Windows, 2 Windows light, 3 antimalware light."},
        [](const ServiceEntry& e, Cell& c) {
          service_fields::write_number(c, e.launch_protected);
        }},
    service_fields::F{
        {"sid_type", "Whether its process carries the service's own SID: 0, 1 or 3 (restricted)."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.sid_type); }},
    service_fields::F{{"privileges", "Privileges that the service asks for."},
                      [](const ServiceEntry& e, Cell& c) { c.texts(e.privileges); }},
    service_fields::F{{"environment", "Environment variables given to its process."},
                      [](const ServiceEntry& e, Cell& c) { c.texts(e.environment); }},
    service_fields::F{{"environment_libraries",
                       "Libraries that .NET loads into its process because of these variables, as "
                       "paths; those that exist are preserved."},
                      service_fields::write_environment_libraries},
    service_fields::F{
        {"wow64", "Value WOW64: not 0 for a 32-bit program on a 64-bit Windows."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_number(c, e.wow64); }},
    service_fields::F{
        {"user_service",
         "Template for a service of each user, or instance of one; absent for other services."},
        service_fields::write_user_service},
    service_fields::F{
        {"image_path", "Value ImagePath as stored: the program's command line or the driver."},
        [](const ServiceEntry& e, Cell& c) {
          e.image_is_default ? c.absent(Absent::not_present)
                             : service_fields::write_text(c, e.image.text);
        }},
    service_fields::F{
        {"image",
         "Program or driver that would be loaded; for a driver without image_path the one that "
         "Windows takes then."},
        [](const ServiceEntry& e, Cell& c) {
          service_fields::write_command(c, e.image, &ResolvedCommand::image);
        }},
    service_fields::F{
        {"image_existence",
         "Whether what the image leads to (its payload where there is one) exists: exists, "
         "missing, "
         "or unknown when the source does not hold its place."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_existence(c, e.image); }},
    service_fields::F{
        {"image_artifact", "Identifier of its preserved copy in artifacts.jsonl."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_artifact(c, e.image); }},
    service_fields::F{{"arguments", "What follows the program on the command line."},
                      [](const ServiceEntry& e, Cell& c) {
                        service_fields::write_command(c, e.image, &ResolvedCommand::arguments);
                      }},
    service_fields::F{
        {"hosts", "Programs that run something else for the service, from the outside in."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_hosts(c, e.image); }},
    service_fields::F{{"payload", "What the innermost of these programs runs."},
                      [](const ServiceEntry& e, Cell& c) {
                        service_fields::write_command(c, e.image, &ResolvedCommand::payload);
                      }},
    service_fields::F{{"flags", "What stands out in the command line, as in other records."},
                      service_fields::write_flags},
    service_fields::F{{"steps", "How the command line was resolved, step by step."},
                      [](const ServiceEntry& e, Cell& c) {
                        c.texts(e.image.command ? e.image.command->steps
                                                : std::vector<std::string>{});
                      }},
    service_fields::F{
        {"svchost_group", "Group named by svchost.exe -k."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.svchost_group); }},
    service_fields::F{
        {"service_dll", "Value ServiceDll as stored: the library that is the service."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.library.text); }},
    service_fields::F{
        {"service_dll_key", "Key that holds it: Parameters, or the service's own."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.library_key); }},
    service_fields::F{
        {"service_dll_path", "The library as a path."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_target(c, e.library); }},
    service_fields::F{
        {"service_dll_existence", "Whether it exists: exists, missing or unknown."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_existence(c, e.library); }},
    service_fields::F{
        {"service_dll_artifact", "Identifier of its preserved copy in artifacts.jsonl."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_artifact(c, e.library); }},
    service_fields::F{
        {"unused_service_dll",
         "Value ServiceDll of the service's own key where Parameters has one too, which is the one "
         "that Windows uses."},
        [](const ServiceEntry& e, Cell& c) {
          service_fields::write_text(c, e.unused_library.text);
        }},
    service_fields::F{
        {"unused_service_dll_path", "The same as a path."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_target(c, e.unused_library); }},
    service_fields::F{
        {"unused_service_dll_artifact",
         "Identifier of its preserved copy in artifacts.jsonl, where it is another file."},
        [](const ServiceEntry& e, Cell& c) {
          service_fields::write_artifact(c, e.unused_library);
        }},
    service_fields::F{
        {"service_main", "Export of the library that svchost.exe calls."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.service_main); }},
    service_fields::F{
        {"failure_command", "Value FailureCommand: what runs when the service fails."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.failure.text); }},
    service_fields::F{
        {"failure_target", "File that the failure command leads to."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_target(c, e.failure); }},
    service_fields::F{
        {"failure_artifact", "Identifier of its preserved copy in artifacts.jsonl."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_artifact(c, e.failure); }},
    service_fields::F{
        {"failure_actions",
         "What happens at the first, second and further failures: type (none, restart, reboot or "
         "run_command) and delay_ms."},
        service_fields::write_failure_actions},
    service_fields::F{
        {"failure_reset_s", "Seconds without failure after which the count begins anew."},
        [](const ServiceEntry& e, Cell& c) {
          e.failure_actions ? c.number(e.failure_actions->reset_period_s)
                            : c.absent(Absent::not_present);
        }},
    service_fields::F{
        {"reboot_message", "Text sent to users before a reboot after a failure."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.reboot_message); }},
    service_fields::F{
        {"triggers",
         "Events that start or stop it: type, action, subtype (a GUID), its meaning where known, "
         "data."},
        service_fields::write_triggers},
    service_fields::F{{"security", "Who may do what with the service, as SDDL text."},
                      [](const ServiceEntry& e, Cell& c) {
                        e.security ? c.text(e.security->sddl()) : c.absent(Absent::not_present);
                      }},
    service_fields::F{
        {"performance_library", "Library loaded by whoever reads the service's counters."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_text(c, e.performance.text); }},
    service_fields::F{
        {"performance_path", "The same as a path."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_target(c, e.performance); }},
    service_fields::F{
        {"performance_artifact", "Identifier of its preserved copy in artifacts.jsonl."},
        [](const ServiceEntry& e, Cell& c) { service_fields::write_artifact(c, e.performance); }},
    service_fields::F{
        {"filter_instances", "Instances of a file system filter: name, altitude, flags."},
        service_fields::write_filters},
    service_fields::F{
        {"hidden_data", "Text behind the first NUL of a value, by the name of the value."},
        service_fields::write_hidden},
    service_fields::F{
        {"inbox",
         "Whether it is a service of Windows that names what Windows has there (usual), names "
         "something else (differs), or is not in the table of such services (unknown)."},
        [](const ServiceEntry& e, Cell& c) { c.text(to_text(e.inbox)); }},
    service_fields::F{{"expected", "Files that belong to a service of Windows that differs."},
                      [](const ServiceEntry& e, Cell& c) { c.texts(e.expected); }},
};

inline constexpr std::array kSvchostGroupFields{
    Field<SvchostGroup>{{"name", "Name of the group, as svchost.exe -k has it."},
                        [](const SvchostGroup& g, Cell& c) { c.text(g.name); }},
    Field<SvchostGroup>{{"key_path", "Registry key that lists the groups."},
                        [](const SvchostGroup& g, Cell& c) { c.text(g.key_path); }},
    Field<SvchostGroup>{
        {"bitness", "Native, or wow64 for the 32-bit svchost.exe."},
        [](const SvchostGroup& g, Cell& c) { c.text(g.wow64 ? "wow64" : "native"); }},
    Field<SvchostGroup>{
        {"installation",
         "Windows folder of the group's installation where the source holds several and this is "
         "not the first."},
        [](const SvchostGroup& g, Cell& c) {
          g.installation.empty() ? c.absent(Absent::not_applicable) : c.text(g.installation);
        }},
    Field<SvchostGroup>{{"services", "Services that may run in the group."},
                        [](const SvchostGroup& g, Cell& c) { c.texts(g.services); }},
    Field<SvchostGroup>{
        {"without_service",
         "Names among them that have no key in the current control set: free slots, of which "
         "Windows itself leaves many."},
        [](const SvchostGroup& g, Cell& c) {
          g.without_service ? c.texts(*g.without_service) : c.absent(Absent::unreadable);
        }},
};

}  // namespace hozen
