// What records show, for rules that join what several modules read: stated while modules run, read
// by `judge` when all have run. No module reads another's records.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "collector/base/filetime.h"

namespace hozen {

/// What a fact is about. Values are named as Windows names them in the event, where it is one;
/// event_table.h says which of them a fact of an event has. In braces: `subject`.
enum class FactKind : std::uint8_t {
  logon,           ///< an account was logged on or refused, or credentials were used {account}
  machine_logon,   ///< the same of a computer's account {account}
  session,         ///< a desktop session began, ended or was tried from afar {account}
  service,         ///< a service was installed {service name}
  service_state,   ///< a service was started, stopped, changed, or failed {service name}
  share,           ///< a share or a file on it was asked for from afar {name on the share}
  pipe,            ///< a named pipe was made or opened {pipe}
  process,         ///< a process was started {image}
  file,            ///< a file was made, deleted, or is there {path}
  registry,        ///< a value or key was written or deleted {key with value}
  task,            ///< a scheduled task was made, changed or deleted {task}
  task_run,        ///< a scheduled task started something {task}
  wmi,             ///< a WMI consumer, filter, binding, or a query that was run {consumer}
  network,         ///< a connection was made {image}
  remoting,        ///< WinRM or a remote PowerShell was used {}
  log_cleared,     ///< {log}
  execution,       ///< a trace of a program that ran, at one of its times {path, or name alone}
  presence,        ///< a trace of a program that was there {path}
  eula,            ///< a user accepted the licence of a tool of Sysinternals {name of the tool}
  service_entry,   ///< a service is set up in the registry {service name}
  clock,           ///< the clock was changed by a minute or more {account}
  start,           ///< Windows started: numbers of logon sessions come again {}
  account_change,  ///< an account or a group was made, changed or deleted {account or group}
  directory,       ///< an object of Active Directory was used or changed {object}
  secure_channel,  ///< a computer's channel to its domain was refused or is weak {}
  process_access,  ///< a process opened another one or started a thread in it {the other's image}
  module_load,     ///< a driver or DLL was loaded that is not a sound one of Windows {path}
  detection,       ///< an antivirus program found something {what it calls it}
  script,          ///< a block of a script that PowerShell ran {path}
  database,        ///< a database of ESE or a shadow copy was made, attached or detached {}
  file_change,     ///< a change that the USN journal tells {path}
  archive,         ///< an archive is there {path}
  archive_trace,   ///< a program's own memory of an archive that it made or opened {path}
  autostart,       ///< something starts by itself {path of the file that is run or loaded}
};
inline constexpr std::size_t kFactKinds = 34;
std::string_view to_text(FactKind kind);

/// Strings by name. A name that is not there and a value that is empty are the same.
class FactValues {
 public:
  /// Longer values are cut to kMaxValue bytes, at a character's end.
  static constexpr std::size_t kMaxValue = 2048;
  void add(std::string_view name, std::string_view value);
  std::string_view operator[](std::string_view name) const;
  std::size_t bytes() const { return packed_.size(); }
  /// All of them, to be put away and brought back.
  const std::string& packed() const { return packed_; }
  static FactValues of_packed(std::string packed) {
    FactValues values;
    values.packed_ = std::move(packed);
    return values;
  }

 private:
  std::string packed_;  // name, NUL, length in two bytes, value, ...
};

struct Fact {
  FactKind kind{};
  /// Of an event, 0 for all others: in the numbers of Windows Vista and later (528 is 4624).
  std::uint32_t event_id = 0;
  FileTime time{};     ///< may be unset
  std::string record;  ///< id of the record that shows it
  std::string subject;
  FactValues values;
};

/// Which event a fact is of. Facts of all other evidence have none of this.
struct FactOrigin {
  std::string_view computer;  ///< that wrote it, as it called itself then
  /// Name of the log, where that is one of the host's own and not a copy or what others forwarded.
  std::string_view own_log;
  std::uint64_t number = 0;  ///< EventRecordID
  bool recovered = false;    ///< found in slack or behind damage
};

/// A trace of execution or presence of the program at `path`, in `source` ("amcache", "prefetch").
Fact trace_fact(FactKind kind, std::string_view source, std::string_view path, FileTime time,
                std::string record);

/// Whether two names may be those of one computer: the same, or one of them bare and the first
/// label of the other. A bare name of 15 characters may be the NetBIOS name, which is cut there
/// (Microsoft, "Naming conventions in Active Directory").
bool is_same_computer(std::string_view a, std::string_view b);

/// All facts of one host. Spans are valid during `judge`.
class FactBook {
 public:
  virtual ~FactBook() = default;
  /// "" for the host that the evidence is of: all its facts. Else the computer whose events were
  /// found on it (forwarded, or copied with a log): its facts are of events alone.
  virtual std::string_view computer() const = 0;
  /// What that host is or was called, by its events and its registry: bare or full, in any case.
  virtual std::span<const std::string> names() const = 0;
  /// In the order of their times, those without one first; equal times in the order of statement.
  virtual std::span<const Fact> facts(FactKind kind) const = 0;
  /// How many are not in the book because there were too many of the kind. Those that stand near
  /// rare ones, as a logon near the installation of a service, are in it before others.
  virtual std::uint64_t left_out(FactKind kind) const = 0;
  /// How many of those left out stand near rare ones: where it is 0, what is not there near one was
  /// not stated.
  virtual std::uint64_t dropped(FactKind kind) const = 0;

  /// Those of facts(kind) with first <= time <= last.
  std::span<const Fact> between(FactKind kind, FileTime first, FileTime last) const;
};

}  // namespace hozen
