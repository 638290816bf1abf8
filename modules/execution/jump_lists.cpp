// Jump lists of every user: what was opened with a program, newest first, also on volumes and
// shares that are gone. An entry of an automatic list proves that the user used the target with
// that program (DestList says when last, and how often since Windows 10); custom lists hold what a
// program offers of itself. The times of the target are those it had when the entry was last
// updated.
#include <array>
#include <string>

#include "collector/base/text.h"
#include "collector/module/execution_files.h"
#include "collector/module/jump_list_row.h"

namespace hozen::modules {
namespace {

constexpr auto kColumns = columns_of(kJumpListFields);
constexpr Kind kJumpList{"jump_list_entry",
                         "One entry of a jump list: the user used its target with that program, or "
                         "the program offers it.",
                         kColumns, "Jump list[ of {program|app_id}]: {target|path|arguments}"};
constexpr std::array kKinds{kJumpList};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/dtformats/blob/main/documentation/Jump%20lists%20format.asciidoc",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-shllink"};

constexpr std::uint64_t kMaxListBytes = 64u << 20;
constexpr std::string_view kReason = "jump list: what the user opened";
constexpr std::string_view kPatterns[] = {
    "%APPDATA%\\Microsoft\\Windows\\Recent\\AutomaticDestinations\\*.automaticDestinations-ms",
    "%APPDATA%\\Microsoft\\Windows\\Recent\\CustomDestinations\\*.customDestinations-ms"};

void emit(ModuleContext& context, const TraceFile& trace, const JumpList& list) {
  for (const JumpListEntry& entry : list.entries) {
    Envelope envelope = trace.envelope();
    if (!list.is_automatic) envelope.origin.offset = entry.offset;
    if (entry.destination && entry.destination->last_used.is_set())
      envelope.timestamps.emplace_back("last_used", entry.destination->last_used);
    if (entry.link) add_link_times(envelope, *entry.link);
    context.emit(kJumpList, kJumpListFields, jump_list_row(entry, list, trace.info.path.name()),
                 envelope);
    if (entry.link) note_problems(context, trace.info.path, entry.link->problems);
  }
  note_problems(context, trace.info.path, list.problems);
}

Result<void> run(ModuleContext& context) {
  for (const std::string_view pattern : kPatterns)
    each_trace_file(context, {pattern, kReason}, kMaxListBytes,
                    [&](const TraceFile& trace, std::span<const std::byte> content) {
                      const bool is_automatic =
                          ends_with_fold(trace.info.path.name(), ".automaticDestinations-ms");
                      const auto list = is_automatic ? parse_automatic_destinations(Bytes{content})
                                                     : parse_custom_destinations(Bytes{content});
                      if (list)
                        emit(context, trace, *list);
                      else if (!content.empty())
                        note_problems(context, trace.info.path, {list.error()});
                      return true;
                    });
  return {};
}

}  // namespace

extern const ModuleSpec jump_lists;
const ModuleSpec jump_lists{
    "jump_lists", "Jump lists: what every user opened with which program, and when last.",
    kKinds,       kReferences,
    {},           run};

}  // namespace hozen::modules
