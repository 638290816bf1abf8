// Programs that administrators and intruders use alike, in every trace of execution and presence
// that the other modules found: scanners, password dumpers, tunnels. A tool is known by the name of
// its file or by what its version resource says, where a trace keeps that. A name proves little:
// another program may have it, and the tool may have another; each finding tells which sign it was,
// and from when its traces are.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/command_line_words.h"
#include "collector/module/fact.h"
#include "collector/module/module.h"
#include "collector/module/remote_tools.h"
#include "collector/module/remote_use.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/tool_arguments.h"
#include "collector/module/typed_commands.h"

namespace hozen::modules {
namespace {

struct Tool {
  std::string_view name, files, version_texts;
  int weight = 0;
  std::string_view attack, meaning;
};
constexpr Tool kTools[] = {
#include "modules/execution/dual_use_tools.inc"
};

/// From this weight on the name is enough: no other program has it.
constexpr int kNameSaysAll = 40;
/// Below this weight a tool is ordinary: it is told only under another name.
constexpr int kOrdinary = 10;
/// Traces that one finding names.
constexpr std::size_t kMaxTraces = 20;
/// Tools with another file name each, after which the rest is left out.
constexpr std::size_t kMaxFound = 10'000;

/// All traces of one tool under one file name.
struct Row {
  const Tool* tool = nullptr;
  std::string file, path;
  bool by_version = false;    ///< known by its version resource
  bool installer = false;     ///< what brings it, not the tool itself
  bool by_arguments = false;  ///< known by how it was called
  bool is_ordinary = true;    ///< called only as administrators call it too
  bool is_tunnel = false;     ///< the module ssh_clients tells it with its ports
  bool by_leftover = false;   ///< known by what it left: settings, lists, results
  FileTime first_run{}, last_run{};
  std::uint64_t traces = 0;
  std::set<std::string> sources{}, users{};
  std::vector<std::string> records{}, facts{};
};

std::vector<std::string> listed(const std::set<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

using F = Field<Row>;
constexpr std::array kFields{
    F{{"tool", "What it is taken for."}, [](const Row& r, Cell& c) { c.text(r.tool->name); }},
    F{{"file", "Name of the file."}, [](const Row& r, Cell& c) { c.text(r.file); }},
    F{{"path", "Its path in the first trace that has one."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.path); }},
    F{{"known_by",
       "Sign that it was known by: file_name, version_resource, arguments (how it was called) or "
       "left_behind (settings, lists and results of it)."},
      [](const Row& r, Cell& c) {
        c.text(r.by_version     ? "version_resource"
               : r.by_leftover  ? "left_behind"
               : r.by_arguments ? "arguments"
                                : "file_name");
      }},
    F{{"traces", "How many traces there are of it."},
      [](const Row& r, Cell& c) { c.number(r.traces); }},
    F{{"sources", "Kinds of traces: prefetch, amcache, shimcache and so on; process: an event."},
      [](const Row& r, Cell& c) { c.texts(listed(r.sources)); }},
    F{{"users", "Accounts that traces name."},
      [](const Row& r, Cell& c) { c.texts(listed(r.users)); }},
    F{{"records", "Records of the traces, the first of them."},
      [](const Row& r, Cell& c) { c.texts(r.records); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kTool{"dual_use_tool", "One tool of administrators and intruders, and its traces.",
                     kColumns, "{tool}: {path|file}"};
constexpr std::array kKinds{kTool};

constexpr std::string_view kReferences[] = {"https://attack.mitre.org/software/",
                                            "https://jpcertcc.github.io/ToolAnalysisResultSheet/"};
constexpr std::string_view kAttack[] = {"T1003.001", "T1003.002", "T1018",     "T1036.003", "T1046",
                                        "T1049",     "T1087.002", "T1090",     "T1095",     "T1105",
                                        "T1555",     "T1567.002", "T1569.002", "T1572"};

bool matches_any(std::string_view patterns, std::string_view text) {
  while (!patterns.empty() && !text.empty()) {
    const std::size_t end = std::min(patterns.find(';'), patterns.size());
    if (glob_match_fold(patterns.substr(0, end), text)) return true;
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
  }
  return false;
}

/// Whether a file name still tells the tool: "procdump64a" and "nmap-7.93-setup" do. `names`: what
/// it may be called, ';' between.
bool tells_any(std::string_view stem, std::string_view names) {
  constexpr std::size_t kShortest = 3;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(';'), names.size());
    std::string_view name = names.substr(0, end);
    name = name.substr(0, name.find_first_of("*.? "));
    if (name.size() >= kShortest && starts_with_fold(stem, name)) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

bool is_installer(std::string_view text) {
  return contains_fold(text, "setup") || contains_fold(text, "install");
}

struct Known {
  const Tool* tool = nullptr;
  bool by_version = false, renamed = false, installer = false, by_arguments = false;
  bool is_ordinary = false;  ///< called as administrators call it too
};
/// Whatever its file is called: by what it was given to do.
Known called_as(const Fact& fact, std::string_view stem) {
  if (fact.kind != FactKind::process) return {};
  const CalledAs called = tool_by_arguments(fact.values["CommandLine"],
                                            fact.values["CurrentDirectory"], fact.values["Output"]);
  if (called.tool.empty()) return {};
  for (const Tool& tool : kTools) {
    if (tool.name != called.tool) continue;
    const bool renamed = !tells_any(stem, tool.name) && !matches_any(tool.files, stem);
    return {&tool, false, renamed, false, true, called.is_ordinary};
  }
  return {};
}

Known tool_of(const Fact& fact, std::string_view stem) {
  const std::string_view original = fact.values["OriginalFileName"];
  const std::string_view description = fact.values["Description"];
  for (const Tool& tool : kTools) {
    const bool named = matches_any(tool.files, stem);
    const bool version =
        matches_any(tool.version_texts, original) || matches_any(tool.version_texts, description);
    if (!named && !version) continue;
    const bool installer = version && (is_installer(stem) || is_installer(description));
    const bool tells = named || tells_any(stem, tool.files) || tells_any(stem, original);
    return {&tool, version, !tells && !installer, installer, false};
  }
  return called_as(fact, stem);
}

class Traces {
 public:
  explicit Traces(ModuleContext& context) : context_{context} {}

  void gather() {
    for (const FactKind kind : {FactKind::execution, FactKind::presence, FactKind::process})
      for (const Fact& fact : context_.facts().facts(kind)) add(fact);
    for (const Fact& fact : context_.facts().facts(FactKind::script))
      each_typed_command(fact, [&](const Fact& typed) { add(typed); });
    // What dsquery says goes into a file by its shell alone.
    for (const Fact& fact : context_.facts().facts(FactKind::process))
      if (contains_fold(fact.values["CommandLine"], "dsquery"))
        each_redirected_command(fact, [&](const Fact& told) {
          if (command_line::tool_of(told.subject) == "dsquery") add(told);
        });
  }
  void tell() {
    for (auto& [key, row] : rows_) {
      Envelope envelope;
      if (row.first_run.is_set()) envelope.timestamps.emplace_back("first_trace", row.first_run);
      if (row.last_run.is_set()) envelope.timestamps.emplace_back("last_run", row.last_run);
      const std::string record = context_.emit(kTool, kFields, row, envelope);
      const bool is_ordinary = row.tool->weight < kOrdinary && !key.second;
      if (!row.is_tunnel && !is_ordinary) report(row, record, key.second);
    }
  }

 private:
  using Key = std::pair<std::pair<std::string_view, std::string>, bool>;  // tool, file; renamed

  void add(const Fact& fact) {
    const std::string stem = image_stem(fact.subject);
    if (stem.empty()) return;
    const Known known = tool_of(fact, stem);
    const Key key{{known.tool == nullptr ? "" : known.tool->name, stem}, known.renamed};
    if (known.tool == nullptr || (!rows_.contains(key) && rows_.size() >= kMaxFound)) return;
    Row& row = rows_[key];
    row.tool = known.tool;
    row.by_version = row.by_version || known.by_version;
    row.installer = row.installer || known.installer;
    row.by_arguments = row.by_arguments || known.by_arguments;
    row.is_ordinary = row.is_ordinary && known.is_ordinary;
    row.is_tunnel = row.is_tunnel || is_tunnel(fact, known);
    row.by_leftover = row.by_leftover || !fact.values["left"].empty();
    if (row.file.empty()) row.file = stem + ".EXE";
    if (row.path.empty() && fact.subject.find('\\') != std::string::npos) row.path = fact.subject;
    ++row.traces;
    const bool process = fact.kind == FactKind::process;
    const std::string source{process && fact.values["source"].empty() ? std::string_view{"process"}
                                                                      : fact.values["source"]};
    row.sources.insert(source);
    for (const std::string_view name : {"user", "User", "SubjectUserName"})
      if (const std::string_view user = fact.values[name]; !user.empty())
        row.users.insert(std::string{user});
    if (fact.time.is_set()) {
      if (!row.first_run.is_set()) row.first_run = fact.time;
      row.first_run = std::min(row.first_run, fact.time);
      row.last_run = std::max(row.last_run, fact.time);
    }
    remember(row, fact, source);
  }
  static bool is_tunnel(const Fact& fact, const Known& known) {
    return known.renamed && known.tool->attack == "T1572" && fact.kind == FactKind::process &&
           ssh::is_ssh_client({}, fact.values["OriginalFileName"], fact.values["Description"]) &&
           !ssh::forwards_in(fact.values["CommandLine"], true).empty();
  }
  void remember(Row& row, const Fact& fact, const std::string& source) {
    if (row.records.size() >= kMaxTraces) return;
    if (const std::string_view left = fact.values["left"]; !left.empty()) {
      row.facts.push_back("left behind: " + std::string{left} +
                          (fact.time.is_set() ? " (" + fact.time.iso8601() + ")." : "."));
      row.records.push_back(fact.record);
      return;
    }
    std::string text =
        (fact.kind == FactKind::process && source != "process" ? "typed into PowerShell" : source) +
        ": " + fact.subject;
    const auto line = fact.values["CommandLine"];
    const bool told = !line.empty() && is_told_by_psexec(fact);
    const std::string_view output = fact.values["Output"];
    if (!line.empty() && !told)
      text += " (" + std::string{line} + (output.empty() ? "" : " > " + std::string{output}) + ")";
    if (fact.kind == FactKind::presence)
      text += " was there";
    else if (fact.time.is_set())
      text += " ran at " + fact.time.iso8601();
    if (told) text += ", in a use of PsExec that the module psexec tells with its command";
    if (const auto count = fact.values["run_count"]; !count.empty())
      text += ", " + std::string{count} + " runs in all";
    row.facts.push_back(text + ".");
    row.records.push_back(fact.record);
  }

  /// Clients, and what was run through its service: one finding tells the command.
  bool is_told_by_psexec(const Fact& fact) {
    if (!told_) {
      told_.emplace();
      for (const RemoteUse& use : find_remote_uses(context_.facts()))
        for (const Why& why : use.why) told_->insert(why.records.begin(), why.records.end());
      for (const RemoteStart& start : find_remote_starts(context_.facts()))
        told_->insert(start.records.begin(), start.records.end());
    }
    return told_->contains(fact.record);
  }

  void report(const Row& row, const std::string& record, bool renamed) {
    Finding finding;
    finding.rule = renamed ? "dual_use_tools.renamed" : "dual_use_tools.found";
    finding.title = std::string{row.tool->name} + (renamed ? " under another name" : "") +
                    ", which " + std::string{row.tool->meaning};
    finding.subject = row.path.empty() ? row.file : row.path;
    const bool by_name = !row.by_version && !row.by_leftover && !row.by_arguments;
    const bool alone = row.by_arguments && !row.by_version;
    finding.why.push_back({row.facts.front(),
                           row.tool->weight + (alone     ? (row.is_ordinary ? 0 : 15)
                                               : renamed ? 35
                                                         : 0),
                           alone     ? Family::command_line
                           : by_name ? Family::name
                                     : Family::content,
                           {row.records.front(), record}});
    if (alone)
      finding.why.push_back({"It is called as this tool is, whatever its file is named.",
                             0,
                             Family::command_line,
                             {record}});
    for (std::size_t i = 1; i < row.facts.size(); ++i) {
      const auto same = std::find_if(finding.why.begin(), finding.why.end(),
                                     [&](const Why& why) { return why.fact == row.facts[i]; });
      if (same == finding.why.end())
        finding.why.push_back({row.facts[i], 0, Family::time, {row.records[i]}});
    }
    finding.attack = {std::string{row.tool->attack}};
    if (renamed) finding.attack.emplace_back("T1036.003");
    if (row.by_leftover && row.sources.size() > 1)
      finding.why.push_back({"Beside its program there is what it leaves when it is used.",
                             10,
                             Family::registry_state,
                             {record}});
    if (alone)
      finding.not_checked = {
          "The file itself: only how it was called was seen. Its hash would tell."};
    if (by_name) {
      finding.not_checked = {
          "The file itself: only its name was seen, and another program may have it. Its hash and "
          "version resource would tell."};
      finding.innocent_explanation_unchecked = row.tool->weight < kNameSaysAll;
    }
    if (row.installer && !renamed && !row.by_leftover)
      finding.innocent_explanation_unchecked = true;  // it was brought, which is no use of it
    if (row.sources.size() == 1 && row.sources.contains("powershell_history"))
      finding.not_checked.emplace_back("Whether it ran: that a line was typed does not tell.");
    finding.benign = {"Administrators use it too: whose is it, and was it used at that time?"};
    finding.next = {
        "What else the account did around these times, and what the tool left: lists, "
        "dumps, archives."};
    context_.report(std::move(finding));
  }

  ModuleContext& context_;
  std::map<Key, Row> rows_;
  std::optional<std::set<std::string>> told_;  // records, once they are asked for
};

Result<void> run(ModuleContext&) { return {}; }

Result<void> judge(ModuleContext& context) {
  Traces traces{context};
  traces.gather();
  traces.tell();
  return {};
}

}  // namespace

extern const ModuleSpec dual_use_tools;
const ModuleSpec dual_use_tools{
    "dual_use_tools",
    "Scanners, password dumpers, tunnels and other tools, in all traces "
    "of programs that ran or were there.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
