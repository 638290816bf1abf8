// What starts by itself, as facts: a file that Windows, or a program of Windows, runs or loads
// because an entry says so. For rules that ask of a file whether anything starts it.
//
// Values of a FactKind::autostart, each there only where it says something:
//   source    the module that read the entry: "run_keys", "autostarts", "services", ...
//   location  the kind of entry: an identifier of the table of autostart locations,
//             "service_program", "service_dll", "service_failure", "service_performance",
//             "service_environment", "driver", "scheduled_task", "legacy_task"
//   entry     where it stands: key and value, service, task, file
//   value     name of the value; text: what it says
//   host      program that loads the file, by its name, where the entry names it: "svchost.exe"
//   user      whose entry it is, by name or SID; bitness: "wow64" for 32-bit programs
//   known     "exact": the very text that Windows writes here; "usual": as usual here
//   existence "exists", "missing", "unknown"; enabled: "no" where it is switched off
//   control_set  "next": of the set that Windows starts from next, and not of the current one
//   windows   folder of the Windows that it belongs to
// Of services besides: service, its name; export, what svchost.exe calls; expected, what belongs
// there. Of COM classes: clsid, and machine_server, what a user's class takes the place of.
#pragma once

#include <string>
#include <string_view>

#include "collector/module/asep_entry.h"
#include "collector/module/service_entry.h"
#include "collector/module/task_entry.h"

namespace hozen {

/// Each states what the entry runs or loads: files that it names only, folders, and what was
/// recovered from free cells, are not stated. `windows`: folder of the entry's installation.
void state_autostart(ModuleContext& context, std::string_view module, const AsepEntry& entry,
                     const EvidencePath& windows, const std::string& record);
void state_autostart(ModuleContext& context, const ServiceEntry& entry, const EvidencePath& windows,
                     const std::string& record);
void state_autostart(ModuleContext& context, std::string_view location, const ScheduledTask& task,
                     const EvidencePath& windows, const std::string& record);

}  // namespace hozen
