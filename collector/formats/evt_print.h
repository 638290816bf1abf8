// A record of an event log (.evt) as JSON and as XML, in the form in which those of Windows Vista
// and later are written (evtx_print.h).
#pragma once

#include <string>
#include <string_view>

#include "collector/base/function_ref.h"
#include "collector/base/text_out.h"
#include "collector/formats/evt_event.h"

namespace hozen::evt {

/// Visits each string under the name that evt_names.h knows, else as param1, param2, ...
void each_named_string(const Event& event,
                       FunctionRef<void(std::string_view name, std::string_view text)> visit);

/// Appends `"data":{...},"System":{...}`. `data` holds the strings by their names, and the data of
/// the record in hex as `Binary`; a text that is not UTF-8 has U+FFFD there, and its units in hex
/// in `<name>_utf16`.
void append_event_json(std::string& out, const Event& event);

/// Appends `<Event ...>...</Event>`. The strings have no names in it, as Windows writes such
/// events.
void append_event_xml(TextOut& out, const Event& event);

}  // namespace hozen::evt
