#include "collector/cli/parse_execution.h"

#include <vector>

#include "collector/cli/print_record.h"
#include "collector/formats/compound_file.h"
#include "collector/formats/recent_file_cache.h"
#include "collector/module/jump_list_row.h"
#include "collector/module/prefetch_row.h"

namespace hozen::cli {
namespace {

std::string_view file_name_of(std::string_view source) {
  return source.substr(source.find_last_of("/\\") + 1);
}

struct LinkRow {
  const Link* link;
};

using R = Field<RecentFileEntry>;
constexpr std::array kRecentFileFields{
    R{{"path", ""}, [](const RecentFileEntry& r, Cell& c) { c.text(r.path); }},
    R{{"proves", ""}, [](const RecentFileEntry&, Cell& c) { c.text("presence"); }},
    R{{"offset", ""}, [](const RecentFileEntry& r, Cell& c) { c.number(r.offset); }},
};

}  // namespace

Result<std::uint64_t> print_prefetch(Bytes file, std::string_view source, LineBuffer& out) {
  std::vector<std::byte> unpacked;
  HOZEN_TRY(const Prefetch prefetch, parse_prefetch(file, unpacked));
  print_record("prefetch", kPrefetchFields, PrefetchRow{prefetch, file_name_of(source)}, source,
               out);
  return print_problems(prefetch.problems, source, out);
}

Result<std::uint64_t> print_jump_list(Bytes file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const JumpList list, looks_like_compound_file(file) ? parse_automatic_destinations(file)
                                                                : parse_custom_destinations(file));
  std::uint64_t problems = 0;
  for (const JumpListEntry& entry : list.entries) {
    print_record("jump_list_entry", kJumpListFields,
                 jump_list_row(entry, list, file_name_of(source)), source, out);
    if (entry.link) problems += print_problems(entry.link->problems, source, out);
  }
  return problems + print_problems(list.problems, source, out);
}

Result<std::uint64_t> print_lnk(Bytes file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const Link link, parse_lnk(file));
  print_record("lnk", kLinkFields<LinkRow>, LinkRow{&link}, source, out);
  return print_problems(link.problems, source, out);
}

Result<std::uint64_t> print_recent_file_cache(Bytes file, std::string_view source,
                                              LineBuffer& out) {
  HOZEN_TRY(const RecentFileCache cache, parse_recent_file_cache(file));
  for (const RecentFileEntry& entry : cache.entries)
    print_record("recent_file_cache", kRecentFileFields, entry, source, out);
  return print_problems(cache.problems, source, out);
}

bool looks_like_jump_list(Bytes head) {
  return looks_like_compound_file(head) || looks_like_custom_destinations(head);
}

bool looks_like_lnk(Bytes head) {
  constexpr std::uint32_t kHeaderBytes = 0x4C, kClass = 0x0002'1401;
  return head.get<std::uint32_t>(0) == kHeaderBytes && head.get<std::uint32_t>(4) == kClass;
}

}  // namespace hozen::cli
