// One entry of a jump list: what the module jump_lists and `hozen parse` write.
#pragma once

#include <array>
#include <string_view>

#include "collector/formats/jump_list.h"
#include "collector/module/link_fields.h"

namespace hozen {

/// Views: whoever makes a row keeps what it shows until it is written.
struct JumpListRow {
  const JumpListEntry& entry;
  const JumpList& list;
  std::string_view app_id;  ///< the list's file name without its end
  const Link* link = nullptr;

  const DestListEntry* destination() const {
    return entry.destination ? &*entry.destination : nullptr;
  }
};
JumpListRow jump_list_row(const JumpListEntry& entry, const JumpList& list,
                          std::string_view file_name);

/// Programs whose identifier is known; "" for others.
std::string_view jump_list_program(std::string_view app_id);

inline constexpr std::array kDestinationFields{
    Field<JumpListRow>{{"app_id", "Identifier of the program whose list it is."},
                       [](const JumpListRow& r, Cell& c) { text_or_absent(c, r.app_id); }},
    Field<JumpListRow>{
        {"program", "Program that is known under that identifier."},
        [](const JumpListRow& r, Cell& c) { text_or_absent(c, jump_list_program(r.app_id)); }},
    Field<JumpListRow>{
        {"proves",
         "What the entry is evidence of: `use` of the target by the user with that program, or "
         "only that the program `offers` it (custom lists)."},
        [](const JumpListRow& r, Cell& c) { c.text(r.list.is_automatic ? "use" : "offers"); }},
    Field<JumpListRow>{{"list", "Kind of list: automatic or custom."},
                       [](const JumpListRow& r, Cell& c) {
                         c.text(r.list.is_automatic ? "automatic" : "custom");
                       }},
    Field<JumpListRow>{{"category", "Heading of a custom list, or tasks."},
                       [](const JumpListRow& r, Cell& c) { text_or_absent(c, r.entry.category); }},
    Field<JumpListRow>{{"position",
                        "Place in the list, from 0; automatic lists begin with what "
                        "was used last."},
                       [](const JumpListRow& r, Cell& c) { c.number(r.entry.position); }},
    Field<JumpListRow>{{"path", "Path or location of the entry, as DestList has it."},
                       [](const JumpListRow& r, Cell& c) {
                         text_or_absent(c, r.destination() ? r.destination()->path : "");
                       }},
    Field<JumpListRow>{{"last_used", "When it was last used."},
                       [](const JumpListRow& r, Cell& c) {
                         time_or_absent(c,
                                        r.destination() ? r.destination()->last_used : FileTime{});
                       }},
    Field<JumpListRow>{{"use_count", "How often it was used, on Windows 10 and later."},
                       [](const JumpListRow& r, Cell& c) {
                         number_or_absent(
                             c, r.destination() ? r.destination()->use_count : std::nullopt);
                       }},
    Field<JumpListRow>{{"is_pinned", "Whether the user pinned it."},
                       [](const JumpListRow& r, Cell& c) {
                         r.destination() ? c.boolean(r.destination()->is_pinned)
                                         : c.absent(Absent::not_present);
                       }},
    Field<JumpListRow>{{"host_name", "NetBIOS name of the machine that it was on, by DestList."},
                       [](const JumpListRow& r, Cell& c) {
                         text_or_absent(c, r.destination() ? r.destination()->host_name : "");
                       }},
    Field<JumpListRow>{{"entry_number", "Number of the entry: in hex the stream of its shortcut."},
                       [](const JumpListRow& r, Cell& c) {
                         r.destination() ? c.number(r.destination()->number)
                                         : c.absent(Absent::not_present);
                       }},
};
inline constexpr auto kJumpListFields = joined_fields(kDestinationFields, kLinkFields<JumpListRow>);

}  // namespace hozen
