#include "collector/module/autostart_fact.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/rules.h"

namespace hozen {
namespace {

/// Bytes of a text in a fact: what an entry says may be a whole script.
constexpr std::size_t kMaxText = 512;
/// Files of one entry: a command line may have many commands.
constexpr std::size_t kMaxFiles = 16;

/// Entries that name files which nothing starts because of them, or only when somebody asks for
/// that program or document by name.
constexpr std::array<std::string_view, 14> kStartNothing{"app_paths",
                                                         "bits_jobs",
                                                         "file_association_machine",
                                                         "group_policy_script_files",
                                                         "known_dlls_excluded",
                                                         "legacy_task_files",
                                                         "mandatory_profile",
                                                         "protocol_handler_user",
                                                         "scheduled_task_files",
                                                         "services",
                                                         "start_menu_internet",
                                                         "uninstall",
                                                         "windows_terminal_settings",
                                                         "wmi_repository"};

bool starts_something(const AsepLocation& location) {
  switch (location.kind) {
    case AsepKind::folder:
    case AsepKind::file_operations:
    case AsepKind::account:
    case AsepKind::url:
    case AsepKind::flag:
    case AsepKind::note:
    case AsepKind::service:
    case AsepKind::task:
      return false;
    default:
      return std::find(kStartNothing.begin(), kStartNothing.end(), location.id) ==
             kStartNothing.end();
  }
}

std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxText) return text;
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return text.substr(0, end);
}

Fact fact_with(std::string_view source, std::string_view location, std::string_view entry,
               FileTime written, const std::string& record) {
  Fact fact;
  fact.kind = FactKind::autostart;
  fact.time = written;
  fact.record = record;
  fact.values.add("source", source);
  fact.values.add("location", location);
  fact.values.add("entry", cut(entry));
  return fact;
}

/// States `fact` for the file behind `command`, and for the program that runs or loads it where
/// that is none of Windows.
void state_command(ModuleContext& context, const Fact& fact, const ResolvedCommand& command,
                   const EvidencePath& windows, std::string_view host) {
  const auto state = [&](const EvidencePath& path, Existence existence, std::string_view by) {
    if (existence == Existence::folder) return;
    Fact one = fact;
    one.subject = path.text();
    one.values.add("existence", to_text(existence));
    one.values.add("host", by);
    context.state(std::move(one));
  };
  if (!command.payload_path) {
    if (command.image_path) state(*command.image_path, command.image_existence, host);
    return;
  }
  state(*command.payload_path, command.payload_existence,
        command.hosts.empty() ? host : std::string_view{command.hosts.back().name});
  if (command.image_path && !is_windows_folder(*command.image_path, windows))
    state(*command.image_path, command.image_existence, {});
}

void state_commands(ModuleContext& context, const Fact& fact, const ResolvedCommand& command,
                    const EvidencePath& windows) {
  state_command(context, fact, command, windows, {});
  std::size_t count = 1;
  for (const ResolvedCommand& other : command.others)
    if (++count <= kMaxFiles) state_command(context, fact, other, windows, {});
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
  return list;
}

class ServiceFiles {
 public:
  ServiceFiles(ModuleContext& context, const ServiceEntry& entry, const EvidencePath& windows,
               const std::string& record)
      : context_{context}, entry_{entry}, windows_{windows}, record_{record} {}

  void state() const {
    const bool in_svchost = !entry_.library.text.empty();
    if (in_svchost)
      state(entry_.library, "service_dll", host(),
            [&](Fact& fact) { fact.values.add("export", cut(entry_.service_main)); });
    if (!in_svchost || !is_svchost())
      state(entry_.image, entry_.is_driver() ? "driver" : "service_program", {});
    state(entry_.failure, "service_failure", {});
    state(entry_.performance, "service_performance", {});
    std::size_t count = 0;
    for (const ServiceFile& file : entry_.environment_libraries)
      if (++count <= kMaxFiles) state(file, "service_environment", host());
  }

 private:
  bool is_svchost() const {
    const EvidencePath* image = entry_.image.target();
    return image != nullptr && equals_fold(image->name(), "svchost.exe") &&
           is_windows_folder(*image, windows_);
  }
  std::string_view host() const {
    const EvidencePath* image = entry_.image.target();
    return image != nullptr ? image->name() : std::string_view{};
  }

  void state(const ServiceFile& file, std::string_view location, std::string_view host) const {
    state(file, location, host, [](Fact&) {});
  }
  template <class More>
  void state(const ServiceFile& file, std::string_view location, std::string_view host,
             More more) const {
    if (!file.command) return;
    Fact fact = fact_with("services", location, entry_.key_path, entry_.written, record_);
    fact.values.add("service", cut(entry_.name));
    fact.values.add("text", cut(file.text));
    if (entry_.next_control_set) fact.values.add("control_set", "next");
    if (entry_.start) fact.values.add("start", service_start_text(*entry_.start));
    if (entry_.start == kStartDisabled) fact.values.add("enabled", "no");
    const bool in_table = &file == &entry_.image || &file == &entry_.library;
    if (in_table && entry_.inbox == InboxState::usual) fact.values.add("known", "exact");
    if (in_table && entry_.inbox == InboxState::differs)
      fact.values.add("expected", cut(list_of(entry_.expected)));
    fact.values.add("windows", windows_.text());
    more(fact);
    state_command(context_, fact, *file.command, windows_, host);
  }

  ModuleContext& context_;
  const ServiceEntry& entry_;
  const EvidencePath& windows_;
  const std::string& record_;
};

}  // namespace

void state_autostart(ModuleContext& context, std::string_view module, const AsepEntry& entry,
                     const EvidencePath& windows, const std::string& record) {
  if (!entry.command || entry.deleted || !starts_something(*entry.location)) return;
  if (!entry.current_control_set && !entry.next_control_set) return;
  Fact fact = fact_with(module, entry.location->id, entry.place(), entry.key_written, record);
  if (entry.value) fact.values.add("value", cut(entry.value->name));
  fact.values.add("text", cut(entry.text));
  if (entry.user != nullptr)
    fact.values.add("user", entry.user->name.empty() ? entry.user->sid : entry.user->name);
  if (entry.wow64) fact.values.add("bitness", "wow64");
  if (entry.known != AsepDefault::no)
    fact.values.add("known", entry.is_default() ? "exact" : "usual");
  if (entry.enabled && !*entry.enabled) fact.values.add("enabled", "no");
  if (entry.next_control_set) fact.values.add("control_set", "next");
  fact.values.add("clsid", entry.clsid);
  fact.values.add("machine_server", cut(entry.machine_server));
  fact.values.add("windows", windows.text());
  state_commands(context, fact, *entry.command, windows);
}

void state_autostart(ModuleContext& context, const ServiceEntry& entry, const EvidencePath& windows,
                     const std::string& record) {
  if (entry.deleted || (!entry.current_control_set && !entry.next_control_set)) return;
  ServiceFiles{context, entry, windows, record}.state();
}

void state_autostart(ModuleContext& context, std::string_view location, const ScheduledTask& task,
                     const EvidencePath& windows, const std::string& record) {
  FileTime written = task.tree ? task.tree->written : FileTime{};
  if (!written.is_set() && task.file) written = task.file->file.si.modified;
  std::size_t count = 0;
  for (const TaskTarget& target : task.targets) {
    if (++count > kMaxFiles) return;
    Fact fact = fact_with("scheduled_tasks", location, task.path, written, record);
    fact.values.add("text", cut(target.text));
    fact.values.add("user", cut(task.principal_user()));
    if (!task.enabled()) fact.values.add("enabled", "no");
    if (task.known != TaskDefault::no)
      fact.values.add("known", task.known == TaskDefault::exact ? "exact" : "usual");
    fact.values.add("windows", windows.text());
    state_commands(context, fact, target.command, windows);
  }
}

}  // namespace hozen
