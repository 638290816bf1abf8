// The inside of the command-line resolver: what its parts share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/command_line.h"
#include "collector/source/command_line_tokens.h"

namespace hozen::resolver {

/// Programs inside programs: cmd /c cmd /c …. Real entries have two or three.
constexpr std::size_t kMaxHosts = 8;
/// As deep the innermost is still looked for.
constexpr std::size_t kMaxDepth = 64;
/// Commands beside the first that are resolved.
constexpr std::size_t kMaxOtherCommands = 32;

/// A further command of a line, and what holds where it runs.
struct OtherCommand {
  std::string text;
  std::string folder;  ///< current_directory
  bool wow64 = false;
  bool in_cmd = false;
};

/// What a name without a dot may stand for.
enum class Lookup : std::uint8_t {
  exact,    ///< only itself: scripts, documents
  program,  ///< itself or with .exe (PATHEXT for ShellExecute)
  dll,      ///< itself with .dll appended
};

/// A file as it was looked for.
struct FoundFile {
  std::string text;  ///< Windows path, or the name when it was not found
  std::optional<EvidencePath> path;
  Existence existence = Existence::unknown;
  bool exists() const { return existence == Existence::exists; }
};

/// The first part of a command line, and what follows it.
struct Program {
  FoundFile file;
  std::string arguments;
};

/// A path with its Windows NT forms taken off.
struct NormalPath {
  enum class Kind : std::uint8_t { absolute, unc, url, device, relative, bare };
  Kind kind = Kind::bare;
  std::string text;
};

/// One resolution as it goes on.
class Resolution {
 public:
  Resolution(const ResolverContext& context, ResolvedCommand& out);
  /// To resolve a command that another one's line holds.
  Resolution(const ResolverContext& context, ResolvedCommand& out, const OtherCommand& other);

  /// Resolves a whole command: the outermost one, or one that a host program was told to run.
  void run_command(std::string_view text);
  /// A DLL the loader takes, as `image`.
  void run_dll(std::string_view text);

  /// A sentence that stands already is not repeated.
  void step(std::string text);
  /// A text that the Windows of the entry wrote, its variables not yet filled in, with the drive
  /// letters of the evidence.
  std::string with_letters(std::string_view text);
  /// The same with the folders that were moved as they lie in the evidence.
  std::string with_folders(std::string_view text) const;
  void flag(std::string_view flag);
  ResolvedCommand& out() { return out_; }
  const ResolverContext& context() const { return context_; }

  /// A file by path or name. Flags what is odd about where it lies.
  FoundFile find_file(std::string_view text, Lookup lookup);
  /// Program and arguments of a command line, as CreateProcess takes it apart.
  Program take_program(std::string_view text);

  /// The payload is a file: `text` is a path or name, `kind` as in ResolvedCommand.
  void set_payload_file(std::string_view kind, std::string_view text, Lookup lookup,
                        std::string_view arguments = {});
  /// The payload is what it says: inline text, a service, a CLSID, a task.
  void set_payload_text(std::string_view kind, std::string_view text);
  /// A URL, or a file when it is none.
  void set_payload_url_or_file(std::string_view kind, std::string_view text,
                               std::string_view arguments = {});
  /// A further command of the same line, to be resolved by itself.
  void add_other(std::string_view text);
  const std::vector<OtherCommand>& others() const { return others_; }
  /// A host inside a host that is no program of its own: a DLL whose export starts programs.
  void push_host(std::string_view name, const FoundFile& file);

  /// Folder that `cd /d`, `start /d` or whoever starts the program made current; "" when not known.
  std::string current_directory;
  /// cmd.exe has put its variables into the text: those left over are not known, and no file names.
  bool in_cmd = false;

 private:
  NormalPath normalise(std::string_view text);
  std::string without_nt_prefix(std::string_view text, bool& literal);
  std::optional<NormalPath> made_absolute(const std::string& path);
  FoundFile find_absolute(const std::string& path, Lookup lookup);
  FoundFile find_by_search(const std::string& name, Lookup lookup);
  FoundFile find_app_path(std::string_view name);
  /// A program's own name in the folder that it is started in, which the usual search leaves out.
  FoundFile find_in_working_directory(const std::string& name, Lookup lookup);
  std::vector<EvidencePath> search_folders(Lookup lookup);
  std::vector<std::string> extensions_for(std::string_view name, Lookup lookup) const;
  /// One exact path, with WOW64 redirection.
  FoundFile probe(const std::string& text);
  FoundFile probe(const EvidencePath& path);
  /// `path` with SystemRoot\`folder` replaced by SystemRoot\`other`; nothing when it lies elsewhere
  /// or is exempt from redirection.
  std::optional<EvidencePath> below_system_root(const EvidencePath& path, std::string_view folder,
                                                std::string_view other) const;
  std::optional<std::string> replace_short_name(const std::string& path) const;
  Existence existence_of(const EvidencePath& path) const;
  /// A path that somebody wrote, its variables filled in, as the evidence calls it.
  std::string here(std::string_view text) const;
  std::string variable(std::string_view name) const;
  const std::string& system_root() const { return system_root_; }
  bool strict_wow64() const {
    return in_wow64_program_ || (context_.wow64 && !context_.shell_execute);
  }

  Program take_quoted(std::string_view text);
  Program take_unquoted(std::string_view text, bool note_earlier);
  void note_earlier_candidates(const std::vector<FoundFile>& files, std::size_t count,
                               bool hijacked);
  bool unwrap(const Program& program);
  void note_target(const FoundFile& file);
  void note_arguments(std::string_view arguments);

  const ResolverContext& context_;
  ResolvedCommand& out_;
  std::string system_root_;                                 ///< "" when not known
  std::string working_directory_;                           ///< the context's, expanded
  std::optional<EvidencePath> system_root_path_;            ///< the same, when it is on a volume
  std::optional<std::vector<EvidencePath>> fixed_folders_;  ///< of the search path
  std::size_t system_folders_ = 0;  ///< how many of them are Windows' own, which come first
  bool in_wow64_program_ = false;
  bool outermost_ = true;
  std::size_t depth_ = 0;  ///< hosts entered, those not recorded included
  std::vector<OtherCommand> others_;
};

/// How a host program names what it runs. True when a payload was set; otherwise the program itself
/// is what runs.
using Unwrap = bool (*)(Resolution&, std::string_view arguments);
/// The rule for a program by its file name (any case, with or without .exe); nullptr when it is not
/// a host.
Unwrap find_host(std::string_view file_name);

bool unwrap_cmd(Resolution&, std::string_view arguments);
bool unwrap_powershell(Resolution&, std::string_view arguments);
bool unwrap_pwsh(Resolution&, std::string_view arguments);
bool unwrap_rundll32(Resolution&, std::string_view arguments);
bool unwrap_msiexec(Resolution&, std::string_view arguments);
bool unwrap_schtasks(Resolution&, std::string_view arguments);
bool unwrap_wmic(Resolution&, std::string_view arguments);
bool unwrap_odbcconf(Resolution&, std::string_view arguments);
bool unwrap_java(Resolution&, std::string_view arguments);
bool unwrap_interpreter(Resolution&, std::string_view arguments);
bool unwrap_at(Resolution&, std::string_view arguments);
bool unwrap_appv_publishing(Resolution&, std::string_view arguments);
bool unwrap_downloader(Resolution&, std::string_view arguments);

/// The text with its %variables% as cmd.exe puts them in, also parts of them and changed ones.
/// Unknown ones stay. Flags what is put together in that way.
std::string with_cmd_variables(Resolution&, std::string_view text, const Environment* environment);
/// `%name:~1,2%` or `%name:a=b%`.
bool has_changed_variable(std::string_view text);

/// Runs what is left of the text from argument `index` on; false when nothing is.
bool run_rest(Resolution&, std::string_view text, const Arguments& arguments, std::size_t index);
/// Runs the argument behind a switch (forfiles /c); false when there is no such switch.
bool run_behind(Resolution&, std::string_view text, std::initializer_list<std::string_view> names);

/// Flags what a PowerShell text does, and sets what it starts as payload, or the text itself.
void run_powershell_text(Resolution&, std::string_view text);

/// What a statement of a PowerShell text starts.
struct Started {
  std::string_view file;  ///< "" when it starts none
  std::string_view arguments;
};
/// `& 'C:\x.exe' -y`, `. x.ps1`, `Start-Process x`, `$a = x.exe`. A quoted text that nothing calls
/// is only printed, but for the whole of a command line.
Started started_by(std::string_view statement, bool quotes_call);
/// Statements: what stands between `;`, line ends, `|`, braces, and before each `&`, outside of
/// quotes. The rest is one more when there are too many.
std::vector<std::string_view> split_statements(Resolution&, std::string_view text);
/// Files that a script text loads as code: modules, and with `evaluates` (the text runs what it
/// reads: Invoke-Expression) whatever it reads.
std::vector<std::string_view> files_loaded(std::string_view text, bool evaluates);
/// Statements that only wait or prepare: what comes behind them is the purpose of the text.
bool only_prepares(std::string_view statement);
/// Letters, digits, `-`, `_` and whatever is not ASCII.
bool is_script_word_character(char c);

/// "dll", "script", "document" or "program" by extension; `otherwise` for others.
std::string_view kind_by_extension(std::string_view path, std::string_view otherwise);
/// True for extensions of programs and scripts that a command line may begin with.
bool has_program_extension(std::string_view path);
bool is_url(std::string_view text);
/// javascript:, vbscript:, …
bool is_script_url(std::string_view text);

}  // namespace hozen::resolver
