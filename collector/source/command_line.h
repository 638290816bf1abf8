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

namespace hozen {

/// Whether a resolved file is there. `unknown`: the source does not hold the folder's volume, so
/// nothing can be said.
enum class Existence : std::uint8_t { exists, missing, unknown };
std::string_view to_text(Existence existence);

/// What the resolver may ask of the evidence. All lookups are case-insensitive.
struct ResolverContext {
  const Environment* environment = nullptr;  ///< of the user or machine the entry belongs to
  std::function<Existence(const EvidencePath&)> file_exists;  ///< for files, not folders
  std::function<std::optional<std::string>(std::string_view name)>
      app_path;               ///< App Paths\<name> default value; may be empty
  bool wow64 = false;         ///< started by a 32-bit process: System32 means SysWOW64
  bool shell_execute = true;  ///< consumers that go through ShellExecute (Run keys, Startup): App
                              ///< Paths and PATHEXT apply
  bool driver = false;        ///< services and drivers: `system32\…` is relative to SystemRoot
};

/// A program that was named, and what it was told to run.
struct HostProgram {
  std::string name;  ///< file name in lower case: "rundll32.exe"
  std::string path;  ///< as resolved
};

struct UnquotedCandidate {
  std::string path;
  Existence existence = Existence::unknown;
};

/// The result; every field says what was found, `steps` how. Never fails: what cannot be resolved
/// is said in `steps`.
struct ResolvedCommand {
  std::string expanded;  ///< after trimming and expansion
  std::string image;     ///< the program as a Windows path, or the bare name when not found
  std::optional<EvidencePath> image_path;  ///< when it is a path of a volume
  Existence image_existence = Existence::unknown;
  std::string arguments;
  std::vector<HostProgram> hosts;  ///< cmd.exe, rundll32.exe, … from the outside in; empty when the
                                   ///< image itself is the program
  std::string
      payload;  ///< what the innermost host runs: DLL, script, URL, command text; "" without hosts
  std::optional<EvidencePath> payload_path;  ///< when the payload is a file
  Existence payload_existence = Existence::unknown;
  std::string payload_kind;  ///< "dll" | "script" | "program" | "url" | "inline" | "document" | ""
  std::string export_name;   ///< rundll32's export or #ordinal
  std::string decoded;       ///< text of an -EncodedCommand, "" when none
  std::vector<UnquotedCandidate>
      earlier_candidates;  ///< unquoted path with spaces: what CreateProcess tries first
  std::vector<std::string> unknown_variables;
  std::vector<std::string>
      flags;  ///< "unc_path", "url", "alternate_data_stream", "obfuscated", "encoded_powershell",
              ///< "hidden_window", "no_profile", "download", "execution_policy_bypass",
              ///< "unterminated_quote", "relative_path", …
  std::vector<std::string> steps;  ///< one short sentence a step, in order

  /// The file that decides: the payload where there is one, else the image.
  const std::optional<EvidencePath>& target_path() const {
    return payload_path ? payload_path : image_path;
  }
  Existence target_existence() const { return payload_path ? payload_existence : image_existence; }
};

ResolvedCommand resolve_command_line(std::string_view command_line, const ResolverContext& context);
/// A bare DLL name or path of a value that the loader takes (spec: System32, `.dll` appended,
/// SysWOW64 for wow64).
ResolvedCommand resolve_dll(std::string_view name, const ResolverContext& context);
/// Comma- or space-separated lists (Userinit, Load, AppInit_DLLs): the elements, quotes respected.
std::vector<std::string> split_command_list(std::string_view text, bool spaces_separate);

}  // namespace hozen
