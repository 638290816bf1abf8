// From a command line to the file that would run, step by step.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/environment.h"
#include "collector/source/evidence_path.h"
#include "collector/source/own_paths.h"

namespace hozen {

/// Whether a resolved file is there. `unknown`: the source does not hold the folder's volume, so
/// nothing can be said.
enum class Existence : std::uint8_t {
  exists,
  missing,
  folder,  ///< there is a folder of that name, no file
  unknown
};
std::string_view to_text(Existence existence);

/// What the resolver may ask of the evidence. All lookups are case-insensitive.
struct ResolverContext {
  const Environment* environment = nullptr;  ///< of the user or machine the entry belongs to
  /// How the paths of the Windows that the entry belongs to are to be read; nullptr: as they stand.
  const OwnPaths* own_paths = nullptr;
  std::function<Existence(const EvidencePath&)> file_exists;  ///< for files, not folders
  /// App Paths\<name> default value; may be empty
  std::function<std::optional<std::string>(std::string_view name)> app_path;
  /// The entry belongs to the 32-bit view. When explorer, a 64-bit program, starts it
  /// (shell_execute), the path as written is tried first and SysWOW64 second; otherwise a 32-bit
  /// program reads it: System32 means SysWOW64, and %ProgramFiles% its (x86) sibling.
  bool wow64 = false;
  bool shell_execute = true;  ///< consumers that go through ShellExecute (Run keys, Startup): App
                              ///< Paths and PATHEXT apply
  /// Current folder that whoever starts the program gives it, as written: relative names that the
  /// program is handed start there. "" when not known.
  std::string working_directory{};
  bool driver = false;  ///< services and drivers: a relative path is relative to SystemRoot
};

/// A program that was named, and what it was told to run.
struct HostProgram {
  std::string name;  ///< file name in lower case: "rundll32.exe"
  std::string path;  ///< as resolved
  Existence existence = Existence::unknown;
};

/// A file that CreateProcess would start in place of an unquoted path with spaces.
struct UnquotedCandidate {
  std::string path;
  Existence existence = Existence::unknown;
};

/// What ResolvedCommand::flags may hold.
namespace command_flag {
// Where the image or the payload lies.
constexpr std::string_view kUncPath = "unc_path";
constexpr std::string_view kWebDav = "webdav";  ///< besides unc_path
constexpr std::string_view kUrl = "url";
constexpr std::string_view kAlternateDataStream = "alternate_data_stream";
constexpr std::string_view kRelativePath = "relative_path";  ///< depends on the current directory
constexpr std::string_view kDevicePath = "device_path";  ///< \Device\…, Volume{…}: no drive known
constexpr std::string_view kShortName = "short_name";    ///< 8.3 name that had to be guessed
constexpr std::string_view kTrailingDotOrSpace = "trailing_dot_or_space";
constexpr std::string_view kOutsideSystem32 =
    "outside_system32";  ///< bare DLL name found elsewhere
// What stands in the arguments.
constexpr std::string_view kUncArgument = "unc_argument";
constexpr std::string_view kUrlArgument = "url_argument";
// How the command is written.
constexpr std::string_view kUnterminatedQuote = "unterminated_quote";
constexpr std::string_view kQuotedArguments = "quoted_arguments";  ///< arguments inside the quotes
constexpr std::string_view kUnquotedPath = "unquoted_path";        ///< has earlier_candidates
constexpr std::string_view kUnquotedPathHijack = "unquoted_path_hijack";  ///< and one of them wins
constexpr std::string_view kControlCharacters = "control_characters";
constexpr std::string_view kHiddenCharacters = "hidden_characters";  ///< bidi, zero width
constexpr std::string_view kBadSurrogate = "lone_surrogate";
constexpr std::string_view kOverlong = "overlong";  ///< longer than a command line can be; cut
constexpr std::string_view kObfuscated = "obfuscated";
/// Programs inside programs deeper, or more commands, than are looked at or than honest lines have.
constexpr std::string_view kNestingLimit = "nesting_limit";
// What it does.
constexpr std::string_view kEncodedPowershell = "encoded_powershell";
constexpr std::string_view kPowershellVersion2 = "powershell_version_2";
constexpr std::string_view kHiddenWindow = "hidden_window";
constexpr std::string_view kNoProfile = "no_profile";
constexpr std::string_view kNonInteractive = "non_interactive";
constexpr std::string_view kExecutionPolicyBypass = "execution_policy_bypass";
constexpr std::string_view kInvokeExpression = "invoke_expression";
constexpr std::string_view kBase64InScript = "base64_in_script";
constexpr std::string_view kDownload = "download";
constexpr std::string_view kRemoteScriptlet = "remote_scriptlet";
constexpr std::string_view kScriptUrl = "script_url";  ///< javascript:, vbscript:
constexpr std::string_view kScriptEngineOverride = "script_engine_override";
constexpr std::string_view kMemoryDump = "memory_dump";  ///< comsvcs.dll,MiniDump
constexpr std::string_view kRemoteHost = "remote_host";  ///< told to act on another host
}  // namespace command_flag

/// The result; every field says what was found, `steps` how. Never fails: what cannot be resolved
/// is said in `steps`.
struct ResolvedCommand {
  std::string expanded;  ///< after trimming and expansion
  std::string image;     ///< the program as a Windows path, or the bare name when not found
  std::optional<EvidencePath> image_path;  ///< when it is a path of a volume
  Existence image_existence = Existence::unknown;
  std::string arguments;
  /// cmd.exe, rundll32.exe, … from the outside in; empty when the image itself is the program. Of
  /// more than eight (flag nesting_limit) the first seven and the innermost.
  std::vector<HostProgram> hosts;
  /// What the innermost host runs: program, DLL, script, URL, command text; "" without hosts
  std::string payload;
  std::optional<EvidencePath> payload_path;  ///< when the payload is a file
  Existence payload_existence = Existence::unknown;
  /// "program" | "dll" | "script" | "document" | "url" | "inline" (text of a script or command) |
  /// "service" (name of a service or group) | "com_server" (CLSID or AppID) | "task" (name) |
  /// "product" (installer product code) | ""
  std::string payload_kind;
  std::string payload_arguments;
  std::string export_name;  ///< rundll32's export or #ordinal
  std::string decoded;      ///< text of an -EncodedCommand, "" when none
  /// Further commands of the same line (`a & b`, `a; b`), as text, and what each resolves to (with
  /// neither others of its own: all stand here).
  std::vector<std::string> other_commands;
  std::vector<ResolvedCommand> others;
  /// In `others`: the same command as another user would run it.
  bool of_another_user = false;
  /// The SysWOW64 copy of the image or payload, when it and the file in System32 both exist.
  std::optional<EvidencePath> wow64_path;
  /// Unquoted path with spaces: what CreateProcess tries before the file that is meant.
  std::vector<UnquotedCandidate> earlier_candidates;
  std::vector<std::string> unknown_variables;
  std::vector<std::string> flags;  ///< of command_flag, each once, in the order found
  std::vector<std::string> steps;  ///< one short sentence a step, in order

  bool has_flag(std::string_view flag) const;
  /// The file that decides: the payload where there is one, else the image.
  const std::optional<EvidencePath>& target_path() const {
    return payload_path ? payload_path : image_path;
  }
  Existence target_existence() const { return payload_path ? payload_existence : image_existence; }
};

/// Cost: linear in the text, plus a bounded number of file_exists calls.
ResolvedCommand resolve_command_line(std::string_view command_line, const ResolverContext& context);
/// True for the name of a machine that is the evidence itself: localhost, 127.0.0.1, …
bool is_this_host(std::string_view server);
/// True for a program that runs what its arguments say (cmd.exe, rundll32.exe, …), by file name.
bool is_host_program(std::string_view file_name);
/// A bare DLL name or path of a value that the loader takes: System32 (SysWOW64 for wow64), then
/// Windows and PATH; `.dll` is appended to a name without a dot. The DLL is the `image`.
ResolvedCommand resolve_dll(std::string_view name, const ResolverContext& context);
/// A file of the evidence that is started by itself: its name as it is stored, never looked up.
ResolvedCommand resolve_stored_file(const EvidencePath& file);
/// Comma- or also space-separated lists (Userinit, Load, AppInit_DLLs): the elements, trimmed, with
/// their quotes; a separator inside quotes does not separate. Empty elements are left out.
std::vector<std::string> split_command_list(std::string_view text, bool spaces_separate);

}  // namespace hozen
