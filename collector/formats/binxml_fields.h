// Which nodes of a compiled fragment say what a judge asks for.
#pragma once

#include "collector/formats/binxml.h"

namespace hozen::evtx {

/// Whether two elements of the list from `first` on have one name; may say so of very long lists.
bool has_repeated_names(const Program& program, std::uint32_t first);

/// Of a complete program: fills `event`, `system_node`, `system`, `fields` and `repeated_fields`.
void find_fields(Bytes chunk, Program& program);

/// Whether an element of Event tells data of the event (and not how it is shown).
bool is_data_section(std::string_view name);

}  // namespace hozen::evtx
