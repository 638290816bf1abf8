#include "collector/formats/binxml_text.h"
#include "collector/formats/evtx_print.h"

namespace hozen::evtx {
namespace {

class XmlWriter {
 public:
  XmlWriter(TextOut& out, Event& event, std::size_t max_bytes)
      : out_{out}, event_{event}, limit_{out.size() + max_bytes} {}

  void run() { children(*event_.outer(), event_.outer()->program->nodes[0]); }

 private:
  bool full() {
    if (out_.size() <= limit_ && event_.spend()) return false;
    event_.add_fault(Errc::limit, "event record of too much text", event_.head().offset);
    return true;
  }

  /// A name of the record as a name that XML allows.
  void name(const Program& program, const Node& node) {
    const std::string_view text = program.name(node);
    if (node.plain_name) return out_.append(text);
    out_.put('_');
    for (const char c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      out_.put(plain ? c : '_');
    }
  }

  void children(const Instance& instance, const Node& node) {
    const Program& program = *instance.program;
    for (std::uint32_t i = node.child; i != 0 && !full(); i = program.nodes[i].next)
      child(instance, program.nodes[i], XmlPlace::text);
  }

  void child(const Instance& instance, const Node& node, XmlPlace place) {
    switch (node.kind) {
      case NodeKind::element:
        return element(instance, node);
      case NodeKind::text:
        return append_xml(out_, event_.value(instance, node), place);
      case NodeKind::substitution: {
        const Value value = event_.value(instance, node);
        if (value.is_binxml() && place == XmlPlace::text) return embedded(instance, value);
        return append_xml(out_, value, place);
      }
      case NodeKind::character:
      case NodeKind::entity:
        return reference(instance, node);
      case NodeKind::nested:
        for (const Instance& part : event_.expand_nested(instance, node))
          children(part, part.program->nodes[0]);
        return;
      case NodeKind::instruction:
      case NodeKind::attribute:
      case NodeKind::root:
        return;
    }
  }

  void reference(const Instance& instance, const Node& node) {
    if (node.kind == NodeKind::entity) {
      out_.put('&');
      name(*instance.program, node);
      return out_.put(';');
    }
    const std::uint16_t unit = node.index;
    append_xml(out_, {value_type::kUtf16, Bytes{std::as_bytes(std::span{&unit, 1})}},
               XmlPlace::attribute);
  }

  void embedded(const Instance& instance, const Value& value) {
    const auto parts = event_.expand(instance, value);
    if (parts.empty()) append_xml(out_, {value_type::kBinary, value.data}, XmlPlace::text);
    for (const Instance& part : parts) children(part, part.program->nodes[0]);
  }

  void open(const Instance& instance, const Node& node) {
    const Program& program = *instance.program;
    out_.put('<');
    name(program, node);
    for (std::uint32_t i = node.attributes; i != 0 && !full(); i = program.nodes[i].next) {
      const Node& attribute = program.nodes[i];
      if (event_.is_left_out(instance, attribute)) continue;
      out_.put(' ');
      name(program, attribute);
      out_.append("=\"");
      for (std::uint32_t k = attribute.child; k != 0; k = program.nodes[k].next)
        child(instance, program.nodes[k], XmlPlace::attribute);
      out_.put('"');
    }
  }

  void close(const Instance& instance, const Node& node) {
    out_.append("</");
    name(*instance.program, node);
    out_.put('>');
  }

  void element(const Instance& instance, const Node& node) {
    if (event_.is_left_out(instance, node)) return;
    if (node.content == Content::none) {
      open(instance, node);
      return out_.append("/>");
    }
    if (node.content == Content::single) {
      const Value value = event_.value(instance, instance.program->nodes[node.child]);
      // An array is the element again and again (MS-EVEN6 2.2.12).
      if (can_be_cut(value))
        return value.each_item([&](const Value& item) {
          if (full()) return;
          open(instance, node);
          out_.put('>');
          append_xml(out_, item, XmlPlace::text);
          close(instance, node);
        });
    }
    open(instance, node);
    out_.put('>');
    children(instance, node);
    close(instance, node);
  }

  TextOut& out_;
  Event& event_;
  std::size_t limit_;
};

}  // namespace

bool append_event_xml(TextOut& out, Event& event, std::size_t max_bytes) {
  if (!event.has_content()) return false;
  XmlWriter{out, event, max_bytes}.run();
  return true;
}

}  // namespace hozen::evtx
