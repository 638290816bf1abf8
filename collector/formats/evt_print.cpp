#include "collector/formats/evt_print.h"

#include <optional>

#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/formats/binxml_value.h"
#include "collector/formats/evt_names.h"

namespace hozen::evt {
namespace {

/// Also when it is empty, other than JsonObject::text.
void put_text(JsonObject& object, std::string_view name, std::string_view text) {
  if (append_json_string(object.key(name), text)) return;
  append_json_utf16_hex(object.key(std::string{name} + "_utf16"), text);
}

/// System/Level as Windows shows such events: 2 error, 3 warning, 4 information, else 0.
std::uint64_t level_of(std::uint16_t type) {
  return type == 1 ? 2 : type == 2 ? 3 : type == 4 ? 4 : 0;
}

/// System/Keywords: that it comes from a log of this kind (winmeta.h), and how an audit ended.
std::string_view keywords_of(std::uint16_t type) {
  constexpr std::string_view kClassic = "0x80000000000000", kSuccess = "0xa0000000000000",
                             kFailure = "0x90000000000000";
  return type == 8 ? kSuccess : type == 16 ? kFailure : kClassic;
}

void put_system(JsonObject& object, const Event& event) {
  const RecordHead& head = event.head();
  {
    JsonObject provider{object.key("Provider")};
    put_text(provider, "Name", event.source());
  }
  object.number("EventID", head.code());
  object.number("EventID@Qualifiers", head.qualifiers());
  object.number("Level", level_of(head.type));
  object.number("Task", head.category);
  append_json_string(object.key("Keywords"), keywords_of(head.type));
  {
    JsonObject time{object.key("TimeCreated")};
    time.time("SystemTime", head.generated);
  }
  object.number("EventRecordID", head.record_number);
  put_text(object, "Computer", event.computer());
  JsonObject security{object.key("Security")};
  security.text("UserID", event.sid());
}

class Xml {
 public:
  explicit Xml(TextOut& out) : out_{out} {}
  void raw(std::string_view text) { out_.append(text); }
  void element(std::string_view name, std::string_view text) {
    open(name);
    evtx::append_xml_text(out_, text, evtx::XmlPlace::text);
    out_.append("</");
    out_.append(name);
    out_.put('>');
  }
  void element(std::string_view name, std::uint64_t number) {
    element(name, std::string_view{std::to_string(number)});
  }
  /// An element without content.
  void attribute(std::string_view name, std::string_view attribute, std::string_view text) {
    out_.put('<');
    out_.append(name);
    if (!text.empty()) {
      out_.put(' ');
      out_.append(attribute);
      out_.append("=\"");
      evtx::append_xml_text(out_, text, evtx::XmlPlace::attribute);
      out_.put('"');
    }
    out_.append("/>");
  }

 private:
  void open(std::string_view name) {
    out_.put('<');
    out_.append(name);
    out_.put('>');
  }
  TextOut& out_;
};

}  // namespace

void each_named_string(const Event& event,
                       FunctionRef<void(std::string_view name, std::string_view text)> visit) {
  const auto strings = event.strings();
  // Of one that lost some, those that are left do not tell which they are.
  const auto names = strings.size() == event.head().strings
                         ? string_names(event.source(), event.head().code(), strings.size())
                         : std::span<const std::string_view>{};
  for (std::size_t i = 0; i < strings.size(); ++i)
    visit(names.empty() ? "param" + std::to_string(i + 1) : std::string{names[i]}, strings[i]);
}

void append_event_json(std::string& out, const Event& event) {
  out += "\"data\":";
  {
    JsonObject data{out};
    each_named_string(
        event, [&](std::string_view name, std::string_view text) { put_text(data, name, text); });
    data.bytes("Binary", event.data().span());
  }
  out += ",\"System\":";
  JsonObject system{out};
  put_system(system, event);
}

void append_event_xml(TextOut& out, const Event& event) {
  const RecordHead& head = event.head();
  Xml xml{out};
  xml.raw("<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System>");
  xml.attribute("Provider", "Name", event.source());
  xml.raw("<EventID Qualifiers=\"" + std::to_string(head.qualifiers()) + "\">" +
          std::to_string(head.code()) + "</EventID>");
  xml.element("Level", level_of(head.type));
  xml.element("Task", head.category);
  xml.element("Keywords", keywords_of(head.type));
  xml.attribute("TimeCreated", "SystemTime",
                head.generated.is_set() ? head.generated.iso8601() : std::string{});
  xml.element("EventRecordID", head.record_number);
  xml.element("Computer", event.computer());
  xml.attribute("Security", "UserID", event.sid());
  xml.raw("</System><EventData>");
  for (const std::string& text : event.strings()) xml.element("Data", std::string_view{text});
  if (!event.data().empty()) xml.element("Binary", std::string_view{to_hex(event.data().span())});
  xml.raw("</EventData></Event>");
}

}  // namespace hozen::evt
