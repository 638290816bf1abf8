// Event logs of all Windows since 2000. Each log is preserved as it lies on the volume (never by a
// call that would make Windows write to it) and read as preserved by its owner: also records that
// a dirty or damaged log does not count any more. What matters of them (event_table.h) is a record
// each, its values typed and called as Windows calls them; the strings of logs of Windows XP and
// before have no names in them, and get those of evt_names.h or none. An event proves what its
// provider wrote at that time; that there is none proves nothing where the log was cleared,
// overwritten or never written: event_log tells how far it reaches and what is missing in it.
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/evt.h"
#include "collector/module/event_log_teller.h"
#include "collector/module/execution_files.h"
#include "collector/module/log_commands.h"
#include "collector/source/registry_facts.h"

namespace hozen::modules {
namespace {

constexpr std::string_view kPattern = "%SystemRoot%\\System32\\winevt\\Logs\\*.evtx";
constexpr std::string_view kOldPattern = "%SystemRoot%\\System32\\config\\*.evt";
constexpr std::array kKinds{kEvent, kEventLog, kShareUse};
/// Logs that the registry of one Windows may name.
constexpr std::size_t kMaxNamedLogs = 4096;

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-even6",
    "https://learn.microsoft.com/windows/win32/eventlog/event-log-file-format",
    "https://learn.microsoft.com/windows/win32/eventlog/eventlog-key",
    "https://jpcertcc.github.io/ToolAnalysisResultSheet/"};
constexpr std::string_view kAttack[] = {"T1070.001", "T1562.002"};

/// A log that Services\Eventlog of a SYSTEM hive names.
struct NamedLog {
  std::size_t installation = 0;
  std::string name, file;  ///< as stored
};

/// Names of the files of old logs where Windows puts them (libyal/libevt, "Event Log files").
std::string_view usual_channel(std::string_view file_name) {
  struct Usual {
    std::string_view file, channel;
  };
  constexpr Usual kUsual[] = {{"AppEvent.Evt", "Application"},
                              {"SecEvent.Evt", "Security"},
                              {"SysEvent.Evt", "System"},
                              {"DNSEvent.Evt", "DNS Server"},
                              {"NTDS.Evt", "Directory Service"},
                              {"NtFrs.Evt", "File Replication Service"},
                              {"DFSR.Evt", "DFS Replication"},
                              {"Internet.Evt", "Internet Explorer"},
                              {"WindowsPowerShell.evt", "Windows PowerShell"}};
  for (const Usual& usual : kUsual)
    if (equals_fold(usual.file, file_name)) return usual.channel;
  return {};
}

class EventLogs {
 public:
  explicit EventLogs(ModuleContext& context) : context_{context} {}

  void run() {
    if (!context_.reads_files() || context_.registry() == nullptr) return;
    find_named();
    for (const std::string_view pattern : {kPattern, kOldPattern})
      each_trace_name(context_, pattern,
                      [&](const FileInfo& file, const UserProfile* /*user*/, std::size_t) {
                        read(file);
                        return true;
                      });
    for (const FileInfo& file : elsewhere_) read(file);
  }

 private:
  /// Where the registry says that logs are: their names, and those that lie elsewhere.
  void find_named() {
    std::vector<NamedLog> logs;
    const auto listed = context_.registry()->each_hive(
        {HiveRole::system},
        [&](RegistryHive& hive) {
          list_named(hive, logs);
          return !context_.stop().stop_requested();
        },
        // Modules over the registry tell what is wrong with it.
        [](const EvidencePath&, HiveRole, const Error&) {});
    if (!listed) context_.note(listed.error());
    for (const NamedLog& log : logs) find(log);
  }

  static void list_named(RegistryHive& hive, std::vector<NamedLog>& logs) {
    if (hive.root == nullptr || hive.current_control_set == 0) return;
    auto key = hive.root->open(control_set_name(hive.current_control_set) + "\\Services\\Eventlog");
    if (!key) return;
    // What cannot be listed is told by the hive's own reader.
    (void)(*key)->each_subkey([&](RegistryKey& log) {
      const auto value = log.value("File");
      const auto text = value ? value->text() : std::nullopt;
      if (text && !text->empty()) logs.push_back({hive.installation, log.name(), *text});
      return logs.size() < kMaxNamedLogs;
    });
  }

  void find(const NamedLog& log) {
    const Registry& registry = *context_.registry();
    if (log.installation >= registry.installations().size()) return;
    const auto path = EvidencePath::parse(registry.installations()[log.installation].paths.expand(
        log.file, registry.environment(log.installation, nullptr)));
    if (!path) return;
    auto file = context_.source().stat(*path);
    if (!file || file->is_link || file->is_directory) return;
    const std::string key = context_.source().key(file->path);
    if (channels_.try_emplace(key, log.name).second) elsewhere_.push_back(*std::move(file));
  }

  void read(const FileInfo& file) {
    const std::string key = context_.source().key(file.path);
    if (!read_.insert(key).second) return;
    const auto artifact = context_.collect(file.path, "Event log", Priority::crown_jewels);
    auto bytes = context_.source().open(file.path);
    if (!bytes) return context_.note(bytes.error());
    EventLogTeller teller{context_, file, artifact.row};
    if (!is_old(**bytes)) return tell_evtx_log(teller, **bytes);
    const auto named = channels_.find(key);
    const std::string_view path = teller.row().path;
    tell_evt_log(teller, **bytes,
                 named != channels_.end() ? std::string_view{named->second}
                                          : usual_channel(path.substr(path.rfind('\\') + 1)));
  }

  /// By its content: its name says nothing where the registry leads elsewhere.
  static bool is_old(ByteSource& bytes) {
    std::array<std::byte, evt::kHeaderBytes + 8> head{};
    const auto count = bytes.read_some(0, head);
    return count && evt::looks_like_event_log(Bytes{std::span{head}.first(*count)});
  }

  ModuleContext& context_;
  std::map<std::string, std::string> channels_;  // by file
  std::vector<FileInfo> elsewhere_;
  std::set<std::string> read_;
};

Result<void> run(ModuleContext& context) {
  EventLogs{context}.run();
  return {};
}

Result<void> judge(ModuleContext& context) {
  report_cleared_logs(context);
  for (Finding& finding : judge_log_commands(context.facts())) context.report(std::move(finding));
  return {};
}

}  // namespace

extern const ModuleSpec event_logs;
const ModuleSpec event_logs{"event_logs",
                            "Event logs: the events that matter, how far each log reaches, and "
                            "whether it was cleared.",
                            kKinds,
                            kReferences,
                            kAttack,
                            run,
                            {},
                            false,
                            judge};

}  // namespace hozen::modules
