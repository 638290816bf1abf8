// What was typed at the prompt of PowerShell 5 and later, by every user (PSReadLine writes it, the
// last 4,096 commands by default). A line proves that it was entered there by this user, in this
// order; not when, and not that it worked. Scripts and commands given to powershell.exe do not
// appear. The file's last change is about the time of the last command.
#include <array>
#include <string>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/execution_files.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

struct Row {
  const EvidencePath& path;
  std::string command;
  std::uint32_t line = 0;
  bool is_last = false;
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"command", "What was entered; lines of one command are separated by line feeds."},
      [](const Row& r, Cell& c) { c.text(r.command); }},
    F{{"proves", "What the line is evidence of: `entered`, by this user; not that it worked."},
      [](const Row&, Cell& c) { c.text("entered"); }},
    F{{"line", "Number of the command's first line in the file, from 1."},
      [](const Row& r, Cell& c) { c.number(r.line); }},
    F{{"path", "The history file."}, [](const Row& r, Cell& c) { c.text(r.path.text()); }},
    F{{"is_last", "Whether it is the last command: the file's last change is about its time."},
      [](const Row& r, Cell& c) { c.boolean(r.is_last); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kCommand{"powershell_command",
                        "One command that a user typed into PowerShell; no time is known but that "
                        "of the last.",
                        kColumns, "PowerShell history: {command}"};
constexpr std::array kKinds{kCommand};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/powershell/module/psreadline/about/about_psreadline",
    "https://github.com/EricZimmerman/KapeFiles"};

constexpr std::uint64_t kMaxBytes = 64u << 20;
constexpr std::string_view kPattern =
    "%APPDATA%\\Microsoft\\Windows\\PowerShell\\PSReadLine\\*_history.txt";

class History {
 public:
  History(ModuleContext& context, const TraceFile& trace) : context_{context}, trace_{trace} {}

  void read(std::span<const std::byte> content) {
    const bool all =
        each_text_line(decode_text_file(content), [&](std::string_view line, std::uint32_t number) {
          take(line, number);
          return !context_.stop().stop_requested();
        });
    emit(true);
    if (!all) note_problems(context_, trace_.info.path, {{Errc::limit, "further lines"}});
  }

 private:
  /// PSReadLine ends each line of a command but the last with a backtick.
  void take(std::string_view line, std::uint32_t number) {
    if (!goes_on_) {
      if (line.empty()) return;
      emit(false);
      line_ = number;
      command_.clear();
    }
    goes_on_ = line.ends_with('`');
    if (goes_on_) line.remove_suffix(1);
    command_ += line;
    if (goes_on_) command_ += '\n';
  }

  void emit(bool is_last) {
    if (command_.empty()) return;
    Envelope envelope;
    envelope.origin.artifact = trace_.artifact;
    if (trace_.user != nullptr) {
      envelope.user_sid = trace_.user->sid;
      envelope.user_name = trace_.user->name;
    }
    if (is_last && trace_.info.si.modified.is_set())
      envelope.timestamps.emplace_back("trace_modified", trace_.info.si.modified);
    const std::string record =
        context_.emit(kCommand, kFields, Row{trace_.info.path, command_, line_, is_last}, envelope);
    state(record, envelope.user_name);
  }

  /// Rules over commands look at what was typed too; when is not known.
  void state(const std::string& record, const std::string& user) {
    Fact fact =
        trace_fact(FactKind::script, "powershell_history", trace_.info.path.text(), {}, record);
    fact.values.add("ScriptBlockText", command_);
    fact.values.add("User", user);
    context_.state(std::move(fact));
  }

  ModuleContext& context_;
  const TraceFile& trace_;
  std::string command_;
  std::uint32_t line_ = 0;
  bool goes_on_ = false;
};

Result<void> run(ModuleContext& context) {
  each_trace_file(context, {kPattern, "commands typed into PowerShell", Priority::crown_jewels},
                  kMaxBytes, [&](const TraceFile& trace, std::span<const std::byte> content) {
                    History{context, trace}.read(content);
                    return true;
                  });
  return {};
}

}  // namespace

extern const ModuleSpec powershell_history;
const ModuleSpec powershell_history{"powershell_history",
                                    "Commands that every user typed into PowerShell.",
                                    kKinds,
                                    kReferences,
                                    {},
                                    run};

}  // namespace hozen::modules
