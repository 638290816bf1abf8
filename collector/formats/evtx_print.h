// An event record as JSON and as XML, written straight from the chunk.
#pragma once

#include "collector/base/text_out.h"
#include "collector/formats/evtx_event.h"

namespace hozen::evtx {

/// Appends `"data":{...},"System":{...}` and a member for EventData, UserData, RenderingInfo and
/// each further element of Event, without the braces around them.
///
/// - `data`: the values of EventData, UserData and further sections by name; those without a name
/// as
///   param1, param2, ...; an element's attributes as `element@attribute`.
/// - An element is its text, typed; null when it is empty; an object of its attributes when it has
///   nothing else; an object of its elements, with its attributes as `@attribute`. The attributes
///   of an element with a text stand beside it as `element@attribute`.
/// - A name that repeats has a list of all values. A text that holds a lone surrogate has U+FFFD
///   there, and its bytes in hex in `<name>_utf16`.
///
/// Of a record whose template cannot be had: `"data":null,"System":null,"values":[...]`.
/// Values behind `max_bytes` are left out, and the record's fault says so.
void append_event_json(TextOut& out, Event& event, std::size_t max_bytes = kMaxRecordText);

/// Appends `<Event ...>...</Event>`. False when the record has no content to write; the fault of
/// the record says why, and whether something was left out.
bool append_event_xml(TextOut& out, Event& event, std::size_t max_bytes = kMaxRecordText);

}  // namespace hozen::evtx
