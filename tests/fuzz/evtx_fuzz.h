// What must hold of every event record, whatever its bytes are.
#pragma once

#include <cstdlib>
#include <pugixml.hpp>
#include <string>

#include "collector/base/text.h"
#include "collector/formats/evtx_print.h"
#include "tests/builders/json.h"

namespace hozen::evtx::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Asks everything; the texts are well-formed and not larger than promised.
inline void check(Event& event, TextOut& out) {
  constexpr std::size_t kOneValue = 3u << 20;  ///< may be begun before the limit
  constexpr std::size_t kParsed = 64u << 10;
  (void)event.event_id();
  (void)event.time_created();
  for (std::size_t i = 0; i < kSystemFields; ++i)
    require(is_wtf8(event.text(static_cast<SystemField>(i))));
  std::string last;
  std::size_t values = 0;
  event.each_data([&](std::string_view name, const Value& value) {
    ++values;
    require(is_wtf8(name));
    (void)value.number();
    (void)value.time();
    if (value.data.size() < 1024) require(is_wtf8(value.text()));
    if (values <= 4) last = name;
    return true;
  });
  if (values != 0) require(event.data(last).has_value());
  out.clear();
  append_event_json(out, event);
  require(out.size() <= kMaxRecordText + kOneValue);
  if (out.size() < kParsed) (void)test::parse_json("{" + std::string{out.text()} + "}");
  out.clear();
  append_event_json(out, event, 100);
  out.clear();
  if (append_event_xml(out, event)) {
    require(out.size() <= kMaxRecordText + kOneValue);
    require(is_utf8(out.text()));
    pugi::xml_document document;
    if (out.size() < kParsed && !event.fault() && !out.text().empty())
      require(document.load_buffer(out.text().data(), out.size(), pugi::parse_fragment));
  }
  out.clear();
}

}  // namespace hozen::evtx::fuzz
