// The processes of a running system, the images mapped in them and their connections: what no disk
// tells. A command line is what the process says of itself, and it can change that, as it can the
// loader's list of its libraries; so the list is held against what is mapped. Nothing here proves
// what a process did: it tells what was there in the moment of the question, as the system's
// functions told it, which a driver can deceive. Images are told once, with the processes that have
// them.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/module.h"
#include "collector/module/process_rules.h"
#include "collector/module/rules.h"
#include "collector/source/live_state.h"

namespace hozen::modules {
namespace {

/// Processes that one record of an image names, and their different programs.
constexpr std::size_t kMaxPids = 100, kMaxPrograms = 20;
/// Different images after which the rest is left out; a host has under 10,000.
constexpr std::size_t kMaxImages = 100'000;
/// Processes for which it is stated to other modules that they have loaded an image.
constexpr std::size_t kMaxStated = 50;
constexpr std::size_t kMaxFindings = 1'000;

struct ProcessRow {
  const LiveProcess* process = nullptr;
  const LiveProcess* parent = nullptr;
  bool is_own = false;
};
using P = Field<ProcessRow>;
constexpr std::array kProcessFields{
    P{{"pid", "Number of the process."},
      [](const ProcessRow& r, Cell& c) { c.number(r.process->pid); }},
    P{{"name", "Name of its program, as the kernel lists it."},
      [](const ProcessRow& r, Cell& c) { text_or_absent(c, r.process->name); }},
    P{{"path", "Its program, as the kernel has it."},
      [](const ProcessRow& r, Cell& c) { text_or_absent(c, r.process->path); }},
    P{{"command_line", "Its command line, which it can change itself."},
      [](const ProcessRow& r, Cell& c) {
        text_or_absent(c, r.process->command_line,
                       r.process->unreadable ? Absent::unreadable : Absent::not_present);
      }},
    P{{"started", "When it began."},
      [](const ProcessRow& r, Cell& c) { time_or_absent(c, r.process->started); }},
    P{{"parent_pid", "Number of the process that started it, which another may have by now."},
      [](const ProcessRow& r, Cell& c) { c.number(r.process->parent_pid); }},
    P{{"parent_path", "Program of that process, if it runs still."},
      [](const ProcessRow& r, Cell& c) {
        text_or_absent(c, r.parent == nullptr ? std::string_view{} : r.parent->path);
      }},
    P{{"session", "Number of the session, 0 for services."},
      [](const ProcessRow& r, Cell& c) { c.number(r.process->session); }},
    P{{"is_wow64", "Whether it is a program of 32 bits on a system of 64."},
      [](const ProcessRow& r, Cell& c) { c.boolean(r.process->is_wow64); }},
    P{{"is_deleted", "Whether the file of its program is not there any more."},
      [](const ProcessRow& r, Cell& c) { c.boolean(r.process->is_deleted); }},
    P{{"missing_in",
       "List of the system that does not show it: process_list (NtQuerySystemInformation) or "
       "snapshot (Toolhelp)."},
      [](const ProcessRow& r, Cell& c) { text_or_absent(c, r.process->missing_in); }},
    P{{"modules", "How many images are mapped in it or in its loader's list."},
      [](const ProcessRow& r, Cell& c) { c.number(r.process->modules.size()); }},
    P{{"modules_whole", "Whether all of them could be listed."},
      [](const ProcessRow& r, Cell& c) { c.boolean(r.process->modules_whole); }},
    P{{"is_own", "Whether it is the program that made this bundle."},
      [](const ProcessRow& r, Cell& c) { c.boolean(r.is_own); }},
    P{{"unreadable", "Why something of it is not known."},
      [](const ProcessRow& r, Cell& c) {
        text_or_absent(c, r.process->unreadable ? r.process->unreadable->text() : std::string{});
      }},
};
constexpr auto kProcessColumns = columns_of(kProcessFields);
constexpr Kind kProcess{"process", "One process of the running system.", kProcessColumns,
                        "Process {pid} began[: {command_line|path|name}]"};

/// One image, in all the processes that have it in the same way.
struct ImageRow {
  const LiveModule* module = nullptr;
  std::vector<const LiveProcess*> processes{};
  /// One whose two lists are whole, if there is one.
  const LiveProcess* compared = nullptr;
  bool is_main = false;
};
std::vector<std::string> programs_of(const ImageRow& row) {
  std::set<std::string> programs;
  for (const LiveProcess* process : row.processes)
    if (programs.size() < kMaxPrograms)
      programs.insert(process->path.empty() ? process->name : process->path);
  return {programs.begin(), programs.end()};
}
std::vector<std::string> pids_of(const ImageRow& row) {
  std::vector<std::string> pids;
  for (const LiveProcess* process : row.processes)
    if (pids.size() < kMaxPids) pids.push_back(std::to_string(process->pid));
  return pids;
}

using I = Field<ImageRow>;
constexpr std::array kImageFields{
    I{{"path", "The file that is mapped, or what the loader lists where nothing is mapped."},
      [](const ImageRow& r, Cell& c) { text_or_absent(c, r.module->path); }},
    I{{"loader_path", "What the loader's list has in its place, where that differs."},
      [](const ImageRow& r, Cell& c) { text_or_absent(c, r.module->loader_path); }},
    I{{"processes", "How many processes have it."},
      [](const ImageRow& r, Cell& c) { c.number(r.processes.size()); }},
    I{{"pids", "Their numbers, the first hundred."},
      [](const ImageRow& r, Cell& c) { c.texts(pids_of(r)); }},
    I{{"programs", "Their programs, twenty at most."},
      [](const ImageRow& r, Cell& c) { c.texts(programs_of(r)); }},
    I{{"base_address", "Address of the image in the first of them."},
      [](const ImageRow& r, Cell& c) { c.number(r.module->base); }},
    I{{"size_bytes", "Its size in memory."},
      [](const ImageRow& r, Cell& c) { c.number(r.module->size_bytes); }},
    I{{"in_loader_list", "Whether the loader's list, which a process can change, has it."},
      [](const ImageRow& r, Cell& c) { c.boolean(r.module->in_loader_list); }},
    I{{"is_mapped", "Whether the memory manager has it mapped as an image."},
      [](const ImageRow& r, Cell& c) { c.boolean(r.module->is_mapped); }},
    I{{"is_deleted", "Whether there is no file of that path any more."},
      [](const ImageRow& r, Cell& c) { c.boolean(r.module->is_deleted); }},
    I{{"has_bound_imports",
       "Of one that the loader does not list, whether its imports lead to functions, so that it "
       "was loaded to run and not for its texts and icons."},
      [](const ImageRow& r, Cell& c) {
        flag_or_absent(c, r.module->has_bound_imports, Absent::not_applicable);
      }},
    I{{"is_program", "Whether it is the program of the process itself."},
      [](const ImageRow& r, Cell& c) { c.boolean(r.is_main); }},
};
constexpr auto kImageColumns = columns_of(kImageFields);
constexpr Kind kImage{"loaded_module",
                      "One image that processes of the running system have loaded.", kImageColumns,
                      "Image {path|loader_path} in {processes} processes"};

struct ConnectionRow {
  const LiveConnection* connection = nullptr;
  const LiveProcess* process = nullptr;
  std::string_view direction{};
};
using C = Field<ConnectionRow>;
constexpr std::array kConnectionFields{
    C{{"protocol", "One of tcp, tcp6, udp and udp6."},
      [](const ConnectionRow& r, Cell& c) { c.text(r.connection->protocol); }},
    C{{"local_address", "Address of this host."},
      [](const ConnectionRow& r, Cell& c) { text_or_absent(c, r.connection->local_address); }},
    C{{"local_port", "Port of this host."},
      [](const ConnectionRow& r, Cell& c) { c.number(r.connection->local_port); }},
    C{{"remote_address", "Address of the other side."},
      [](const ConnectionRow& r, Cell& c) { text_or_absent(c, r.connection->remote_address); }},
    C{{"remote_port", "Port of the other side, 0 without one."},
      [](const ConnectionRow& r, Cell& c) { c.number(r.connection->remote_port); }},
    C{{"state", "State of a connection of TCP: listen, established, close_wait and so on."},
      [](const ConnectionRow& r, Cell& c) {
        text_or_absent(c, r.connection->state, Absent::not_applicable);
      }},
    C{{"direction",
       "The word in where this host listens on the local port, else out, for connections of TCP."},
      [](const ConnectionRow& r, Cell& c) {
        text_or_absent(c, r.direction, Absent::not_applicable);
      }},
    C{{"pid", "Number of the process that has it, 0 when it is not known or has ended."},
      [](const ConnectionRow& r, Cell& c) { c.number(r.connection->pid); }},
    C{{"path", "Program of that process."},
      [](const ConnectionRow& r, Cell& c) {
        text_or_absent(c, r.process == nullptr ? std::string_view{} : r.process->path);
      }},
};
constexpr auto kConnectionColumns = columns_of(kConnectionFields);
constexpr Kind kConnection{
    "connection", "One connection or open port of the running system.", kConnectionColumns,
    "{protocol} {local_address}:{local_port}[ with {remote_address}:{remote_port}][ {state}][, "
    "{path}]"};
constexpr std::array kKinds{kProcess, kImage, kConnection};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation",
    "https://learn.microsoft.com/windows/win32/api/memoryapi/nf-memoryapi-virtualqueryex",
    "https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable",
    "https://attack.mitre.org/techniques/T1055/001/"};
constexpr std::string_view kAttack[] = {"T1014",     "T1036",     "T1036.005",
                                        "T1055.001", "T1055.012", "T1070.004"};

class Reader {
 public:
  Reader(ModuleContext& context, const LiveState& state) : context_{context}, state_{state} {
    for (const LiveProcess& process : state.processes) by_pid_.emplace(process.pid, &process);
    if (Registry* registry = context.registry(); registry != nullptr) {
      if (!registry->installations().empty()) windows_ = registry->installations().front().windows;
      for (const UserProfile& user : registry->users()) users_.emplace(user.sid, user.name);
    }
    const auto host = context.source().live_host();
    is_emulated_ = host && !host->emulator.empty();
  }

  void processes() {
    for (const LiveProcess& process : state_.processes) {
      if (context_.stop().stop_requested()) return;
      const LiveProcess* parent = parent_of(process, by_pid_);
      const ProcessRow row{&process, parent, process.pid == state_.own_pid && process.pid != 0};
      Envelope envelope;
      if (process.started.is_set()) envelope.timestamps.emplace_back("started", process.started);
      envelope.user_sid = process.user_sid;
      if (const auto user = users_.find(process.user_sid); user != users_.end())
        envelope.user_name = user->second;
      const std::string& record = records_[&process] =
          context_.emit(kProcess, kProcessFields, row, envelope);
      if (row.is_own) continue;
      state_process(process, parent, record, envelope.user_name);
      gather(process);
    }
    // Parents have their records by now.
    for (const LiveProcess& process : state_.processes)
      if (process.pid != state_.own_pid) judge(process);
  }

  void images() {
    for (auto& [key, row] : images_) {
      if (context_.stop().stop_requested()) return;
      const std::string record = context_.emit(kImage, kImageFields, row, {});
      if (is_emulated_ && stands_for_windows(*row.module, windows_)) continue;
      const auto file = EvidencePath::parse(row.module->path);
      if (!row.is_main && !(file && is_windows_folder(*file, windows_)))
        for (std::size_t i = 0; i < std::min(row.processes.size(), kMaxStated); ++i)
          state_image(*row.module, *row.processes[i], record);
      ModuleCase one;
      one.module = row.module;
      one.process = row.compared != nullptr ? row.compared : row.processes.front();
      one.processes = row.processes.size();
      one.is_main = row.is_main;
      one.lists_whole = row.compared != nullptr;
      one.windows = windows_;
      one.record = record;
      report(judge_module(one, context_.signatures()), row.module->path, row.module->is_deleted);
    }
  }

  void connections() {
    std::set<std::pair<bool, std::uint16_t>> listening;  // by IPv6 and port
    for (const LiveConnection& one : state_.connections)
      if (one.state == "listen") listening.emplace(one.protocol == "tcp6", one.local_port);
    for (const LiveConnection& one : state_.connections) {
      if (context_.stop().stop_requested()) return;
      ConnectionRow row{&one, nullptr, {}};
      if (const auto process = by_pid_.find(one.pid); one.pid != 0 && process != by_pid_.end())
        row.process = process->second;
      const bool is_both = one.remote_port != 0 && one.protocol.starts_with("tcp");
      // A port that IPv6 listens on takes connections of IPv4 too.
      if (is_both)
        row.direction = listening.contains({one.protocol == "tcp6", one.local_port}) ||
                                listening.contains({true, one.local_port})
                            ? "in"
                            : "out";
      const std::string record = context_.emit(kConnection, kConnectionFields, row, {});
      if (is_both && row.process != nullptr && one.pid != state_.own_pid)
        state_connection(row, record);
    }
  }

 private:
  /// The same image in the same way: path, the loader's path, flags.
  using Key = std::tuple<std::string, std::string, bool, bool, bool, std::optional<bool>, bool>;

  void gather(const LiveProcess& process) {
    for (const LiveModule& module : process.modules) {
      const bool is_main = equals_fold(module.path, process.path);
      Key key{fold_case(module.path),
              fold_case(module.loader_path),
              module.in_loader_list,
              module.is_mapped,
              module.is_deleted,
              module.has_bound_imports,
              is_main};
      if (!images_.contains(key) && images_.size() >= kMaxImages) {
        if (!std::exchange(is_cut_, true))
          context_.note(Error{Errc::limit, "images of the running processes"});
        continue;
      }
      ImageRow& row = images_[std::move(key)];
      if (row.module == nullptr) row.module = &module;
      row.processes.push_back(&process);
      row.is_main = is_main;
      if (process.modules_whole && row.compared == nullptr) row.compared = &process;
    }
  }

  void judge(const LiveProcess& process) {
    ProcessCase one;
    one.process = &process;
    one.parent = parent_of(process, by_pid_);
    one.windows = windows_;
    one.is_emulated = is_emulated_;
    one.record = records_[&process];
    if (one.parent != nullptr) one.parent_record = records_[one.parent];
    report(judge_process(one, context_.signatures()), process.path, process.is_deleted);
  }

  void report(std::vector<Finding> findings, const std::string& path, bool is_deleted) {
    for (Finding& finding : findings) {
      if (reported_ >= kMaxFindings) {
        if (reported_++ == kMaxFindings)
          context_.note(Error{Errc::limit, "findings of the running processes"});
        return;
      }
      ++reported_;
      if (const auto file = EvidencePath::parse(path); file && !is_deleted)
        context_.collect(*file, "image of a finding: " + finding.rule, Priority::high);
      context_.report(std::move(finding));
    }
  }

  static Fact live_fact(FactKind kind, const LiveProcess& process, const std::string& record) {
    Fact fact;
    fact.kind = kind;
    fact.record = record;
    fact.subject = process.path;
    fact.values.add("source", "live");
    fact.values.add("Image", process.path);
    fact.values.add("ProcessId", std::to_string(process.pid));
    return fact;
  }
  void state_process(const LiveProcess& process, const LiveProcess* parent,
                     const std::string& record, const std::string& user) {
    if (process.path.empty()) return;
    Fact fact = live_fact(FactKind::process, process, record);
    fact.time = process.started;
    fact.values.add("CommandLine", process.command_line);
    fact.values.add("ParentProcessId", std::to_string(process.parent_pid));
    if (parent != nullptr) fact.values.add("ParentImage", parent->path);
    fact.values.add("User", user);
    fact.values.add("UserSid", process.user_sid);
    context_.state(std::move(fact));
  }
  void state_image(const LiveModule& module, const LiveProcess& process,
                   const std::string& record) {
    Fact fact = live_fact(FactKind::module_load, process, record);
    fact.subject = module.path;
    fact.values.add("ImageLoaded", module.path);
    fact.values.add("LoaderPath", module.loader_path);
    if (module.is_deleted) fact.values.add("deleted", "true");
    if (module.is_mapped && !module.in_loader_list && process.modules_whole)
      fact.values.add("unlinked", module.has_bound_imports.value_or(false) ? "true" : "resource");
    context_.state(std::move(fact));
  }
  void state_connection(const ConnectionRow& row, const std::string& record) {
    if (row.process->path.empty()) return;
    const LiveConnection& one = *row.connection;
    const bool is_in = row.direction == "in";
    Fact fact = live_fact(FactKind::network, *row.process, record);
    fact.time = context_.source().live_time().value_or(FileTime{});
    fact.values.add("SourceIp", is_in ? one.remote_address : one.local_address);
    fact.values.add("DestinationIp", is_in ? one.local_address : one.remote_address);
    fact.values.add("DestinationPort", std::to_string(is_in ? one.local_port : one.remote_port));
    fact.values.add("Initiated", is_in ? "false" : "true");
    context_.state(std::move(fact));
  }

  ModuleContext& context_;
  const LiveState& state_;
  EvidencePath windows_{};
  bool is_emulated_ = false, is_cut_ = false;
  ProcessesByPid by_pid_{};
  std::map<std::string, std::string> users_{};
  std::map<const LiveProcess*, std::string> records_{};
  std::map<Key, ImageRow> images_{};
  std::size_t reported_ = 0;
};

Result<void> run(ModuleContext& context) {
  const LiveState* state = context.source().live_state();
  // The same in both views of the registry.
  if (state == nullptr || !context.reads_files()) return {};
  if (state->processes_failed) context.note(*state->processes_failed);
  if (state->connections_failed) context.note(*state->connections_failed);
  Reader reader{context, *state};
  reader.processes();
  reader.images();
  reader.connections();
  if (context.stop().stop_requested()) return Error{Errc::cancelled, "processes"};
  return {};
}

}  // namespace

extern const ModuleSpec processes;
const ModuleSpec processes{
    "processes", "Processes of a running system, the images mapped in them, and their connections.",
    kKinds,      kReferences,
    kAttack,     run};

}  // namespace hozen::modules
