// Program Compatibility Assistant, Windows 11 22H2 and later: text files in which Windows notes
// programs that were started through Explorer (PcaAppLaunchDic.txt: path and last start) and how
// programs ended or failed (PcaGeneralDb0.txt, PcaGeneralDb1.txt). A line proves that the program
// ran at about that time; not who ran it.
#include <array>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_files.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string path, file;
  FileTime time{};
  std::uint32_t line = 0;
  std::string status{}, description{}, vendor{}, version{}, program_id{}, outcome{};
};

using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "Path of the program; may begin with a variable."},
      [](const Row& r, Cell& c) { c.text(r.path); }},
    F{{"proves", "What the line is evidence of: `execution`."},
      [](const Row&, Cell& c) { c.text("execution"); }},
    F{{"time", "When it was last started (launch), or when the line was written (general)."},
      [](const Row& r, Cell& c) { time_or_absent(c, r.time, Absent::unparsable); }},
    F{{"file", "Which file: launch or general."}, [](const Row& r, Cell& c) { c.text(r.file); }},
    F{{"run_status", "Status of the run, a number (general)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.status); }},
    F{{"description", "Description of the program (general)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.description); }},
    F{{"vendor", "Company (general)."}, [](const Row& r, Cell& c) { text_or_absent(c, r.vendor); }},
    F{{"version", "Version (general)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.version); }},
    F{{"program_id", "Identifier of the application in the Amcache (general)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.program_id); }},
    F{{"outcome", "How it ended: an exit code or a text (general)."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.outcome); }},
    F{{"line", "Number of the line in the file, from 1."},
      [](const Row& r, Cell& c) { c.number(r.line); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kPca{"pca", "One line of the Program Compatibility Assistant: the program ran.",
                    kColumns, "Program Compatibility Assistant: {path}"};
constexpr std::array kKinds{kPca};

constexpr std::string_view kReferences[] = {
    "https://aboutdfir.com/new-windows-11-pro-22h2-evidence-of-execution-artifact/",
    "https://github.com/EricZimmerman/KapeFiles"};

constexpr std::uint64_t kMaxBytes = 256u << 20;

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  for (const char c : line) c == '|' ? (void)fields.emplace_back() : fields.back().push_back(c);
  return fields;
}

/// "2023-01-31 12:34:56.789", UTC.
FileTime time_of(std::string_view text) {
  std::string iso{trim(text)};
  if (const std::size_t blank = iso.find(' '); blank != std::string::npos) iso[blank] = 'T';
  return parse_iso8601(iso + 'Z').value_or(FileTime{});
}

/// Nothing for a line that is none of the file.
std::optional<Row> parse_launch(std::string_view line, std::uint32_t number) {
  const auto fields = split(line);
  if (fields.size() != 2 || fields[0].empty()) return std::nullopt;
  return Row{fields[0], "launch", time_of(fields[1]), number};
}

std::optional<Row> parse_general(std::string_view line, std::uint32_t number) {
  const auto fields = split(line);
  constexpr std::size_t kFewest = 3, kAll = 8;
  if (fields.size() < kFewest || fields[2].empty()) return std::nullopt;
  Row row{fields[2], "general", time_of(fields[0]), number};
  row.status = fields[1];
  std::string* const rest[] = {&row.description, &row.vendor, &row.version, &row.program_id,
                               &row.outcome};
  for (std::size_t i = kFewest; i < std::min(fields.size(), kAll); ++i)
    *rest[i - kFewest] = fields[i];
  return row;
}

using Parse = std::optional<Row> (*)(std::string_view, std::uint32_t);

void read(ModuleContext& context, std::string_view pattern, Parse parse) {
  each_trace_file(
      context, {pattern, "Program Compatibility Assistant: programs that ran"}, kMaxBytes,
      [&](const TraceFile& trace, std::span<const std::byte> content) {
        std::vector<Error> problems;
        const bool all = each_text_line(
            decode_text_file(content), [&](std::string_view line, std::uint32_t number) {
              if (trim(line).empty()) return true;
              const auto row = parse(line, number);
              if (!row) {
                problems.push_back({Errc::malformed, "line " + std::to_string(number)});
                return problems.size() < 100;
              }
              Envelope envelope = trace.envelope();
              if (row->time.is_set())
                envelope.timestamps.emplace_back(row->file == "launch" ? "last_run" : "recorded",
                                                 row->time);
              std::string record = context.emit(kPca, kFields, *row, envelope);
              context.state(
                  trace_fact(FactKind::execution, "pca", row->path, row->time, std::move(record)));
              return !context.stop().stop_requested();
            });
        if (!all) problems.push_back({Errc::limit, "further lines"});
        note_problems(context, trace.info.path, problems);
        return true;
      });
}

Result<void> run(ModuleContext& context) {
  read(context, "%SystemRoot%\\appcompat\\pca\\PcaAppLaunchDic.txt", parse_launch);
  read(context, "%SystemRoot%\\appcompat\\pca\\PcaGeneralDb?.txt", parse_general);
  return {};
}

}  // namespace

extern const ModuleSpec pca;
const ModuleSpec pca{"pca",
                     "Program Compatibility Assistant: programs that ran (Windows 11 22H2 and "
                     "later).",
                     kKinds,
                     kReferences,
                     {},
                     run};

}  // namespace hozen::modules
