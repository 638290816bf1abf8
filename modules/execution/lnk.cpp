// Shortcuts of every user: what was opened (Recent, which Windows fills itself), and what lies on
// the desktop. A shortcut in Recent proves that the user opened the file of that name: its creation
// is about the first time, its last change about the last one. It keeps the target's times, size,
// volume and machine, also of targets that are gone. It does not prove that a program ran.
#include <algorithm>
#include <array>
#include <string>

#include "collector/module/execution_files.h"
#include "collector/module/link_fields.h"
#include "collector/module/shortcut.h"

namespace hozen::modules {
namespace {

struct Row {
  const EvidencePath& path;
  std::string_view place;
  const Link* link;
};

using F = Field<Row>;
constexpr std::array kOwnFields{
    F{{"path", "Path of the shortcut."}, [](const Row& r, Cell& c) { c.text(r.path.text()); }},
    F{{"place", "Where it lies: recent, office_recent or desktop."},
      [](const Row& r, Cell& c) { c.text(r.place); }},
    F{{"proves",
       "What the shortcut is evidence of: `use` of its target (recent, office_recent), or its "
       "`presence` when the shortcut was made."},
      [](const Row& r, Cell& c) { c.text(r.place == "desktop" ? "presence" : "use"); }},
};
constexpr auto kFields = joined_fields(kOwnFields, kLinkFields<Row>);
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kLnk{"lnk",
                    "One shortcut: its target was there, with these times, when the shortcut was "
                    "last updated.",
                    kColumns, "Shortcut {path}[ to {target}][, arguments {arguments}]"};
constexpr std::array kKinds{kLnk};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-shllink",
    "https://attack.mitre.org/techniques/T1027/"};
constexpr std::string_view kAttack[] = {"T1027.009", "T1027.010"};

struct Place {
  std::string_view pattern, name;
};
constexpr Place kPlaces[] = {
    {"%APPDATA%\\Microsoft\\Windows\\Recent\\*.lnk", "recent"},
    {"%USERPROFILE%\\Recent\\*.lnk", "recent"},
    {"%APPDATA%\\Microsoft\\Office\\Recent\\*.lnk", "office_recent"},
    {"%USERPROFILE%\\Desktop\\*.lnk", "desktop"},
    {"%PUBLIC%\\Desktop\\*.lnk", "desktop"},
};

/// Blanks in arguments that push the rest out of the field that Explorer shows (260 characters).
constexpr std::size_t kHidingBlanks = 200;
/// Behind the end: no program of Windows leaves anything there.
constexpr std::uint64_t kLargeTrail = 100u << 10;

std::size_t longest_blanks(std::string_view text) {
  std::size_t longest = 0, now = 0;
  for (const char c : text) {
    now = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? now + 1 : 0;
    longest = std::max(longest, now);
  }
  return longest;
}

Finding finding_of(const Row& row, std::string_view rule, std::string_view technique) {
  Finding finding;
  finding.rule = std::string{"lnk."}.append(rule);
  finding.subject = row.path.text();
  finding.attack = {std::string{technique}};
  finding.next = {
      "Look at the whole of target and arguments in the record, and at the file that "
      "they start."};
  return finding;
}

void judge(ModuleContext& context, const Row& row, const std::string& record) {
  const std::size_t blanks =
      row.link->arguments ? longest_blanks(row.link->arguments->text) : std::size_t{0};
  if (blanks >= kHidingBlanks) {
    Finding finding = finding_of(row, "padded_arguments", "T1027.010");
    finding.title = "A shortcut hides its arguments behind blanks";
    finding.why.push_back({"The arguments hold " + std::to_string(blanks) +
                               " blanks in a row: what follows them is not seen in Explorer.",
                           45,
                           Family::command_line,
                           {record}});
    context.report(std::move(finding));
  }
  if (row.link->trailing_bytes >= kLargeTrail) {
    Finding finding = finding_of(row, "carries_data", "T1027.009");
    finding.title = "A shortcut carries data of its own";
    finding.why.push_back({std::to_string(row.link->trailing_bytes) +
                               " bytes follow the end of the shortcut, where Windows writes "
                               "nothing.",
                           45,
                           Family::content,
                           {record}});
    context.report(std::move(finding));
  }
}

void read_place(ModuleContext& context, const Place& place) {
  each_trace_file(context, {place.pattern, "shortcut: what the user opened"}, kMaxShortcutBytes,
                  [&](const TraceFile& trace, std::span<const std::byte> content) {
                    const auto link = parse_lnk(Bytes{content});
                    if (!link) {
                      note_problems(context, trace.info.path, {link.error()});
                      return true;
                    }
                    Envelope envelope = trace.envelope();
                    add_link_times(envelope, *link);
                    const Row row{trace.info.path, place.name, &*link};
                    judge(context, row, context.emit(kLnk, kFields, row, envelope));
                    note_problems(context, trace.info.path, link->problems);
                    return true;
                  });
}

Result<void> run(ModuleContext& context) {
  for (const Place& place : kPlaces) read_place(context, place);
  return {};
}

}  // namespace

extern const ModuleSpec lnk;
const ModuleSpec lnk{"lnk",
                     "Shortcuts to what every user opened, with times, volume and machine of the "
                     "target.",
                     kKinds,
                     kReferences,
                     kAttack,
                     run};

}  // namespace hozen::modules
