// Tools that run programs on other hosts through a service: how their services, files and pipes are
// called, and what names say of the host they came from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/service_start.h"

namespace hozen {

struct RemoteTool {
  std::string_view name;  ///< "PsExec", "RemCom", ...
  std::string_view
      service;             ///< usual name of its service, '*' and '?' as wildcards; "" when random
  std::string_view image;  ///< usual file name of its program on the target; "" when random
  std::string_view pipe;   ///< how its pipes are called; "" when as the service
  bool is_dual_use = false;  ///< administrators use it too
};

/// A service that such a tool installs, and why it is taken for one.
struct RemoteService {
  const RemoteTool* tool = nullptr;
  std::string because{};      ///< a clause: "it is called ..."
  std::string source_host{};  ///< where the name of the service says it: PAExec
  std::string command{};      ///< where the service is the command itself
  bool is_random = false;     ///< known by the form of its names only
  /// Installers and administrators set up such services too: what Windows starts by itself and is a
  /// shell with a batch file, or a bare name that is no program of Windows.
  bool is_ordinary = false;
  bool is_start_known = true;  ///< false: its form counts less, as it may start with Windows
};

/// `name` may be the key's or the display name; `image_path` as registered; `start` as it was
/// set up: what nothing tells makes no service more suspicious and hides none. Nothing for others.
std::optional<RemoteService> remote_service(std::string_view name, std::string_view image_path,
                                            ServiceStart start);

/// The tool that calls a pipe like this, nullptr for others. With or without leading backslash.
const RemoteTool* tool_of_pipe(std::string_view pipe);

/// A pipe for the input or output of one session of PsExec, whatever its service is called.
struct SessionPipe {
  std::string service, source_host;
  std::uint32_t source_process = 0;
};
/// "SERVICE-HOST-1234-stdin": every way to part service and host, both of which may have '-' in
/// them, the shortest service first. Empty for other names.
std::vector<SessionPipe> session_pipes(std::string_view pipe);

/// The host that a key file of PsExec 2.30 and later names: "PSEXEC-HOST-1234ABCD.key"; nothing for
/// other names.
std::optional<std::string> host_of_key_file(std::string_view file_name);

/// What a program is by its version resource, whatever its file is called.
enum class PsExecPart : std::uint8_t { none, client, service };
PsExecPart psexec_part(std::string_view original_file_name, std::string_view description);

/// Whether a file is called as PsExec's or PAExec's client is, with a number or version behind it
/// or not: "PsExec64.exe", "psexec (2).exe"; not "psexec_viewer.exe" nor "PSEXESVC.exe".
bool is_client_name(std::string_view file_name);

/// The file name of the program that a service's ImagePath or a path names, without extension, in
/// upper case; "" when it is a command of several parts.
std::string image_stem(std::string_view image_path);
/// Whether the program lies in the folder of Windows itself: %SystemRoot%\x.exe, C:\Windows\x.exe,
/// \DEVICE\HARDDISKVOLUME2\WINDOWS\X.EXE.
bool is_in_windows_root(std::string_view image_path);

/// The words of a command line, quotes taken off.
std::vector<std::string> command_words(std::string_view command_line);

/// What a client was asked to do.
struct ClientCommand {
  std::vector<std::string> targets{};  ///< hosts behind "\\\\", as they were given; "*": the domain
  std::string target_file{};           ///< file that lists hosts: "@file"
  std::string command{};               ///< what was to be run, with its arguments
  std::string account{};               ///< behind -u
  bool as_system = false;

  /// As they were given: "a, b" or "@file"; "" when none was.
  std::string target() const;
  /// Without a host, or for this one: by a name that always means it, or one of its `own` names.
  bool is_for_this_host(std::span<const std::string> own) const;
  /// Some host is named that may be another one.
  bool is_for_others(std::span<const std::string> own) const;
};
/// Of a command line of PsExec or PAExec: "psexec \\host -u user -p secret -s cmd /c dir". The
/// password is not kept.
ClientCommand client_command(std::string_view command_line);

/// Shells and tools of the system that intruders run through such services.
bool is_telling_child(std::string_view image);

}  // namespace hozen
