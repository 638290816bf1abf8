// RecentFileCache.bcf, Windows 7 and Server 2008 R2: paths of programs that were new to Windows
// since the last inventory of the compatibility service (a task that runs daily empties the list).
// It proves that the program was there and was copied or started shortly before; no time is kept
// but that of the file.
#include "collector/formats/recent_file_cache.h"

#include <array>
#include <string>

#include "collector/module/execution_files.h"

namespace hozen::modules {
namespace {

using F = Field<RecentFileEntry>;
constexpr std::array kFields{
    F{{"path", "Path of the program, in lower case."},
      [](const RecentFileEntry& r, Cell& c) { c.text(r.path); }},
    F{{"proves", "What the entry is evidence of: `presence` of the program, new to Windows then."},
      [](const RecentFileEntry&, Cell& c) { c.text("presence"); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kRecentFile{"recent_file_cache",
                           "One program that was new to Windows 7: it was there; not that it ran.",
                           kColumns, "RecentFileCache: {path}"};
constexpr std::array kKinds{kRecentFile};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/dtformats/blob/main/documentation/RecentFileCache.asciidoc",
    "https://www.ssi.gouv.fr/uploads/2019/01/anssi-coriin_2019-analysis_amcache.pdf"};

constexpr std::uint64_t kMaxBytes = 16u << 20;

Result<void> run(ModuleContext& context) {
  each_trace_file(
      context,
      {"%SystemRoot%\\AppCompat\\Programs\\RecentFileCache.bcf", "programs new to Windows 7"},
      kMaxBytes, [&](const TraceFile& trace, std::span<const std::byte> content) {
        const auto cache = parse_recent_file_cache(Bytes{content});
        if (!cache) {
          note_problems(context, trace.info.path, {cache.error()});
          return true;
        }
        for (const RecentFileEntry& entry : cache->entries) {
          std::string record =
              context.emit(kRecentFile, kFields, entry, trace.envelope(entry.offset));
          context.state(
              trace_fact(FactKind::presence, "recentfilecache", entry.path, {}, std::move(record)));
        }
        note_problems(context, trace.info.path, cache->problems);
        return true;
      });
  return {};
}

}  // namespace

extern const ModuleSpec recentfilecache;
const ModuleSpec recentfilecache{"recentfilecache",
                                 "RecentFileCache.bcf: programs that were new to Windows 7.",
                                 kKinds,
                                 kReferences,
                                 {},
                                 run};

}  // namespace hozen::modules
